"""Departments and users of the demo portal."""
# ruff: noqa: PLR2004  names in two scripts; shares and places of demo data are plain numbers

from dataclasses import dataclass

import numpy as np

from .table import Row
from .zone import DAY, Zone

DEPARTMENTS = (
    (1, "Demo GmbH", None, 1),
    (2, "Sales", 1, 3),
    (3, "Sales North", 2, 9),
    (5, "Sales South", 2, 15),
    (6, "Отдел опта", 2, None),
    (8, "Marketing", 1, 4),
    (11, "Service & Support", 1, None),
    (12, "Field service", 11, 27),
    (14, "Back office", 1, None),
)


def departments() -> list[Row]:
    """Give the rows of department.get; the root has no PARENT."""
    rows: list[Row] = []
    for number, name, parent, head in DEPARTMENTS:
        row: Row = {"ID": str(number), "NAME": name, "SORT": 500 if number % 2 else 100 * number}
        if parent is not None:
            row["PARENT"] = str(parent)
        if head is not None:
            row["UF_HEAD"] = str(head)
        rows.append(row)
    return rows


@dataclass(frozen=True)
class Staff:
    """Users of the portal, and the ids that rows may point at though no list has them."""

    rows: tuple[Row, ...]
    active: tuple[int, ...]
    dismissed: tuple[int, ...]
    deleted: tuple[int, ...] = (7, 77)


def staff(
    rng: np.random.Generator, epoch: int, zone: Zone, first_names: list[str], last_names: list[str]
) -> Staff:
    """Make two dozen users: some dismissed, one without a name, one outside the company."""
    ids = [*range(1, 49, 2), 4]
    rows: list[Row] = []
    dismissed = tuple(ids[index] for index in (5, 11, 17))
    for place, number in enumerate(sorted(ids)):
        first, last = first_names[place % len(first_names)], last_names[(place * 7) % len(last_names)]
        joined = epoch - int(rng.integers(200, 1500)) * DAY
        nameless, outside = number == 21, number == 47
        departments_of = (
            []
            if outside
            else [int(rng.choice([2, 3, 5, 6, 8, 11, 12, 14]))] + ([2] if place % 9 == 4 else [])
        )
        rows.append(
            {
                "ID": str(number),
                "XML_ID": str(10_000_000 + number * 977),
                "ACTIVE": number not in dismissed,
                "NAME": "" if nameless else first,
                "LAST_NAME": "" if nameless else last,
                "SECOND_NAME": "",
                "EMAIL": f"user{number}@demo.example",
                "LAST_LOGIN": "" if outside else zone.text(epoch - int(rng.integers(1, 9 * DAY))),
                "DATE_REGISTER": zone.text(joined // DAY * DAY),
                "TIME_ZONE": "" if place % 3 else zone.name,
                "IS_ONLINE": "Y" if number == 1 else "N",
                "TIMESTAMP_X": {},
                "LAST_ACTIVITY_DATE": {},
                "PERSONAL_GENDER": ("", "M", "F")[place % 3],
                "PERSONAL_WWW": "",
                "PERSONAL_BIRTHDAY": "" if place % 4 else zone.day_text(f"19{60 + place}-03-1{place % 9}"),
                "PERSONAL_MOBILE": "" if place % 2 else f"+49 151 {1_000_000 + number * 31}",
                "PERSONAL_CITY": ("", "Berlin", "Москва")[place % 3],
                "WORK_PHONE": "",
                "WORK_POSITION": ("Sales manager", "Менеджер", "", "Head of sales")[place % 4],
                "UF_EMPLOYMENT_DATE": "",
                "UF_DEPARTMENT": departments_of,
                "USER_TYPE": "extranet" if outside else "employee",
            }
        )
    active = tuple(sorted(set(ids) - set(dismissed) - {47}))
    return Staff(tuple(rows), active, dismissed)
