"""How im.* shows users and dialogs; the list of recent dialogs (API.md section 16)."""

from . import php
from .answers import Answer
from .cards import full_name
from .context import Context
from .params import pick
from .table import Row

_PAGE, _MOST = 50, 200
_RIGHTS = ("avatar", "rename", "extend", "call", "mute", "leave", "leave_owner", "send", "user_list")
_MEMBER = ("manage_users_add", "manage_users_delete", "manage_ui", "manage_messages", "can_post")


def chat_user(context: Context, number: int) -> Row:
    """Show a user as messengers do: other keys and types than user.get has."""
    row = context.store.office.users.get(number) or {}
    words = ("avatar", "avatar_hr", "birthday", "website")
    flags = (
        "network",
        "bot",
        "connector",
        "idle",
        "mobile_last_date",
        "desktop_last_date",
        "absent",
        "phones",
    )
    return {
        "id": number,
        "active": row.get("ACTIVE", False),
        "name": full_name(row),
        "first_name": row.get("NAME", ""),
        "last_name": row.get("LAST_NAME", ""),
        "work_position": row.get("WORK_POSITION", ""),
        "color": "#4ba984",
        **dict.fromkeys(words, ""),
        "gender": row.get("PERSONAL_GENDER") or "M",
        "extranet": row.get("USER_TYPE") == "extranet",
        **dict.fromkeys(flags, False),
        "external_auth_id": "default",
        "status": "online",
        "last_activity_date": context.zone.text(context.clock.time()),
        "departments": row.get("UF_DEPARTMENT", []),
        "bot_data": None,
        "type": "user",
        "email": row.get("EMAIL", ""),
    }


def recent_list(context: Context, params: dict[str, object]) -> Answer:
    """im.recent.list: own dialogs, the latest first; `total` is -1 whatever their number."""
    office = context.store.office
    found = []
    for chat in office.chats.rows():
        members = [php.to_int(one) for _, one in php.items_of(chat["MEMBERS"])]
        number = php.to_int(chat["ID"])
        messages = [row for row in office.messages.rows() if row["chat_id"] == number]
        if context.user_id in members and messages:
            found.append(_recent(context, chat, members, messages[-1]))
    since = context.zone.parse(php.to_text(pick(params, "LAST_MESSAGE_DATE")))
    if since is not None:
        found = [one for one in found if (context.zone.parse(str(one["date_update"])) or 0) < since]
    for name, kind in (("SKIP_DIALOG", "user"), ("SKIP_CHAT", "chat")):
        if php.to_text(pick(params, name)) == "Y":
            found = [one for one in found if one["type"] != kind]
    found.sort(key=lambda one: -php.to_int(one["last_id"]))
    size = max(1, min(php.to_int(pick(params, "LIMIT")) or _PAGE, _MOST))
    first = max(0, php.to_int(pick(params, "OFFSET")))
    page = found[first : first + size]
    more = first + size < len(found)
    result = {
        "items": page,
        "hasMorePages": more,
        "hasMore": more,
        "messagesAutoDeleteConfigs": [],
    }
    return Answer(result, total=-1, rows=len(page))


def _recent(context: Context, chat: Row, members: list[int], last: Row) -> Row:
    private = str(chat["DIALOG"]).isdigit()
    other = next((one for one in members if one != context.user_id), context.user_id)
    item: Row = {
        "id": other if private else chat["DIALOG"],
        "chat_id": php.to_int(chat["ID"]),
        "type": "user" if private else "chat",
        "avatar": {"url": "", "color": "#1eb4aa"},
        "title": full_name(context.store.office.users.get(other) or {}) if private else chat["TITLE"],
        "message": {
            **{name: last[name] for name in ("id", "text", "author_id", "date", "uuid")},
            "file": False,
            "attach": False,
            "sticker": None,
            "status": "received",
        },
        "counter": 0,
        "last_id": last["id"],
        "pinned": False,
        "unread": False,
        "has_reminder": False,
        "date_update": last["date"],
        "date_last_activity": last["date"],
    }
    if private:
        item["user"] = chat_user(context, other)
        item["chat"] = {"text_field_enabled": True, "background_id": None, "mute_list": []}
    else:
        item["chat"] = _chat(chat, members, str(last["date"]))
    return item | {"options": []}


def _chat(chat: Row, members: list[int], date: str) -> Row:
    return {
        "id": php.to_int(chat["ID"]),
        "parent_chat_id": 0,
        "parent_message_id": 0,
        "name": chat["TITLE"],
        "owner": members[0],
        "extranet": False,
        "contains_collaber": False,
        "avatar": "",
        "color": "#4ba984",
        "type": "chat",
        **dict.fromkeys(("entity_type", "entity_id", "entity_data_1", "entity_data_2", "entity_data_3"), ""),
        "mute_list": [],
        "manager_list": [],
        "date_create": date,
        "message_type": "C",
        "user_counter": len(members),
        "restrictions": dict.fromkeys(_RIGHTS, True),
        "role": "MEMBER",
        "text_field_enabled": True,
        "background_id": None,
        "entity_link": {"type": "", "url": "", "id": ""},
        "permissions": {**dict.fromkeys(_MEMBER, "member"), "manage_settings": "owner"},
        "public": "",
    }
