"""Drives and telephone calls."""

from collections import defaultdict
from datetime import timedelta

from tests.transforms.reference.portal import Portal
from tests.transforms.reference.values import Row, instant, number, reference, share, text


def rpt_disk_usage(portal: Portal) -> list[Row]:
    """Files by drive, kind and age; those in the trash are counted once more on their own."""
    types = {row["id"]: text(row["entity_type"]) for row in portal.rows("disk_storages")}
    groups: dict[tuple[int, str, str], list[Row]] = defaultdict(list)
    for row in portal.rows("disk_files"):
        groups[row["storage_id"], _extension(row["name"]), _age(portal, row)].append(row)
    rows = []
    for (storage, extension, age), files in groups.items():
        trash = [row for row in files if number(row.get("deleted_type"))]
        rows.append(
            {
                "storage_id": storage,
                "storage_type": types.get(storage),
                "file_ext": extension,
                "age_bucket": age,
                "files": len(files),
                "size_bytes": sum(number(row["size"]) or 0 for row in files),
                "trashed_files": len(trash),
                "trashed_bytes": sum(number(row["size"]) or 0 for row in trash),
            }
        )
    return rows


def _extension(name: str) -> str:
    _, dot, ending = name.rpartition(".")
    return ending.lower() if dot and ending else "(none)"


def _age(portal: Portal, row: Row) -> str:
    changed = instant(row["update_time"])
    assert changed is not None
    whole = (portal.as_of - changed) // timedelta(days=1)
    return next(
        (name for limit, name in ((30, "000-030"), (90, "031-090"), (365, "091-365")) if whole <= limit),
        "366+",
    )


def rpt_call_summary(portal: Portal) -> list[Row]:
    """Calls by user."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in portal.rows("calls"):
        if user := reference(row.get("portal_user_id")):
            groups[user].append(row)
    rows = []
    for user, calls in groups.items():
        incoming = [row for row in calls if number(row["call_type"]) in (2, 3)]
        answered = [row for row in calls if row["call_failed_code"] == "200"]
        rows.append(
            {
                "user_id": user,
                "calls": len(calls),
                "outgoing": sum(number(row["call_type"]) in (1, 4) for row in calls),
                "incoming": len(incoming),
                "missed_incoming": sum(row["call_failed_code"] == "304" for row in incoming),
                "answered": len(answered),
                "talk_minutes": _seconds(answered) / 60,
                "avg_talk_seconds": share(_seconds(answered), len(answered)),
            }
        )
    return rows


def _seconds(calls: list[Row]) -> int:
    return sum(number(row["call_duration"]) or 0 for row in calls)
