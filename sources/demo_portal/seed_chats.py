"""Seeds a few dialogs of the webhook's owner."""

from dataclasses import dataclass

from .seed_deals import World
from .seed_tasks import guid
from .table import Row
from .zone import DAY

_TEXTS = (
    "We are very happy to have you!",
    "Привет! 👋",
    "See [URL]https://demo.example[/URL]",
    "[B]Done[/B]",
)


@dataclass(frozen=True)
class ChatSeed:
    """Chats with their members, and their messages."""

    chats: list[Row]
    messages: list[Row]


def chat_row(number: int, dialog: str, title: str, members: list[int]) -> Row:
    """Make a chat: `dialog` is how the owner addresses it, a user's number or chat<number>."""
    return {"ID": str(number), "DIALOG": dialog, "TITLE": title, "MEMBERS": members}


def message_row(number: int, chat: int, author: int, date: str, text: str) -> Row:
    """Make a message as im.dialog.messages.get shows it."""
    return {
        "id": number,
        "chat_id": chat,
        "author_id": author,
        "date": date,
        "text": text,
        "unread": False,
        "uuid": guid(number).strip("{}") if author else None,
        "replaces": [],
        "params": [] if author else {"CODE": ["CHAT_JOIN"], "NOTIFY": "N"},
        "disappearing_date": None,
    }


def seed_chats(world: World) -> ChatSeed:
    """Make two private dialogs, a group chat and one that the owner is no member of."""
    first, *others = world.staff.active
    chats = [
        chat_row(1231, str(others[0]), "", [first, others[0]]),
        chat_row(1233, str(others[1]), "", [first, others[1]]),
        chat_row(1317, "chat1317", "Project & friends", [first, *others[:3]]),
        chat_row(1319, "chat1319", "Others only", list(others[3:5])),
    ]
    messages: list[Row] = []
    for step in range(60):
        chat = chats[step % len(chats)]
        members = chat["MEMBERS"]
        author = 0 if step < len(chats) else members[step % len(members)]  # type: ignore[index,arg-type]
        date = world.zone.text(world.epoch - (60 - step) * DAY // 4)
        number = 84_000 + 2 * step
        messages.append(message_row(number, int(str(chat["ID"])), author, date, f"{_TEXTS[step % 4]} {step}"))
    return ChatSeed(chats, messages)
