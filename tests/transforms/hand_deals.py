"""Deals of the hand-checkable case and their histories: each deal is there for one rule of the reports."""

from tests.transforms.raw_file import Row, rows_of

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
    # the second deal of a lead; what it was before, nobody knows
    (17, 0, "NEW", "P", "USD", "300.00", 3, "2024-05-12T10:00Z", "2024-05-12T10:00Z", {"lead_id": 44}),
    # the first one, in a pipeline that is gone with its stages
    (18, 12, "C12:NEW", "", "EUR", "45.00", 4, "2024-05-11T22:00Z", "2024-05-11T22:00Z", {"lead_id": 44}),
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
    18: [(1, "2024-05-11T22:00Z", None, "C12:NEW", "")],
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
    17: "2024-06-30T02:00:00+02:00",
    18: "2024-06-28T23:00:00-01:00",
}

# campaigns, chances, last activity and custom fields
_MORE: dict[int, Row] = {
    1: {
        "utm_source": " Google ",
        "utm_medium": "CPC",
        "utm_campaign": "",
        "uf_note": "PO-7",
        "uf_vip": False,
    },
    2: {
        "probability": 60,
        "last_activity_time": "2024-06-29T12:00Z",
        "uf_note": "",
        "uf_note2": "second",
        "uf_plain": "no label",
        "uf_budget": "1500.5|EUR",
        "uf_size": "42",
        "uf_sizes": "[42,40,99]",
        "uf_vip": True,
    },
    3: {"probability": 20, "last_activity_time": "2024-03-30T12:00:00+01:00", "uf_budget": "|EUR"},
    4: {"uf_size": "7", "uf_sizes": "[]"},
    5: {"utm_source": "google", "utm_medium": "cpc"},
    6: {"uf_note": "deleted"},
    7: {"uf_note": "template"},
    13: {"utm_source": "  ", "utm_medium": "lost"},
    16: {"probability": 0},
    17: {"probability": 50},
    18: {"utm_source": "(direct)", "utm_medium": None, "utm_campaign": "may"},
}


def deals() -> list[Row]:
    """The raw table of deals."""
    columns = "id category_id stage_id stage_semantic_id currency_id opportunity assigned_by_id"
    found = rows_of(f"{columns} date_create moved_time more", _DEALS)
    return [
        {
            "is_recurring": "N",
            "closedate": _CLOSE_DATES.get(row["id"]),
            **row,
            **row["more"],
            **_MORE.get(row["id"], {}),
        }
        for row in found
    ]


def visits() -> list[Row]:
    """The raw table of stage histories."""
    found = [(deal, *visit) for deal, of_deal in _VISITS.items() for visit in of_deal]
    rows = rows_of("owner_id type_id created_time category_id stage_id stage_semantic_id", found)
    return [{"id": 100 + place, **row} for place, row in enumerate(rows)]
