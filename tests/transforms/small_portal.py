"""A small portal, written row by row: every deal is there for one rule of the reports."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
Tables = dict[str, list[Row]]

COLUMN_TYPES: Mapping[str, Mapping[str, str]] = {
    "deals": {
        "id": "bigint",
        "category_id": "bigint",
        "stage_id": "varchar",
        "stage_semantic_id": "varchar",
        "is_recurring": "varchar",
        "currency_id": "varchar",
        "opportunity": "decimal(18,2)",
        "lead_id": "bigint",
        "company_id": "bigint",
        "contact_id": "bigint",
        "assigned_by_id": "bigint",
        "source_id": "varchar",
        "closedate": "varchar",
        "date_create": "timestamptz",
        "moved_time": "timestamptz",
        "_deleted_at": "timestamptz",
    },
    "deal_stage_history": {
        "id": "bigint",
        "type_id": "bigint",
        "owner_id": "bigint",
        "created_time": "timestamptz",
        "category_id": "bigint",
        "stage_id": "varchar",
        "stage_semantic_id": "varchar",
        "_deleted_at": "timestamptz",
    },
    "leads": {
        "id": "bigint",
        "source_id": "varchar",
        "assigned_by_id": "bigint",
        "_deleted_at": "timestamptz",
    },
    "statuses": {
        "id": "bigint",
        "entity_id": "varchar",
        "status_id": "varchar",
        "name": "varchar",
        "sort": "bigint",
        "semantics": "varchar",
        "extra": "json",
        "_deleted_at": "timestamptz",
    },
    "pipelines": {
        "id": "bigint",
        "entity_type_id": "bigint",
        "name": "varchar",
        "sort": "bigint",
        "is_default": "varchar",
    },
    "currencies": {
        "currency": "varchar",
        "amount": "decimal(18,4)",
        "amount_cnt": "bigint",
        "base": "varchar",
    },
    "users": {
        "id": "bigint",
        "active": "boolean",
        "name": "varchar",
        "last_name": "varchar",
        "email": "varchar",
        "uf_department": "json",
    },
    "departments": {"id": "bigint", "name": "varchar", "parent": "bigint"},
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

# id, category, stage, semantic, currency, amount, owner, created, moved, what else
_DEALS = [
    (
        1,
        0,
        "WON",
        "S",
        "EUR",
        "1000.10",
        1,
        "2024-01-10T09:00Z",
        "2024-02-15T09:00Z",
        {"company_id": 5, "contact_id": 6},
    ),
    # skipped PREPARATION
    (2, 0, "EXECUTING", "P", "EUR", "250.00", 1, "2024-02-01T10:00Z", "2024-02-03T10:00Z", {"contact_id": 6}),
    # lost, then taken up again
    (
        3,
        0,
        "PREPARATION",
        "P",
        "USD",
        "99.99",
        2,
        "2024-02-05T10:00Z",
        "2024-04-01T08:00Z",
        {"company_id": 0},
    ),
    # came from the other pipeline
    (4, 3, "C3:TALK", "P", "EUR", "700.00", 2, "2024-03-01T10:00Z", "2024-03-20T10:00Z", {}),
    # created on 1 April and won on 1 May, by the portal's clock
    (5, 3, "C3:WON", "S", "USD", "1234.56", 2, "2024-03-31T22:30Z", "2024-04-30T22:00Z", {"company_id": 7}),
    (
        6,
        0,
        "WON",
        "S",
        "EUR",
        "5000.00",
        1,
        "2024-01-11T09:00Z",
        "2024-02-15T09:00Z",
        {"_deleted_at": "2024-05-01T00:00Z"},
    ),
    (7, 0, "NEW", "P", "EUR", "8000.00", 77, "2024-01-12T09:00Z", "2024-01-12T09:00Z", {"is_recurring": "Y"}),
    # an owner nobody lists; its history does not know that it was lost
    (8, 0, "LOSE", "F", "EUR", "10.00", 99, "2024-02-10T10:00Z", "2024-03-11T12:00Z", {"source_id": ""}),
    # a stage nobody lists
    (9, 0, "OLD", "P", "EUR", "20.00", 1, "2024-02-11T10:00Z", "2024-02-12T10:00Z", {"source_id": "false"}),
    # lost from the start
    (10, 0, "LOSE", "F", "EUR", "30.00", 1, "2024-02-12T10:00Z", "2024-02-12T10:00Z", {"source_id": "WEB"}),
    # a rate for a hundred units
    (11, 0, "WON", "S", "RUB", "90000.00", 2, "2024-03-05T10:00Z", "2024-04-05T10:00Z", {"company_id": 7}),
    # no rate
    (12, 0, "WON", "S", "GBP", "400.00", 2, "2024-03-06T10:00Z", "2024-04-06T10:00Z", {"company_id": 8}),
    # an apology is a loss; the source is its lead's
    (13, 0, "APOLOGY", "", "EUR", "50.00", 1, "2024-04-07T10:00Z", "2024-05-07T10:00Z", {"lead_id": 40}),
    # neither pipeline, nor creation, nor history
    (14, None, "C3:TALK", "P", "EUR", None, None, None, None, {"lead_id": 0}),
    # won at a time that nobody knows; a lead that is deleted
    (15, 0, "WON", "S", "EUR", "60.00", 1, "2024-05-02T10:00Z", None, {"lead_id": 41}),
    # the night of 31 March had 23 hours
    (
        16,
        0,
        "PREPARATION",
        "P",
        "EUR",
        "70.00",
        1,
        "2024-03-30T23:00Z",
        "2024-03-31T22:00Z",
        {"category_id": 0},
    ),
]

# deal: (type, time, category, stage, semantic) of each visit
_VISITS = {
    1: [
        (1, "2024-01-10T09:00Z", 0, "NEW", "P"),
        (2, "2024-01-20T09:00Z", 0, "PREPARATION", "P"),
        (2, "2024-02-01T09:00Z", 0, "EXECUTING", "P"),
        (3, "2024-02-14T09:00Z", 0, "WON", "S"),
    ],
    2: [(1, "2024-02-01T10:00Z", 0, "NEW", "P"), (2, "2024-02-03T10:00Z", 0, "EXECUTING", "P")],
    3: [
        (1, "2024-02-05T10:00Z", 0, "NEW", "P"),
        (2, "2024-02-06T10:00Z", 0, "EXECUTING", "P"),
        (3, "2024-03-06T10:00Z", 0, "LOSE", "F"),
        (2, "2024-04-01T08:00Z", 0, "PREPARATION", "P"),
    ],
    4: [
        (1, "2024-03-01T10:00Z", 0, "NEW", "P"),
        (2, "2024-03-02T10:00Z", 0, "EXECUTING", "P"),
        (5, "2024-03-10T10:00Z", 3, "C3:NEW", "P"),
        (2, "2024-03-20T10:00Z", 3, "C3:TALK", "P"),
    ],
    5: [(1, "2024-03-31T22:30Z", 3, "C3:NEW", "P"), (3, "2024-04-30T22:00Z", 3, "C3:WON", "S")],
    6: [(1, "2024-01-11T09:00Z", 0, "NEW", "P"), (3, "2024-02-15T09:00Z", 0, "WON", "S")],
    7: [(1, "2024-01-12T09:00Z", 0, "NEW", "P")],
    8: [(1, "2024-02-10T10:00Z", 0, "NEW", "P"), (2, "2024-02-20T10:00Z", 0, "PREPARATION", "P")],
    9: [(1, "2024-02-11T10:00Z", 0, "NEW", "P"), (2, "2024-02-12T10:00Z", 0, "OLD", "P")],
    10: [(3, "2024-02-12T10:00Z", 0, "LOSE", "F")],
    # two moves in one second: the id decides
    11: [
        (1, "2024-03-05T10:00Z", 0, "NEW", "P"),
        (2, "2024-04-05T10:00Z", 0, "EXECUTING", ""),
        (3, "2024-04-05T10:00Z", 0, "WON", "S"),
    ],
    12: [(1, "2024-03-06T10:00Z", 0, "NEW", "P"), (3, "2024-04-06T10:00Z", 0, "WON", "S")],
    13: [
        (1, "2024-04-07T10:00Z", 0, "NEW", "P"),
        (2, "2024-04-08T10:00Z", 0, "PREPARATION", "P"),
        (2, "2024-04-09T10:00Z", 0, "NEW", "P"),
        (3, "2024-05-07T10:00Z", 0, "APOLOGY", "F"),
    ],
    15: [(1, "2024-05-02T10:00Z", 0, "NEW", "P")],
    16: [(1, "2024-03-30T23:00Z", 0, "NEW", "P"), (2, "2024-03-31T22:00Z", 0, "PREPARATION", "P")],
    # of a deal that the portal no longer has
    50: [(1, "2024-01-01T10:00Z", 0, "NEW", "P")],
}

_CLOSE_DATES = {
    1: "2024-08-30T02:00:00+02:00",
    2: "2024-08-29T23:00:00+01:00",
    3: "2024-08-30T00:00:00+03:00",
    4: "2024-08-30T12:00:00+12:00",
    5: "",
    8: "false",
    9: "2024-03-31T03:00:00+02:00",
}

_STAGES = [
    ("DEAL_STAGE", "NEW", "New", 10, None, None),
    ("DEAL_STAGE", "PREPARATION", "Preparation", 20, None, '{"SEMANTICS":"process"}'),
    ("DEAL_STAGE", "EXECUTING", "Execution", 30, "", None),
    ("DEAL_STAGE", "WON", "Won", 40, "S", '{"SEMANTICS":"success"}'),
    ("DEAL_STAGE", "LOSE", "Lost", 50, "F", '{"SEMANTICS":"failure"}'),
    ("DEAL_STAGE", "APOLOGY", "Apology", 60, None, '{"SEMANTICS":"apology"}'),
    ("DEAL_STAGE_3", "C3:NEW", "New", 10, None, None),
    ("DEAL_STAGE_3", "C3:TALK", "Talk", 20, None, None),
    ("DEAL_STAGE_3", "C3:WON", "Won", 30, "S", None),
    ("DEAL_STAGE_3", "C3:LOSE", "Lost", 40, "F", None),
    ("SOURCE", "WEB", "Web", 10, None, None),
    ("DEAL_STAGE_12_X", "NOT:A:STAGE", "Not a deal stage", 10, None, None),
    ("DYNAMIC_130_STAGE_5", "DT130_5:NEW", "Begun", 10, None, None),
    ("QUOTE_STATUS", "DRAFT", "Draft", 10, None, None),
]


def raw_tables() -> Tables:
    """The raw tables as the portal's rows would land in them."""
    names = ("id", "category_id", "stage_id", "stage_semantic_id", "currency_id", "opportunity")
    names += ("assigned_by_id", "date_create", "moved_time")
    deals = [
        {
            "is_recurring": "N",
            "closedate": _CLOSE_DATES.get(deal[0]),
            **dict(zip(names, deal[:9], strict=True)),
            **deal[9],
        }
        for deal in _DEALS
    ]
    visits = [(deal, *visit) for deal, visits_of_deal in _VISITS.items() for visit in visits_of_deal]
    columns = ("owner_id", "type_id", "created_time", "category_id", "stage_id", "stage_semantic_id")
    history = [{"id": 100 + n, **dict(zip(columns, visit, strict=True))} for n, visit in enumerate(visits)]
    columns = ("entity_id", "status_id", "name", "sort", "semantics", "extra")
    statuses = [{"id": 1 + n, **dict(zip(columns, stage, strict=True))} for n, stage in enumerate(_STAGES)]
    return {
        "deals": deals,
        "deal_stage_history": history,
        "leads": [
            {"id": 40, "source_id": "CALL", "assigned_by_id": 98},
            {"id": 41, "source_id": "CALL", "assigned_by_id": 97, "_deleted_at": "2024-05-01T00:00Z"},
        ],
        "statuses": statuses,
        "pipelines": [
            {"id": 0, "entity_type_id": 2, "name": "Sales", "sort": 10, "is_default": "Y"},
            {"id": 3, "entity_type_id": 2, "name": "Partners", "sort": 20, "is_default": "N"},
            {"id": 4, "entity_type_id": 128, "name": "Not of deals", "sort": 10, "is_default": "Y"},
        ],
        "currencies": [
            {"currency": "EUR", "amount": "1.0000", "amount_cnt": 1, "base": "Y"},
            {"currency": "USD", "amount": "0.9234", "amount_cnt": 1, "base": "N"},
            {"currency": "RUB", "amount": "1.0250", "amount_cnt": 100, "base": "N"},
            {"currency": "GBP", "amount": None, "amount_cnt": 1, "base": "N"},
        ],
        "users": [
            {"id": 1, "active": True, "name": "Ada", "last_name": "Kern", "uf_department": "[2, 1]"},
            {
                "id": 2,
                "active": False,
                "name": "",
                "last_name": "",
                "email": "b@x.test",
                "uf_department": "[1]",
            },
            {"id": 3, "active": True, "name": "Cyr", "last_name": None, "uf_department": "[]"},
        ],
        "departments": [
            {"id": 1, "name": "Company", "parent": 0},
            {"id": 2, "name": "Sales", "parent": 1},
        ],
    }


def write_raw(db: Path, tables: Mapping[str, Sequence[Row]], *, as_text: bool = False) -> None:
    """Writes raw tables into a DuckDB file, typed as the loader types them or all as text."""
    with duckdb.connect(str(db)) as connection:
        connection.execute("create schema if not exists bitrix24; set TimeZone = 'UTC'")
        for table, rows in tables.items():
            types = COLUMN_TYPES[table]
            columns = ", ".join(
                f'"{name}" {"varchar" if as_text else type_}' for name, type_ in types.items()
            )
            connection.execute(f"create table bitrix24.{table} ({columns})")
            values = [[row.get(name) for name in types] for row in rows]
            marks = ", ".join("?" for _ in types)
            connection.executemany(f"insert into bitrix24.{table} values ({marks})", values)


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
