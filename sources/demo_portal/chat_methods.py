"""im.*: messages, notifications and the list of recent dialogs (API.md section 16)."""

import json

from . import php
from .answers import Answer
from .chat_view import chat_user, recent_list
from .context import Context
from .errors import PortalError
from .params import pick
from .seed_chats import chat_row, message_row
from .table import Row

_PAGE, _MOST = 20, 50
_LONGEST_ATTACH = 60_000
_LONGEST_TEXT = 20_000


def _dialog(context: Context, params: dict[str, object], *, make: bool) -> Row:
    """Find the chat behind DIALOG_ID: a user's number, chat<number> or sg<number of a group>."""
    name = php.to_text(pick(params, "DIALOG_ID"))
    if not name:
        raise PortalError("DIALOG_ID_EMPTY", "Dialog ID can't be empty")
    office = context.store.office
    for row in office.chats.rows():
        members = [php.to_int(one) for _, one in php.items_of(row["MEMBERS"])]
        if row["DIALOG"] == name and (context.user_id in members):
            return row
    if make and name.isdigit() and office.users.get(int(name)) is not None:
        members, title = [context.user_id, int(name)], ""
    elif make and name.startswith("sg") and (group := office.groups.get(php.to_int(name[2:]))) is not None:
        members, title = [context.user_id], str(group["NAME"])
    else:
        raise PortalError("ACCESS_ERROR", "You do not have access to the specified dialog")
    number = office.chats.add(chat_row(office.chats.table.next_id(), name, title, members))
    return office.chats.get(number) or {}


def message_add(context: Context, params: dict[str, object]) -> Answer:
    """im.message.add: sent as the webhook's owner; answers the message's id."""
    text, attach = php.to_text(pick(params, "MESSAGE")), pick(params, "ATTACH")
    name = php.to_text(pick(params, "DIALOG_ID"))
    if name.startswith("chat") and not php.to_int(name[4:]):
        raise PortalError("CHAT_ID", "Chat ID can't be empty")
    chat = _dialog(context, params, make=True)
    _check_attach(attach)
    if not text.strip() and not attach:
        raise PortalError("MESSAGE_EMPTY", "Message can't be empty")
    messages = context.store.office.messages
    reply = pick(params, "REPLY_ID")
    if php.truthy(reply) and messages.get(php.to_int(reply)) is None:
        raise PortalError("REPLY_MESSAGE_NOT_FOUND", "The message to reply to was not found")
    author = 0 if php.to_text(pick(params, "SYSTEM")) == "Y" else context.user_id
    now = context.zone.text(context.clock.time())
    number = messages.table.next_id()
    row = message_row(number, php.to_int(chat["ID"]), author, now, text[:_LONGEST_TEXT])
    if attach:
        row["params"] = {"ATTACH": attach}
    messages.add(row)
    return Answer(number, writes=True)


def _check_attach(attach: object) -> None:
    if attach is None:
        return
    if not isinstance(attach, list | dict):
        raise PortalError("ATTACH_ERROR", "Incorrect attach params")
    if len(json.dumps(attach, ensure_ascii=False)) > _LONGEST_ATTACH:
        raise PortalError("ATTACH_OVERSIZE", "You have exceeded the maximum allowable size of attach")


def _notify(context: Context, params: dict[str, object], kind: str) -> Answer:
    """Notify one user; a TAG replaces earlier notifications with the same one."""
    user = php.to_int(pick(params, "USER_ID") or pick(params, "TO"))
    if not user:
        raise PortalError("USER_ID_EMPTY", "User ID can't be empty")
    text, attach = php.to_text(pick(params, "MESSAGE")), pick(params, "ATTACH")
    if not text.strip():
        raise PortalError("MESSAGE_EMPTY", "Message can't be empty")
    _check_attach(attach)
    office = context.store.office
    if office.users.get(user) is None:
        return Answer(False, writes=True)
    client = php.to_text(pick(params, "CLIENT_ID"))
    tag, sub_tag = php.to_text(pick(params, "TAG")), php.to_text(pick(params, "SUB_TAG"))
    if (tag or sub_tag) and not client:
        raise PortalError("PARAMS_ERROR", "CLIENT_ID is required for TAG and SUB_TAG")
    if tag:
        for row in office.notifications.rows():
            if (row["user_id"], row["client_id"], row["tag"]) == (user, client, tag):
                office.notifications.delete(php.to_int(row["id"]))
    number = office.notifications.add(
        {
            "user_id": user,
            "author_id": 0 if kind == "SYSTEM" else context.user_id,
            "type": kind,
            "date": context.zone.text(context.clock.time()),
            "text": text,
            "text_out": php.to_text(pick(params, "MESSAGE_OUT")),
            "client_id": client,
            "tag": tag,
            "sub_tag": sub_tag,
        }
    )
    return Answer(number, writes=True)


def notify_system(context: Context, params: dict[str, object]) -> Answer:
    """im.notify.system.add: from the portal itself."""
    return _notify(context, params, "SYSTEM")


def notify_personal(context: Context, params: dict[str, object]) -> Answer:
    """im.notify.personal.add: from the webhook's owner."""
    return _notify(context, params, "USER")


def notify(context: Context, params: dict[str, object]) -> Answer:
    """im.notify: TYPE USER unless it says SYSTEM."""
    return _notify(context, params, php.to_text(pick(params, "TYPE")) or "USER")


def messages_get(context: Context, params: dict[str, object]) -> Answer:
    """im.dialog.messages.get: newest first; LAST_ID goes back in time, FIRST_ID forward."""
    chat = _dialog(context, params, make=False)
    bounds = {}
    for name in ("LAST_ID", "FIRST_ID"):
        value = pick(params, name)
        if value is not None and not php.is_numeric(value):
            raise PortalError(f"{name}_STRING", f"{name} can't be string")
        bounds[name] = None if value is None else php.to_int(value)
    last, first = bounds["LAST_ID"], bounds["FIRST_ID"]
    size = max(1, min(php.to_int(pick(params, "LIMIT")) or _PAGE, _MOST))
    office = context.store.office
    number = php.to_int(chat["ID"])
    rows = [row for row in office.messages.rows() if row["chat_id"] == number]
    if first is not None:
        rows = [row for row in rows if php.to_int(row["id"]) > first][:size]
    elif last is not None:
        rows = [row for row in rows if php.to_int(row["id"]) < last]
    rows = sorted(rows, key=lambda row: -php.to_int(row["id"]))[:size]
    authors = sorted({php.to_int(row["author_id"]) for row in rows} - {0})
    users = [chat_user(context, author) for author in authors]
    return Answer({"chat_id": number, "messages": rows, "users": users, "files": []}, rows=len(rows))


ROWS = (
    ("im.message.add", "im", message_add),
    ("im.notify", "im", notify),
    ("im.notify.system.add", "im", notify_system),
    ("im.notify.personal.add", "im", notify_personal),
    ("im.dialog.messages.get", "im", messages_get),
    ("im.recent.list", "im", recent_list),
)
