"""Leads, contacts, products, users and directories of the hand-checkable case."""

from tests.transforms.raw_file import Row, Tables, rows_of

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
    ("SOURCE", "TRADE", "Trade fair", 20, None, None),
    ("STATUS", "NEW", "New", 10, None, None),
    ("STATUS", "CONVERTED", "Converted", 20, "S", None),
    ("STATUS", "JUNK", "Junk", 30, "F", None),
    ("DEAL_STAGE_12_X", "NOT:A:STAGE", "Not a deal stage", 10, None, None),
    ("DYNAMIC_130_STAGE_5", "DT130_5:NEW", "Begun", 10, None, None),
    ("QUOTE_STATUS", "DRAFT", "Draft", 10, None, None),
]

# id, status, semantic, source, owner, created, closed, what else
_LEADS = [
    # a source and an owner that no list has; 24 hours to the first deal, though a night had 23
    (40, "CONVERTED", "S", "CALL", 98, "2024-04-06T10:00Z", "2024-04-07T10:00Z", {}),
    (41, "NEW", "P", "CALL", 97, "2024-04-06T10:00Z", None, {"_deleted_at": "2024-05-01T00:00Z"}),
    # of April, by the portal's clock
    (42, "NEW", "P", "WEB", 1, "2024-03-31T22:30Z", None, {"utm_source": "GOOGLE", "utm_medium": " cpc"}),
    (43, "JUNK", "F", "TRADE", 2, "2024-04-20T10:00Z", "2024-04-21T10:00Z", {}),
    # only the directory knows that it was converted; two deals, the first after 26 hours
    (44, "CONVERTED", "", "WEB", 3, "2024-05-10T20:00Z", "2024-05-11T10:00Z", {"utm_source": "News Letter"}),
    (45, "NEW", "P", "", 0, "2023-02-01T10:00Z", None, {}),
]

# contact, kind, what somebody typed
_POINTS = [
    (1, "PHONE", "+49 30 123-45 67"),
    (2, "PHONE", "0049 (30) 1234567"),
    (2, "PHONE", "+49301234567"),
    (3, "PHONE", "030 1234567"),
    (4, "PHONE", "8 (912) 345-67-89"),
    (10, "PHONE", "+7 912 345 67 89"),
    (1, "EMAIL", " Ann@X.test "),
    (10, "EMAIL", "ann@x.TEST"),
    (3, "EMAIL", "bob@x.test"),
    (5, "PHONE", ""),
    (5, "WEB", "ann@x.test"),
    # a contact that is deleted
    (7, "EMAIL", "bob@x.test"),
]

# id, whose, product, name, price, quantity
_PRODUCTS = [
    (1, "D", 1, 7, "Boots", "100.00", "2.5"),
    (2, "D", 1, 8, "Laces", "3.10", "1"),
    (3, "D", 1, 0, "Typed in", "9.00", "1"),
    (4, "D", 5, 7, "Boots", "10.00", "3"),
    (5, "D", 12, 8, "Laces", "3.10", "2"),
    (6, "D", 2, 7, "Boots", "100.00", "1"),
    (7, "L", 1, 7, "Boots", "100.00", "1"),
    (8, "D", 6, 7, "Boots", "100.00", "1"),
]

_FIELDS = [
    (1, "UF_NOTE", "string", "N", "Budget", None),
    (2, "UF_NOTE2", "string", "N", "budget", None),
    (3, "UF_PLAIN", "string", "N", "", None),
    (4, "UF_BUDGET", "money", "N", "BUDGET!", None),
    (5, "UF_SIZE", "enumeration", "N", "Size", '[{"ID":"40","VALUE":"Small"},{"ID":"42","VALUE":"Large"}]'),
    (6, "UF_SIZES", "enumeration", "Y", "Size", '[{"ID":"40","VALUE":"Small"},{"ID":"42","VALUE":"Large"}]'),
    (7, "UF_VIP", "boolean", "N", "VIP", None),
]


def tables() -> Tables:
    """The raw tables of everybody a deal has to do with."""
    contacts = [
        {"id": number, "name": f"Contact {number}", "assigned_by_id": 1} for number in (1, 2, 3, 4, 5, 6, 10)
    ]
    contacts.append({"id": 7, "name": "Gone", "_deleted_at": "2024-05-01T00:00Z"})
    points: list[Row] = [
        {"owner_type": "contact", **row} for row in rows_of("owner_id type_id value", _POINTS)
    ]
    points.append({"owner_type": "company", "owner_id": 6, "type_id": "EMAIL", "value": "bob@x.test"})
    leads = rows_of(
        "id status_id status_semantic_id source_id assigned_by_id date_create date_closed more", _LEADS
    )
    return {
        **_directories(),
        "leads": [
            {**row, "moved_time": row["date_closed"] or row["date_create"], **row["more"]} for row in leads
        ],
        "lead_status_history": _lead_visits(),
        "contacts": contacts,
        "companies": [
            {"id": number, "title": f"Company {number}", "assigned_by_id": 2} for number in (5, 7, 8)
        ],
        "contact_points": [{"id": place, **row} for place, row in enumerate(points, start=1)],
        "product_rows": rows_of("id owner_type owner_id product_id product_name price quantity", _PRODUCTS),
    }


def _directories() -> Tables:
    statuses = rows_of("entity_id status_id name sort semantics extra", _STAGES)
    fields = rows_of("id field_name user_type_id multiple label list", _FIELDS)
    gone = "2024-05-01T00:00Z"
    return {
        "statuses": [{"id": place, **row} for place, row in enumerate(statuses, start=1)],
        "pipelines": rows_of(
            "id entity_type_id name sort is_default",
            [(0, 2, "Sales", 10, "Y"), (3, 2, "Partners", 20, "N"), (4, 128, "Not of deals", 10, "Y")],
        ),
        "currencies": rows_of(
            "currency amount amount_cnt base",
            [
                ("EUR", "1.0000", 1, "Y"),
                ("USD", "0.9234", 1, "N"),
                ("RUB", "1.0250", 100, "N"),
                ("GBP", None, 1, "N"),
            ],
        ),
        "custom_fields": [{"entity_id": "CRM_DEAL", **row} for row in fields],
        "users": rows_of(
            "id active name last_name email uf_department _deleted_at",
            [
                (1, True, "Ada", "Kern", None, "[2, 1]", None),
                (2, False, "", "", "b@x.test", "[1]", None),
                (3, True, "Cyr", None, "c@x.test", "[]", None),
                (4, True, "Dora", "Gone", None, "[1]", gone),
                (5, True, "Eve", "Lost", None, "[9]", None),
                (6, True, "Fay", "Deep", None, '["3"]', None),
            ],
        ),
        "departments": rows_of(
            "id name parent _deleted_at",
            [
                (1, "Company", 0, None),
                (2, "Sales", 1, None),
                (3, "Inside", 2, None),
                (9, "Closed down", 1, gone),
            ],
        ),
    }


def _lead_visits() -> list[Row]:
    visits: list[Row] = []
    for number, status, semantic, _, _, created, closed, _ in _LEADS:
        places = [(1, created, "NEW", "P"), (3, closed, status, semantic)]
        for kind, at, code, meaning in places[: 2 if closed else 1]:
            visit = {"owner_id": number, "type_id": kind, "created_time": at, "status_id": code}
            visits.append({"id": 1 + len(visits), **visit, "status_semantic_id": meaning})
    return visits
