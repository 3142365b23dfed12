"""Every table of a portal: how its people change it, and where the raw tables differ from it."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from sources.bitrix24.entities import ENTITIES
from sources.bitrix24.entities_crm import items_of
from sources.bitrix24.entity import Entity, Reading
from sources.bitrix24.fields import column_name
from sources.demo_portal import DemoPortal, Store
from sources.demo_portal.control import random_changes
from tests.pipelines.rig import CRM, Rig, same_value

ITEMS = ("items_7", "items_31", "items_130", "items_177")
TABLES = (*(name for name in ENTITIES if name != "items"), *ITEMS)
_MADE_BY_THE_PORTAL = ("deal_stage_history", "lead_status_history", "custom_fields")


def entity_of(table: str) -> Entity:
    """The entry of a raw table."""
    number = table.removeprefix("items_")
    return items_of(int(number), "") if number.isdigit() else ENTITIES[table]


# The portal changes these when links of a deal change, and no page says that DATE_MODIFY moves with them.
_FOLLOWS = (("deals", "CONTACT_ID"), ("deals", "OPPORTUNITY"), ("leads", "OPPORTUNITY"))

# Only a command a deal would tell role and sort number of a contact: the list tells their order. Labels
# of fields come as one column, LABEL.
_LABELS = ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL", "ERROR_MESSAGE", "HELP_MESSAGE")
_NOT_TO_BE_HAD = (
    ("deal_contacts", "ROLE_ID"),
    ("deal_contacts", "SORT"),
    *(("custom_fields", code) for code in _LABELS),
)

# What a person changes in a row of each table, and what a new row is made of.
_TEXT_OF: Mapping[str, str] = {
    "activities": "SUBJECT",
    "calls": "CALL_FAILED_REASON",
    "task_checklist_items": "TITLE",
    "task_time_entries": "COMMENT_TEXT",
    "tasks": "title",
    "product_rows": "productName",
    "smart_process_types": "title",
    "currencies": "FULL_NAME",
    "pipelines": "name",
    **dict.fromkeys(ITEMS, "title"),
}


def change(store: Store, table: str, seed: int, share: float) -> None:
    """Update, add and delete rows of one table, at least one, by seed."""
    if table in CRM:
        random_changes(store, table, seed, max(share, 1 / len(store.records(table).table.ids)))
        return
    if table in _MADE_BY_THE_PORTAL:
        return
    chance = random.Random(seed)  # noqa: S311 - what happens on a portal is no secret
    records = store.table(table)
    rows = records.rows()
    for row in chance.sample(rows, min(len(rows), max(1, round(len(rows) * share)))):
        kind = chance.random()
        if kind < 0.6:
            records.update(_key(table, row), _update(table, chance))
        elif kind < 0.8:
            _add(store, table, row, chance)
        else:
            _delete(store, table, row)


def _key(table: str, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as the store's table has it
    if table == "deal_contacts":
        return row["DEAL_ID"], row["CONTACT_ID"]
    return row[{"statuses": "ID", "pipelines": "id"}.get(table, entity_of(table).key[0])]


def _update(table: str, chance: random.Random) -> dict[str, object]:
    if table == "deal_contacts":
        return {"IS_PRIMARY": "Y"}
    if table == "disk_files":
        return {"NAME": f"file {chance.randrange(10**6)}.txt", "SIZE": str(chance.randrange(10**6))}
    return {_TEXT_OF.get(table, "NAME"): f"changed {chance.randrange(10**6)}"}


def _add(store: Store, table: str, row: Mapping[str, Any], chance: random.Random) -> None:
    number = chance.randrange(10**6)
    fields = {code: value for code, value in row.items() if code not in ("ID", "id")}
    if table == "deal_contacts":
        fields["CONTACT_ID"] = chance.choice(store.table("contacts").rows())["ID"]
    elif table == "currencies":
        fields["CURRENCY"] = f"X{number % 100:02d}"
    elif table == "statuses":
        fields["STATUS_ID"] = f"S{number}"
    elif table == "smart_process_types":
        return  # its items would be another table
    store.table(table).add(fields)


def _delete(store: Store, table: str, row: Mapping[str, Any]) -> None:
    if table in ("users", "smart_process_types", "disk_storages", "pipelines"):
        return  # no portal deletes those
    if table == "currencies" and row["BASE"] == "Y":
        return
    store.table(table).delete(_key(table, row))


Rows = dict[tuple[str, ...], dict[str, Any]]


def shown(portal: DemoPortal, table: str) -> Rows:
    """The rows of a table that the portal shows now, by key."""
    rows: list[dict[str, Any]] = portal.store.table(table).rows()
    if table == "pipelines":  # types that the portal answers for
        rows = rows + [
            row for row in portal.store.satellites.item_pipelines.rows() if row["entityTypeId"] in (31, 130)
        ]
    return {tuple(str(row[code]) for code in entity_of(table).key): dict(row) for row in rows}


def differences(rig: Rig, table: str) -> list[str]:
    """Where the live rows of a raw table are not, value for value, the rows that the portal shows."""
    with duckdb.connect(str(rig.db), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        return differences_in(db, table, [shown(rig.portal, table)])


def differences_in(db: duckdb.DuckDBPyConnection, table: str, states: Sequence[Rows]) -> list[str]:
    """The same of an open file, whose time zone is UTC.

    `states` are all that the portal showed from the beginning of the last read to its end. What changed
    meanwhile may be as it was at any of those moments. Where pages are counted off, a row that goes and one
    that comes may hide a third one from a read; the next one has it.
    """
    entity = entity_of(table)
    found = db.execute(f"SELECT * FROM bitrix24.{table} WHERE _deleted_at IS NULL")
    columns = {column[0]: (place, str(column[1])) for place, column in enumerate(found.description or ())}
    rows = found.fetchall()
    places = [columns[column_name(code)][0] for code in entity.key]
    held = {tuple(str(row[place]) for place in places): row for row in rows}
    now, hidden = states[-1], entity.reading is Reading.OFFSET and len(states) > 1
    ever = {key for state in states for key in state} | held.keys()
    settled = {key for key in ever if all(state.get(key) == now.get(key) for state in states)}
    wrong = [f"{table}: {len(rows)} rows, {len(held)} keys"] if len(rows) != len(held) else []
    if not hidden:
        wrong += [f"{table} {key} is missing" for key in settled & now.keys() - held.keys()]
    wrong += [f"{table} {key} is not on the portal" for key in settled & held.keys() - now.keys()]
    for key in settled & now.keys() & held.keys():
        row = held[key]
        kept = json.loads(row[columns["_raw_values"][0]] or "{}")
        for code, value in now[key].items():
            if code in entity.dropped or (table, code) in (*_FOLLOWS, *_NOT_TO_BE_HAD):
                continue
            place, kind = columns[column_name(code)]
            if not same_value(value, row[place], kind, kept.get(code, ...)):
                wrong.append(f"{table} {key} {code}: {value!r} became {row[place]!r}")
    return wrong
