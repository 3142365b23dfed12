"""Seeds what belongs to tasks: the items of their checklists and the time spent on them."""
# ruff: noqa: PLR2004, RUF001  texts in two scripts; shares and places of demo data are plain numbers

import numpy as np

from .cards import full_name
from .columns import Choice, Column, Made, Moment, Number
from .seed_deals import Seeded, World, gapped_ids, people, pick
from .seed_paths import Ints, creation_times
from .zone import DAY

_HISTORY = 545
_HEADS = ("Checklist 1", "BX_CHECKLIST_1", "Чек-лист", "To do ✅")
_STEPS = (
    *(
        "Prepare the documents",
        "Call the client",
        "Подписать договор",
        'Check "terms" & prices',
        "Send <final> offer",
    ),
    *("Buy stamps 📮", "  blank at both ends ", "Line one\nline two"),
)
_NOTES = ("", "call", "Созвон с клиентом", 'on site, "nothing" done', "travel\nback and forth")
MANUAL, TIMER = 2, 3


def seed_checklists(world: World, tasks: Seeded, rows: int | None) -> Seeded:
    """Make the items of about half of the tasks, one to six each, or so many in all."""
    rng = world.rng
    count = len(tasks.ids)
    sizes = np.where(rng.random(count) < 0.5, rng.integers(1, 7, count), 0)
    owner = np.repeat(np.arange(count), sizes)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    if rows is not None and count:
        owner = np.sort(rng.integers(0, count, rows))
        first = np.searchsorted(owner, owner)
    total = len(owner)
    ids = gapped_ids(rng, total, 400)
    place = np.arange(total) - first
    head = place == 0
    # an item hangs on the head of its list, now and then on the item before it
    above = np.where((place > 1) & (rng.random(total) < 0.25), np.arange(total) - 1, first)
    toggled = ~head & (rng.random(total) < 0.45)
    complete = toggled & (rng.random(total) < 0.9)
    created = _dates(tasks, owner)
    toggled_at = np.minimum(created + (rng.random(total) * 9 * DAY).astype(np.int64), world.epoch - 1)
    user = people(world, total)
    columns: dict[str, Column] = {
        "ID": Number(ids),
        "TASK_ID": Number(tasks.ids[owner]),
        "PARENT_ID": Number(np.where(head, 0, ids[above] if total else 0), (0,)),
        "CREATED_BY": Number(people(world, total)),
        "TITLE": Choice(
            np.where(head, rng.integers(0, 4, total), 4 + rng.integers(0, len(_STEPS), total)).astype(
                np.uint8
            ),
            (*_HEADS, *_STEPS),
        ),
        "SORT_INDEX": Number(np.maximum(place - 1, 0)),
        "IS_COMPLETE": Choice(complete.astype(np.uint8), ("N", "Y")),
        "IS_IMPORTANT": pick(world, total, ("N", "Y"), (92, 8)),
        "TOGGLED_BY": Number(np.where(toggled, user, 0), (None,)),
        "TOGGLED_DATE": Moment(np.where(toggled, toggled_at, 0), world.zone, ("",)),
        "MEMBERS": pick(world, total, _members(world), (88, 7, 5)),
        "ATTACHMENTS": Made(lambda position: attachments(int(ids[position]), 0 if head[position] else 1)),
    }
    return Seeded(ids, columns)


def _dates(tasks: Seeded, owner: Ints) -> Ints:
    created = tasks.columns["createdDate"].numbers()
    return np.zeros(0, dtype=np.int64) if created is None else created.astype(np.int64)[owner]


def attachments(number: int, allowed: int) -> object:
    """Make the files of an item: a map for one in twenty, an empty list for the others."""
    count = allowed * (number % 20 == 3) * (1 + number % 2)
    found: dict[str, object] = {}
    for place in range(count):
        link = 100_000 + 2 * number + place
        url = f"/bitrix/tools/disk/uf.php?attachedId={link}&action={{}}&ncc=1"
        found[str(link)] = {
            "ATTACHMENT_ID": link,
            "NAME": ("Instructions.docx", "Список документов.xlsx")[place],
            "SIZE": str(14_675 + 97 * number),
            "FILE_ID": str(5_000 + number),
            "DOWNLOAD_URL": url.format("download"),
            "VIEW_URL": url.format("show"),
        }
    return found or []


def member(row: dict[str, object], kind: str) -> dict[str, object]:
    """Show an accomplice (A) or auditor (U) of an item."""
    number = str(row["ID"])
    return {
        "ID": number,
        "TYPE": kind,
        "NAME": full_name(row),
        "PERSONAL_PHOTO": None,
        "PERSONAL_GENDER": row.get("PERSONAL_GENDER", ""),
        "IMAGE": "",
        "IS_COLLABER": False,
    }


def _members(world: World) -> tuple[object, ...]:
    rows = {int(str(row["ID"])): row for row in world.staff.rows}
    first, second = (rows[number] for number in world.staff.active[1:3])
    return [], [member(first, "A")], [member(first, "U"), member(second, "A")]


def spread_time(rng: np.random.Generator, tasks: int, rows: int) -> tuple[Ints, Ints]:
    """Choose the task (by position) and the seconds of each entry; some tasks attract many."""
    if not tasks:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    owner = (tasks * rng.random(rows) ** 1.5).astype(np.int64)
    seconds = np.where(
        rng.random(rows) < 0.03, 0, rng.integers(1, 300, rows) * 60 + rng.integers(0, 60, rows)
    )
    return owner, seconds


def seed_time(world: World, tasks: Seeded, owner: Ints, seconds: Ints) -> Seeded:
    """Make time entries in the order they were written; some are back-dated."""
    rng, rows = world.rng, len(owner)
    ids = gapped_ids(rng, rows, 1)
    written = np.maximum(creation_times(rng, rows, world.epoch, _HISTORY), _dates(tasks, owner))
    by_hand = rng.random(rows) < 0.7
    # a back-dated entry tells the day of the work in CREATED_DATE and when it was written in the other two
    dated = np.where(rng.random(rows) < 0.1, written - rng.integers(1, 20, rows) * DAY, written)
    columns: dict[str, Column] = {
        "ID": Number(ids),
        "TASK_ID": Number(tasks.ids[owner] if rows else owner),
        "USER_ID": Number(people(world, rows)),
        "COMMENT_TEXT": pick(world, rows, _NOTES, (50, 20, 10, 10, 10)),
        "SECONDS": Number(seconds),
        "MINUTES": Number(seconds // 60),
        "SOURCE": Choice(by_hand.astype(np.uint8), (str(TIMER), str(MANUAL))),
        "CREATED_DATE": Moment(dated, world.zone),
        "DATE_START": Moment(written - np.where(by_hand, 0, seconds), world.zone),
        "DATE_STOP": Moment(written, world.zone),
    }
    return Seeded(ids, columns)
