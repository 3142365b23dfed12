"""Custom fields as columns and as rows, in a portal that has one of every kind."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.report import BuildReport, build

OPTIONS = json.dumps([{"ID": "40", "VALUE": "Small"}, {"ID": "42", "VALUE": "It's {{ large }}"}])
MANY = 200

# id, code, kind, multiple, label, and what the deals 1 and 2 hold as the raw table keeps it
FIELDS: list[tuple[int, str, str, str, str, str, tuple[Any, Any]]] = [
    (1, "UF_TEXT", "string", "N", "Order number", "varchar", ("PO-7", "false")),
    (2, "UF_NUMBER", "integer", "N", "Seats", "bigint", (0, None)),
    (3, "UF_SHARE", "double", "N", "Discount, %", "double", (12.0, None)),
    (4, "UF_FLAG", "boolean", "N", "Framework contract", "boolean", (False, None)),
    (5, "UF_DAY", "date", "N", "Delivery date", "varchar", ("2024-08-29T23:00:00+01:00", "")),
    (6, "UF_TIME", "datetime", "N", "Demo held at", "timestamptz", ("2024-08-30T01:30:00+02:00", None)),
    (7, "UF_MONEY", "money", "N", "Budget", "varchar", ("1500.5|EUR", "|EUR")),
    (8, "UF_LIST", "enumeration", "N", "Size class", "varchar", ("42", "")),
    (9, "UF_LISTS", "enumeration", "Y", "Größe (м)", "json", ("[42,40,99]", "[]")),
    (10, "UF_USER", "employee", "N", "Engineer", "bigint", (1, None)),
    (11, "UF_USERS", "employee", "Y", "Project team", "json", ("[1,5]", "false")),
    (12, "UF_STATUS", "crm_status", "N", "Branch", "varchar", ("IT", None)),
    (13, "UF_FILE", "file", "N", "Contract", "json", ('{"id":12}', '""')),
    (14, "UF_FILES", "file", "Y", "Scans", "json", ('[{"id":12},{"id":14}]', "[]")),
    (15, "UF_TEXTS", "string", "Y", "Причина отказа", "json", ('["a","","b|c"]', '[""]')),
    (16, "UF_MONEYS", "money", "Y", "Instalments", "json", ('["10|EUR","20|USD"]', "false")),
    (17, "UF_DAYS", "date", "Y", "東京", "json", ('["2024-08-30T02:00:00+02:00"]', "null")),
    (18, "UF_LINK", "crm", "N", "", "varchar", ("CO_5", "")),
    (19, "UF_TWIN", "string", "N", "order  NUMBER", "varchar", ("second", None)),
    (20, "UF_RIVAL", "string", "N", "Budget currency", "varchar", ("words", None)),
]

WIDE = {
    "uf_order_number": "PO-7",
    "uf_seats": 0,
    "uf_discount": 12.0,
    "uf_framework_contract": False,
    "uf_delivery_date": date(2024, 8, 30),
    "uf_demo_held_at": datetime(2024, 8, 29, 23, 30, tzinfo=UTC),
    "uf_budget": Decimal("1500.50"),
    "uf_budget_currency": "EUR",
    "uf_size_class": "It's {{ large }}",
    "uf_size_class_id": 42,
    "uf_grosse_m": ["It's {{ large }}", "Small", "(deleted) 99"],
    "uf_grosse_m_ids": [42, 40, 99],
    "uf_engineer": "Ada Kern",
    "uf_engineer_id": 1,
    "uf_project_team": ["Ada Kern", "Unknown user 5"],
    "uf_project_team_ids": [1, 5],
    "uf_branch": "Software",
    "uf_branch_id": "IT",
    "uf_contract": 12,
    "uf_scans": [12, 14],
    "uf_prichina_otkaza": ["a", "b|c"],
    "uf_instalments": ["10 EUR", "20 USD"],
    "uf_東京": [date(2024, 8, 30)],
    "uf_link": "CO_5",
    "uf_order_number__uf_twin": "second",
    "uf_budget_currency__uf_rival": "words",
    "uf_never_read": None,
}

LONG = [
    ("UF_DAY", 1, "2024-08-30"),
    ("UF_DAYS", 1, "2024-08-30"),
    ("UF_FILE", 1, "12"),
    ("UF_FILES", 1, "12"),
    ("UF_FILES", 2, "14"),
    ("UF_FLAG", 1, "false"),
    ("UF_LINK", 1, "CO_5"),
    ("UF_LIST", 1, "It's {{ large }}"),
    ("UF_LISTS", 1, "It's {{ large }}"),
    ("UF_LISTS", 2, "Small"),
    ("UF_LISTS", 3, "(deleted) 99"),
    ("UF_MONEY", 1, "1500.5 EUR"),
    ("UF_MONEYS", 1, "10 EUR"),
    ("UF_MONEYS", 2, "20 USD"),
    ("UF_NUMBER", 1, "0"),
    ("UF_RIVAL", 1, "words"),
    ("UF_SHARE", 1, "12"),
    ("UF_STATUS", 1, "IT"),
    ("UF_TEXT", 1, "PO-7"),
    ("UF_TEXTS", 1, "a"),
    ("UF_TEXTS", 2, "b|c"),
    ("UF_TIME", 1, "2024-08-29T23:30:00+00:00"),
    ("UF_TWIN", 1, "second"),
    ("UF_USER", 1, "1"),
    ("UF_USERS", 1, "1"),
    ("UF_USERS", 2, "5"),
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with deals that have a custom field of every kind, and leads that have very many."""
    db = tmp_path_factory.mktemp("custom") / "fields.duckdb"
    with duckdb.connect(str(db)) as connection:
        connection.execute("create schema bitrix24; set TimeZone = 'UTC'")
        connection.execute(
            "create table bitrix24.custom_fields (id bigint, entity_id varchar, field_name varchar, "
            "user_type_id varchar, multiple varchar, label varchar, list json, settings json)"
        )
        fields = [(*field[:5], "CRM_DEAL") for field in FIELDS]
        fields.append((21, "UF_NEVER_READ", "string", "N", "Never read", "CRM_DEAL"))
        fields += [(100 + n, f"UF_{n}", "enumeration", "N", f"Field {n}", "CRM_LEAD") for n in range(MANY)]
        connection.executemany(
            "insert into bitrix24.custom_fields by position values ($1, $6, $2, $3, $4, $5, "
            f"'{OPTIONS.replace(chr(39), chr(39) * 2)}', '{{\"ENTITY_TYPE\": \"INDUSTRY\"}}')",
            fields,
        )
        columns = ", ".join(f"{field[1].lower()} {field[5]}" for field in FIELDS)
        connection.execute(f"create table bitrix24.deals (id bigint, is_recurring varchar, {columns})")
        marks = ", ".join("?" for _ in FIELDS)
        rows = [(1, "N", *(f[6][0] for f in FIELDS)), (2, "N", *(f[6][1] for f in FIELDS))]
        rows.append((3, "Y", *(f[6][0] for f in FIELDS)))
        connection.executemany(f"insert into bitrix24.deals values (?, ?, {marks})", rows)
        values = ", ".join(f"'40' as uf_{n}" for n in range(MANY))
        connection.execute(f"create table bitrix24.leads as select 1 as id, {values}")
        connection.execute(
            "create table bitrix24.users as select 1 as id, 'Ada' as name, 'Kern' as last_name"
        )
        connection.execute(
            "create table bitrix24.statuses as "
            "select 1 as id, 'INDUSTRY' as entity_id, 'IT' as status_id, 'Software' as name"
        )
    return db


@pytest.fixture(scope="module")
def fields(portal: Path, target_dir: Path, as_of: datetime) -> BuildReport:
    """The build of what custom fields come to."""
    models = ["+stg_bitrix24__deal_fields", "+stg_bitrix24__lead_fields", "stg_bitrix24__lead_custom_values"]
    return build(portal, as_of=as_of, select=[*models, "+fct_deal_custom_value"], target_dir=target_dir)


def _rows(db: Path, query: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(db), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        found = connection.execute(query)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_custom_fields_are_columns_called_by_their_labels(portal: Path, fields: BuildReport) -> None:
    """Every kind is decoded with its ids beside it, empty forms are NULL, and namesakes stay apart."""
    assert fields.ok, fields.failed
    filled, empty, _ = _rows(portal, "select * from staging.stg_bitrix24__deal_fields order by deal_id")

    assert filled == {"deal_id": 1, **WIDE}
    assert {name: value for name, value in empty.items() if value is not None} == {
        "deal_id": 2,
        "uf_budget_currency": "EUR",
    }


def test_a_column_tells_its_label_and_code(portal: Path, fields: BuildReport) -> None:
    """Who reads the view finds the field of the portal again."""
    assert fields.ok
    comments = {
        row["column_name"]: row["comment"]
        for row in _rows(
            portal, "select * from duckdb_columns() where table_name = 'stg_bitrix24__deal_fields'"
        )
    }

    assert comments["uf_discount"] == "Discount, % (UF_SHARE, double)"
    assert comments["uf_size_class_id"] == "Size class, id (UF_LIST, enumeration)"


def test_custom_values_are_one_row_each(portal: Path, fields: BuildReport) -> None:
    """The long form has a value a row, numbered without gaps, none of what is empty or of templates."""
    assert fields.ok
    rows = _rows(portal, "select * from core.fct_deal_custom_value order by field_code, value_index")

    assert [(row["field_code"], row["value_index"], row["value_text"]) for row in rows] == LONG
    assert {row["deal_id"] for row in rows} == {1}
    labels = {row["field_code"]: row["field_label"] for row in rows}
    assert (labels["UF_LISTS"], labels["UF_LINK"]) == ("Größe (м)", "UF_LINK")


def test_hundreds_of_custom_fields_build(portal: Path, fields: BuildReport) -> None:
    """Two hundred list fields on one record are four hundred columns and two hundred rows."""
    assert fields.ok
    (lead,) = _rows(portal, "select * from staging.stg_bitrix24__lead_fields")
    (count,) = _rows(portal, "select count(*) as n from staging.stg_bitrix24__lead_custom_values")

    assert len(lead) == 1 + 2 * MANY
    assert (lead["uf_field_7"], lead["uf_field_7_id"]) == ("Small", 40)
    assert count == {"n": MANY}


def test_names_follow_labels_and_the_older_field_keeps_its_name(
    portal: Path, fields: BuildReport, target_dir: Path, as_of: datetime
) -> None:
    """A changed label is another column, a new namesake takes none away, a deleted field is gone."""
    assert fields.ok
    with duckdb.connect(str(portal)) as connection:
        connection.execute("alter table bitrix24.custom_fields add column _deleted_at timestamptz")
        connection.execute("update bitrix24.custom_fields set label = 'Places' where id = 2")
        connection.execute("update bitrix24.custom_fields set label = 'Engineer' where id = 21")
        connection.execute("update bitrix24.custom_fields set _deleted_at = now() where id = 3")

    build(portal, as_of=as_of, select=["stg_bitrix24__deal_fields"], target_dir=target_dir)

    (deal,) = _rows(portal, "select * from staging.stg_bitrix24__deal_fields where deal_id = 1")
    changed = set(deal) ^ {"deal_id", *WIDE}
    assert changed == {"uf_seats", "uf_places", "uf_discount", "uf_never_read", "uf_engineer__uf_never_read"}
    assert (deal["uf_places"], deal["uf_engineer"]) == (0, "Ada Kern")
