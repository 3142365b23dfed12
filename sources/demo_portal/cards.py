"""The small objects by which answers about tasks show users and workgroups."""

from collections.abc import Mapping

_AVATAR = "/bitrix/images/tasks/default_avatar.png"


def user_card(number: int, row: Mapping[str, object] | None) -> dict[str, object]:
    """Show a user; one who was deleted keeps the id and loses the name."""
    known = row or {}
    return {
        "id": str(number),
        "name": full_name(known),
        "link": f"/company/personal/user/{number}/",
        "icon": _AVATAR,
        "workPosition": str(known.get("WORK_POSITION", "")),
    }


def full_name(row: Mapping[str, object]) -> str:
    """Give first and last name of a user's row."""
    return f"{row.get('NAME', '')} {row.get('LAST_NAME', '')}".strip()


def group_card(row: Mapping[str, object]) -> dict[str, object]:
    """Show a workgroup."""
    return {
        "id": str(row["ID"]),
        "name": row["NAME"],
        "opened": row["OPENED"] == "Y",
        "membersCount": int(str(row["NUMBER_OF_MEMBERS"])),
        "image": "/bitrix/images/socialnetwork/workgroup/bag.png",
        "additionalData": [],
    }
