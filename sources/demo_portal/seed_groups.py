"""Workgroups of the demo portal."""

from .table import Row
from .zone import DAY, Zone

_GROUPS = (
    (1, "Website relaunch", 1, 9, "N"),
    (3, 'Warehouse "Nord" & <South>', 5, 6, "N"),
    (4, "Отдел развития", 9, 4, "N"),
    (8, "Fairs 2024 🎪", 15, 12, "Y"),
    (12, "Audit", 1, 1, "N"),
)
GROUP_IDS = tuple(number for number, *_ in _GROUPS)


def groups(epoch: int, zone: Zone) -> list[Row]:
    """Give the rows of sonet_group.get: one of them archived, one with a single member."""
    rows: list[Row] = []
    for place, (number, name, owner, members, closed) in enumerate(_GROUPS):
        made = epoch - (900 - 130 * place) * DAY + 8 * 3_600
        rows.append(
            {
                "ID": str(number),
                "SITE_ID": "s1",
                "NAME": name,
                "DESCRIPTION": "" if place % 2 else "What everybody should know.",
                "DATE_CREATE": zone.text(made),
                "DATE_UPDATE": zone.text(made + 40 * DAY),
                "ACTIVE": "Y",
                "VISIBLE": "N" if number == GROUP_IDS[-1] else "Y",
                "OPENED": "Y" if place % 2 else "N",
                "CLOSED": closed,
                "SUBJECT_ID": "1",
                "OWNER_ID": str(owner),
                "KEYWORDS": None if place % 2 else "",
                "NUMBER_OF_MEMBERS": str(members),
                "DATE_ACTIVITY": zone.text(epoch - (1 + 20 * place) * DAY),
                "SUBJECT_NAME": "Workgroups",
                "IS_EXTRANET": "N",
            }
        )
    return rows
