"""Directories of the random portal, contacts with numbers typed in every way, and what deals sold."""

from random import Random

from tests.transforms.random_deals import DEALS, OWNERS
from tests.transforms.raw_file import Row, Tables

OPTIONS = '[{"ID":"40","VALUE":"Small"},{"ID":"42","VALUE":"Large"}]'
STAGES = [
    ("DEAL_STAGE", "NEW", 10, None, None),
    ("DEAL_STAGE", "A", 20, "", None),
    ("DEAL_STAGE", "B", 30, None, '{"SEMANTICS":"process"}'),
    ("DEAL_STAGE", "WON", 40, "S", None),
    ("DEAL_STAGE", "LOSE", 50, None, '{"SEMANTICS":"failure"}'),
    ("DEAL_STAGE", "APOLOGY", 60, None, '{"SEMANTICS":"apology"}'),
    ("DEAL_STAGE_2", "C2:NEW", 0, None, None),
    ("DEAL_STAGE_2", "C2:TALK", 5, None, None),
    ("DEAL_STAGE_2", "C2:WON", 7, "S", None),
    ("DEAL_STAGE_2", "C2:LOSE", 9, "F", None),
    ("SOURCE", "WEB", 10, None, None),
    ("SOURCE", "CALL", 20, None, None),
    ("SOURCE", "FAIR", 30, None, None),
    ("SOURCE", "OTHER", 40, None, None),
    ("STATUS", "NEW", 10, None, None),
    ("STATUS", "CONVERTED", 20, "S", None),
    ("STATUS", "JUNK", 30, "F", None),
]
GONE = [("DEAL_STAGE", "GONE", 25, None, None), ("DEAL_STAGE_2", "C2:OLD_LOSE", 8, "F", None)]
FIELDS = [
    (1, "UF_NOTE", "string", "N", "Note", None),
    (2, "UF_PLAIN", "string", "N", None, None),
    (3, "UF_BUDGET", "money", "N", "note", None),
    (4, "UF_SIZE", "enumeration", "N", "NOTE!", OPTIONS),
    (5, "UF_SIZES", "enumeration", "Y", "Sizes", OPTIONS),
    (6, "UF_VIP", "boolean", "N", "Бюджет", None),
]
PHONES = ("+49 30 1234567", "0049301234567", "030 1234567", "8 912 345 67 89", "+7 912 3456789", "9123456789")
EMAILS = ("ann@x.test", " ANN@x.test", "bob@x.test", "bob@x.test ", "cyd@x.test", "", "Dan@x.test")


def directories() -> Tables:
    """What the portal has once, whatever the seeds."""
    columns = ("entity_id", "status_id", "sort", "semantics", "extra")
    deleted = {"_deleted_at": "2024-06-01T00:00Z"}
    statuses = [{**dict(zip(columns, stage, strict=True)), "name": f"Name of {stage[1]}"} for stage in STAGES]
    statuses += [{**dict(zip(columns, stage, strict=True)), "name": "Old", **deleted} for stage in GONE]
    fields = ("id", "field_name", "user_type_id", "multiple", "label", "list")
    return {
        "statuses": [{"id": place, **row} for place, row in enumerate(statuses, start=1)],
        "pipelines": [
            {"id": 0, "entity_type_id": 2, "name": "Sales", "sort": 10, "is_default": "Y"},
            {"id": 2, "entity_type_id": 2, "name": "Partners", "sort": 20, "is_default": "N"},
            {"id": 9, "entity_type_id": 2, "name": "Gone", "sort": 30, "is_default": "N", **deleted},
        ],
        "currencies": [
            {"currency": "EUR", "amount": "1", "amount_cnt": 1, "base": "Y"},
            {"currency": "USD", "amount": "0.9234", "amount_cnt": 1, "base": "N"},
            {"currency": "RUB", "amount": "1.0250", "amount_cnt": 100, "base": "N"},
            {"currency": "JPY", "amount": "6.1234", "amount_cnt": 1000, "base": "N"},
            {"currency": "GBP", "amount": None, "amount_cnt": 1, "base": "N"},
        ],
        "custom_fields": [
            {"entity_id": "CRM_DEAL", **dict(zip(fields, field, strict=True))} for field in FIELDS
        ],
        "users": _users(),
        "departments": [
            {"id": 1, "name": "Company", "parent": None},
            {"id": 2, "name": "Sales", "parent": 1},
            {"id": 3, "name": "North", "parent": 2},
            {"id": 4, "name": "Apart", "parent": 77},
        ],
    }


def _users() -> list[Row]:
    departments = ("[1]", "[2,1]", "[3]", "[4]", "[]", "[77]", None, "[0]", '["2"]', "[3]")
    rows: list[Row] = [
        {
            "id": 1 + place,
            "active": place % 4 != 3,
            "name": f" N{place}",
            "last_name": "L" * (place % 2),
            "email": f"u{place}@x.test",
        }
        for place in range(len(departments))
    ]
    rows[4] |= {"name": "", "last_name": "false"}
    rows[5] |= {"name": None, "last_name": None, "email": None}
    for row, known in zip(rows, departments, strict=True):
        row["uf_department"] = known
    gone = {"name": "Gone", "active": True, "uf_department": "[1]", "_deleted_at": "2024-06-01T00:00Z"}
    return [*rows, {"id": 20, **gone}, {"id": 21, **gone}]


def tables(chance: Random, first: int) -> Tables:
    """Contacts, companies, their numbers and addresses, and products of deals."""
    contacts = [
        {
            "id": first + place,
            "name": f"C{place}",
            "assigned_by_id": chance.choice(OWNERS),
            "_deleted_at": _gone(chance),
        }
        for place in range(1, 120)
    ]
    points: list[Row] = []
    for contact in contacts:
        for kind, typed in (("PHONE", _phone), ("EMAIL", _email)):
            for _ in range(chance.choice((0, 1, 1, 2))):
                point = {
                    "owner_type": "contact",
                    "owner_id": contact["id"],
                    "type_id": kind,
                    "value": typed(chance),
                }
                points.append({"id": first + len(points) + 1, **point, "_deleted_at": _gone(chance)})
    points += [
        {
            "id": first + 9_000 + n,
            "owner_type": "company",
            "owner_id": first + n,
            "type_id": "EMAIL",
            "value": "bob@x.test",
        }
        for n in range(1, 6)
    ]
    return {
        "contacts": contacts,
        "contact_points": points,
        "companies": [{"id": first + n, "title": f"Company {n}", "assigned_by_id": 1} for n in range(1, 6)],
        "product_rows": [_product(chance, first, place) for place in range(300)],
    }


def _gone(chance: Random) -> str | None:
    return "2024-06-01T00:00Z" if chance.random() < 0.08 else None


def _phone(chance: Random) -> str:
    return chance.choice(
        (*PHONES, "", f"+49 40 {chance.randrange(100, 140)}", f"040-{chance.randrange(100, 140)}")
    )


def _email(chance: Random) -> str:
    return chance.choice((*EMAILS, f"U{chance.randrange(40)}@x.test"))


def _product(chance: Random, first: int, place: int) -> Row:
    product = chance.choice((0, None, *range(1, 12)))
    return {
        "id": first + 1 + place,
        "owner_type": chance.choice(("D", "D", "D", "L")),
        "owner_id": first + chance.randrange(1, DEALS + 5),
        "product_id": product,
        "product_name": f"Product {product or 'typed in'}",
        "price": f"{chance.randrange(0, 5_000)}.{chance.choice((0, 5))}0",
        "quantity": chance.choice(("1", "2", "0", "10", "3")),
        "_deleted_at": _gone(chance),
    }
