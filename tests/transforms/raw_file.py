"""Writes raw tables into a DuckDB file as a sync leaves them there."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

Row = dict[str, Any]
Tables = dict[str, list[Row]]


def rows_of(columns: str, values: Iterable[Sequence[object]]) -> list[Row]:
    """Rows of which each value is given in the order of the columns."""
    names = columns.split()
    return [dict(zip(names, row, strict=True)) for row in values]


def _types(bigint: str = "", varchar: str = "", timestamptz: str = "", **others: str) -> dict[str, str]:
    given = {"bigint": bigint, "varchar": varchar, "timestamptz": f"{timestamptz} _deleted_at", **others}
    return {
        name: "decimal(18, 4)" if kind == "number" else kind
        for kind, names in given.items()
        for name in names.split()
    }


UTM = "utm_source utm_medium utm_campaign"

COLUMN_TYPES: Mapping[str, Mapping[str, str]] = {
    "deals": _types(
        bigint="id category_id lead_id company_id contact_id assigned_by_id probability",
        varchar="stage_id stage_semantic_id is_recurring currency_id source_id closedate "
        f"{UTM} uf_note uf_note2 uf_plain uf_budget uf_size",
        timestamptz="date_create moved_time last_activity_time",
        boolean="uf_vip",
        json="uf_sizes",
    )
    | {"opportunity": "decimal(18, 2)"},
    "deal_stage_history": _types(
        bigint="id type_id owner_id category_id",
        varchar="stage_id stage_semantic_id",
        timestamptz="created_time",
    ),
    "leads": _types(
        bigint="id assigned_by_id",
        varchar=f"status_id status_semantic_id source_id {UTM}",
        timestamptz="date_create date_closed moved_time",
    ),
    "lead_status_history": _types(
        bigint="id type_id owner_id",
        varchar="status_id status_semantic_id",
        timestamptz="created_time",
    ),
    "statuses": _types(bigint="id sort", varchar="entity_id status_id name semantics", json="extra"),
    "pipelines": _types(bigint="id entity_type_id sort", varchar="name is_default"),
    "currencies": _types(bigint="amount_cnt", varchar="currency base", number="amount"),
    "users": _types(bigint="id", varchar="name last_name email", boolean="active", json="uf_department"),
    "departments": _types(bigint="id parent", varchar="name"),
    "contacts": _types(bigint="id assigned_by_id", varchar="name last_name"),
    "companies": _types(bigint="id assigned_by_id", varchar="title"),
    "contact_points": _types(bigint="id owner_id", varchar="owner_type type_id value_type value"),
    "product_rows": _types(
        bigint="id owner_id product_id", varchar="owner_type product_name", number="price quantity"
    ),
    "activities": _types(
        bigint="id owner_type_id owner_id responsible_id type_id",
        varchar="completed",
        timestamptz="created deadline",
    ),
    "calls": _types(
        bigint="id portal_user_id call_type call_duration",
        varchar="call_failed_code",
        timestamptz="call_start_date",
    ),
    "tasks": _types(
        bigint="id responsible_id created_by status time_spent_in_logs",
        varchar="title",
        timestamptz="created_date date_start closed_date deadline",
    ),
    "task_time_entries": _types(
        bigint="id task_id user_id seconds", timestamptz="created_date date_start date_stop"
    ),
    "calendar_events": _types(
        bigint="id parent_id owner_id date_from_ts_utc date_to_ts_utc dt_length recurrence_id",
        varchar="cal_type name date_from tz_from tz_to exdate deleted dt_skip_time meeting_status",
        boolean="is_meeting",
        json="rrule",
    ),
    "disk_storages": _types(bigint="id", varchar="name entity_type entity_id"),
    "disk_files": _types(
        bigint="id storage_id size deleted_type", varchar="name", timestamptz="create_time update_time"
    ),
    "custom_fields": _types(
        bigint="id", varchar="entity_id field_name user_type_id multiple label", json="list settings"
    ),
}

# Records of other types are in a table each, and no two need have the same columns.
ITEMS = """
    create table bitrix24.items_7 as
        select
            1 as id, 'Offer' as title, 'DRAFT' as stage_id,
            30 as deal_id, 0 as contact_id, '5.10' as opportunity;
    create table bitrix24.items_130 as
        select
            1 as id, 'Move' as title, 'DT130_5:NEW' as stage_id, 5 as category_id,
            31 as parent_id2, 0 as parent_id7, 9 as parent_id177, 1 as assigned_by_id,
            timestamptz '2024-05-01 10:00:00+00' as updated_time, cast(null as timestamptz) as _deleted_at
        union all
        select 2, 'Gone', null, 5, null, null, null, 1, null, timestamptz '2024-05-02 00:00:00+00';
    create table bitrix24.items_177 as select '9' as id, 'DT177_6:OLD' as stage_id, '' as parent_id2;
    create table bitrix24.items_of_somebody as select 1 as id;
    create table bitrix24.smart_process_types as select 3 as id, 130 as entity_type_id, 'Projects' as title;
"""


def write_raw(db: Path, tables: Mapping[str, Sequence[Row]], *, as_text: bool = False) -> None:
    """Writes raw tables into a DuckDB file, typed as the loader types them or all as text."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("create schema if not exists bitrix24; set TimeZone = 'UTC'")
        for table, rows in tables.items():
            types = COLUMN_TYPES[table]
            texts = pa.table(
                {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in types}
            )
            connection.register("texts", texts)
            columns = ", ".join(
                f'"{name}"'
                if as_text or kind == "varchar"
                # what has a type has no room for an empty text
                else f"""cast(nullif("{name}", '') as {kind}) as "{name}\""""
                for name, kind in types.items()
            )
            connection.execute(f"create table bitrix24.{table} as select {columns} from texts")
            connection.unregister("texts")


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_items(db: Path) -> None:
    """Writes the tables of quotes and of two smart processes."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(ITEMS)


def write_portal(db: Path, timezone: str = "Europe/Berlin") -> None:
    """Writes ops.portal, from which settings take their defaults."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("create schema if not exists ops")
        connection.execute("create table ops.portal (host varchar, timezone varchar, base_currency varchar)")
        connection.execute("insert into ops.portal values ('demo.test', ?, 'EUR')", [timezone])
