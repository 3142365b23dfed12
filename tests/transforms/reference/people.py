"""Users: those of the list, and those that rows of any kind still name."""

from collections.abc import Iterator
from functools import cache

from tests.transforms.reference.portal import Portal
from tests.transforms.reference.stages import deal_rows
from tests.transforms.reference.values import Row, flag, parsed, reference, text

NAMED_BY = {
    "leads": ["assigned_by_id"],
    "contacts": ["assigned_by_id"],
    "companies": ["assigned_by_id"],
    "tasks": ["responsible_id", "created_by"],
    "activities": ["responsible_id"],
    "calls": ["portal_user_id"],
}


@cache
def dim_user(portal: Portal) -> list[Row]:
    """Users with their primary department and the way to it from the root."""
    departments = {row["id"]: row for row in portal.rows("departments")}
    users = []
    for row in portal.rows("users"):
        numbers = parsed(row.get("uf_department")) or []
        primary = reference(numbers[0]) if numbers else None
        users.append(
            {
                "user_id": row["id"],
                "user_name": _name(row),
                "is_active": flag(row.get("active")),
                "is_inferred": False,
                "department_id": primary,
                "department_name": text(departments.get(primary, {}).get("name")),
                "department_path": " / ".join(_path(departments, primary)) or None,
            }
        )
    listed = {row["user_id"] for row in users}
    blank = {"department_id": None, "department_name": None, "department_path": None}
    users += [
        {
            "user_id": user,
            "user_name": f"Unknown user {user}",
            "is_active": False,
            "is_inferred": True,
            **blank,
        }
        for user in sorted(set(_named(portal)) - listed)
    ]
    return users


def _name(row: Row) -> str:
    names = [known.strip() for part in ("name", "last_name") if (known := text(row.get(part)))]
    return " ".join(filter(None, names)) or text(row.get("email")) or f"Unknown user {row['id']}"


def _path(departments: dict[int, Row], number: int | None) -> Iterator[str]:
    row = departments.get(number or 0)
    if row:
        yield from _path(departments, reference(row.get("parent")))
        yield row["name"]


def _named(portal: Portal) -> Iterator[int]:
    pointers = [reference(row.get("assigned_by_id")) for row in deal_rows(portal)]
    for table, columns in NAMED_BY.items():
        pointers += [reference(row.get(column)) for row in portal.rows(table) for column in columns]
    pointers += [
        reference(row["owner_id"])
        for row in portal.rows("calendar_events")
        if row["cal_type"] == "user" and not flag(row.get("deleted"))
    ]
    yield from (user for user in pointers if user)
