"""Seeds tasks, their checklists and the time spent on them as columns."""
# ruff: noqa: PLR2004, RUF001  texts in two scripts; shares and places of demo data are plain numbers

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import seed_words as words
from .cards import group_card, user_card
from .columns import Choice, Column, Made, Moment, Number, Phrase, Same
from .seed_deals import HISTORY_DAYS, Seeded, World, changed_at, gapped_ids, people, pick
from .seed_paths import Ints, creation_times
from .table import Row
from .zone import DAY

HOUR = 3_600
PENDING, STARTED, CONTROL, COMPLETED, DEFERRED = 2, 3, 4, 5, 6
_LINKS = (("deals", "D_"), ("contacts", "C_"), ("companies", "CO_"), ("leads", "L_"))
_TITLES = (
    *(
        "Call back – ",
        "Prepare the offer, v",
        "Отправить договор №",
        'Check the "final" drawing ',
        "Follow-up 🔁 ",
    ),
    *("Fix <b>invoice</b> & remind #", "Встреча с клиентом ", "Order samples / batch "),
)
_TAGS: tuple[object, ...] = (
    *([], {"35": {"id": 35, "title": "urgent"}}, {"36": {"id": 36, "title": "срочно"}}),
    {"35": {"id": 35, "title": "urgent"}, "41": {"id": 41, "title": "fair, 2024"}},
)


@dataclass(frozen=True)
class Course:
    """When each task was created, worked on, closed and changed."""

    created: Ints
    status: Ints
    started: Ints
    moved: Ints
    closed: Ints
    changed: Ints
    deadline: Ints


def seed_tasks(
    world: World, rows: int, crm: Mapping[str, Seeded], groups: Sequence[Row], spent: Ints
) -> Seeded:
    """Make tasks; `spent` holds the seconds logged on each, 0 where nobody logged any."""
    rng = world.rng
    ids = gapped_ids(rng, rows, 100)
    course = _course(world, rows)
    author, owner = people(world, rows), people(world, rows)
    changer = np.where(rng.random(rows) < 0.6, owner, author)
    columns: dict[str, Column] = {
        "id": Number(ids),
        "parentId": Number(_parents(world, ids), (None, "0")),
        "title": Phrase(rng.integers(0, len(_TITLES), rows).astype(np.uint16), _TITLES, ids),
        "description": pick(world, rows, ("", *words.COMMENTS[2:]), (30, *[5.0] * (len(words.COMMENTS) - 2))),
        "mark": pick(world, rows, (None, "P", "N", ""), (70, 12, 4, 14)),
        "priority": pick(world, rows, ("1", "2", "0"), (75, 20, 5)),
        "multitask": pick(world, rows, ("N", "Y"), (97, 3)),
        "notViewed": Choice(
            ((course.status == PENDING) & (rng.random(rows) < 0.15)).astype(np.uint8), ("N", "Y")
        ),
        "replicate": pick(world, rows, ("N", "Y"), (96, 4)),
        **_places(world, rows),
        "createdBy": Number(author),
        "createdDate": Moment(course.created, world.zone),
        "responsibleId": Number(owner),
        "changedBy": Number(changer),
        "changedDate": Moment(course.changed, world.zone),
        "statusChangedBy": Number(np.where(course.status == PENDING, 0, changer), (None,)),
        "closedBy": Number(
            np.where(course.closed > 0, owner, -(rng.random(rows) < 0.4).astype(np.int64)), (None, "0")
        ),
        "closedDate": Moment(course.closed, world.zone, (None,)),
        "activityDate": Moment(course.changed, world.zone),
        "dateStart": Moment(course.started, world.zone, (None,)),
        "deadline": Moment(course.deadline, world.zone, (None,)),
        **_plans(world, course),
        **_counts(world, rows, ids, spent),
        "status": Choice((course.status - PENDING).astype(np.uint8), ("2", "3", "4", "5", "6")),
        "statusChangedDate": Moment(course.moved, world.zone),
        "durationPlan": pick(world, rows, (None, "0", "3"), (40, 50, 10)),
        "durationType": pick(world, rows, ("days", "hours", "mins"), (85, 12, 3)),
        "favorite": pick(world, rows, ("N", "Y"), (93, 7)),
        **_people(world, rows, author, owner),
        **_group(world, rows, groups),
        "tags": pick(world, rows, _TAGS, (75, 10, 8, 7)),
        **_custom(world, rows, crm),
    }
    return Seeded(ids, columns)


def _course(world: World, rows: int) -> Course:
    rng = world.rng
    created = creation_times(rng, rows, world.epoch, HISTORY_DAYS)
    status = rng.choice(
        (PENDING, STARTED, CONTROL, COMPLETED, DEFERRED), size=rows, p=(0.26, 0.19, 0.05, 0.43, 0.07)
    )
    last = world.epoch - 1
    begun = np.minimum(created + rng.exponential(3 * DAY, rows).astype(np.int64), last)
    started = np.where((status == PENDING) | (rng.random(rows) < 0.1), 0, begun)
    moved = np.where(
        status == PENDING, created, np.minimum(begun + rng.exponential(5 * DAY, rows).astype(np.int64), last)
    )
    closed = np.where(status == COMPLETED, moved, 0)
    # most deadlines are the end of a working day; a third of the tasks has none
    planned = (created // DAY + rng.integers(1, 60, rows)) * DAY + 17 * HOUR
    soon = (status == STARTED) & (rng.random(rows) < 0.1)
    planned = np.where(soon, world.epoch + rng.integers(HOUR, 20 * HOUR, rows), planned)
    deadline = np.where(rng.random(rows) < 0.33, 0, planned)
    return Course(created, status, started, moved, closed, changed_at(world, moved), deadline)


def _parents(world: World, ids: Ints) -> Ints:
    rows = len(ids)
    before = np.maximum(np.arange(rows) - world.rng.integers(1, 40, rows), 0)
    missing = -(world.rng.random(rows) < 0.5).astype(np.int64)
    child = (world.rng.random(rows) < 0.12) & (np.arange(rows) > before)
    return np.where(child, ids[before] if rows else missing, missing)


def _places(world: World, rows: int) -> dict[str, Column]:
    return {
        "stageId": pick(world, rows, ("0", "351", "352"), (80, 10, 10)),
        "sprintId": Same(None, rows),
        "backlogId": pick(world, rows, (None, "5"), (92, 8)),
    }


def _plans(world: World, course: Course) -> dict[str, Column]:
    planned = world.rng.random(len(course.created)) < 0.25
    begin = np.where(planned, course.created // DAY * DAY + DAY + 8 * HOUR, 0)
    end = np.where(planned, begin + 9 * HOUR, 0)
    return {
        "startDatePlan": Moment(begin, world.zone, (None,)),
        "endDatePlan": Moment(end, world.zone, (None,)),
    }


def _counts(world: World, rows: int, ids: Ints, spent: Ints) -> dict[str, Column]:
    topic = np.where(world.rng.random(rows) < 0.6, ids + 900, 0)
    return {
        "guid": Made(lambda position: guid(int(ids[position]))),
        "xmlId": Number(np.where(world.rng.random(rows) < 0.05, ids + 500_000, 0), (None,)),
        "commentsCount": Number(np.where(topic > 0, ids % 7, 0), (None,)),
        "serviceCommentsCount": Number(np.where(topic > 0, ids % 3, 0), (None,)),
        "allowChangeDeadline": pick(world, rows, ("N", "Y")),
        "allowTimeTracking": Choice((spent > 0).astype(np.uint8), ("N", "Y")),
        "taskControl": pick(world, rows, ("N", "Y"), (80, 20)),
        "addInReport": Same("N", rows),
        "forkedByTemplateId": Same(None, rows),
        "timeEstimate": pick(world, rows, ("0", "3600", "28800", "101580"), (60, 15, 15, 10)),
        "timeSpentInLogs": Number(spent, (None,)),
        "matchWorkTime": pick(world, rows, ("N", "Y"), (90, 10)),
        "forumTopicId": Number(topic, (None,)),
        "forumId": Number(np.where(topic > 0, 11, 0), (None,)),
        "siteId": Same("s1", rows),
        "subordinate": pick(world, rows, ("Y", "N")),
        "exchangeModified": Same(None, rows),
        "exchangeId": Same(None, rows),
        "outlookVersion": Number(1 + ids % 40),
        "viewedDate": Same(None, rows),
        "sorting": Same(None, rows),
        "durationFact": Number(spent // 60, (None,)),
        "isMuted": pick(world, rows, ("N", "Y"), (95, 5)),
        "isPinned": pick(world, rows, ("N", "Y"), (97, 3)),
        "isPinnedInGroup": Same("N", rows),
        "flowId": Same(None, rows),
        "descriptionInBbcode": Same("Y", rows),
        "newCommentsCount": Same(0, rows),
    }


def guid(number: int) -> str:
    """Make a GUID that belongs to the number."""
    mixed = number * 0x9E3779B97F4A7C15F39CC0605CEDC834 % 2**128
    text = f"{mixed:032x}"
    return f"{{{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}}}"


def _people(world: World, rows: int, author: Ints, owner: Ints) -> dict[str, Column]:
    known = {int(str(row["ID"])): row for row in world.staff.rows}
    numbers = np.array(sorted({*known, *world.staff.deleted}), dtype=np.int64)
    cards = tuple(user_card(number, known.get(number)) for number in numbers.tolist())
    active = world.staff.active
    teams: list[tuple[int, ...]] = [
        (),
        active[1:2],
        active[2:4],
        active[4:7],
        (active[0], world.staff.deleted[-1]),
    ]
    columns: dict[str, Column] = {
        "creator": Choice(np.searchsorted(numbers, author).astype(np.uint8), cards),
        "responsible": Choice(np.searchsorted(numbers, owner).astype(np.uint8), cards),
    }
    for name in ("accomplices", "auditors"):
        codes = world.rng.choice(len(teams), size=rows, p=(0.7, 0.12, 0.1, 0.06, 0.02)).astype(np.uint8)
        columns[name] = Choice(codes, tuple([str(one) for one in team] for team in teams))
        # a deleted user is still in the list of ids, but there is nobody to show
        columns[f"{name}Data"] = Choice(
            codes,
            tuple({str(n): user_card(n, known[n]) for n in team if n in known} or [] for team in teams),
        )
    return columns


def _group(world: World, rows: int, groups: Sequence[Row]) -> dict[str, Column]:
    codes = np.where(world.rng.random(rows) < 0.3, world.rng.integers(1, len(groups) + 1, rows), 0).astype(
        np.uint8
    )
    return {
        "groupId": Choice(codes, ("0", *(str(row["ID"]) for row in groups))),
        "group": Choice(codes, ([], *(group_card(row) for row in groups))),
    }


def _custom(world: World, rows: int, crm: Mapping[str, Seeded]) -> dict[str, Column]:
    rng = world.rng
    kinds = rng.choice(len(_LINKS) + 1, size=rows, p=(0.5, 0.15, 0.1, 0.05, 0.2))
    place = rng.random(rows)
    also = rng.random(rows) < 0.15

    def links(position: int) -> object:
        found = []
        if kinds[position] < len(_LINKS):
            for name, prefix in (_LINKS[kinds[position]], *([_LINKS[1]] if also[position] else [])):
                ids = crm[name].ids
                if len(ids):
                    found.append(f"{prefix}{ids[int(place[position] * len(ids))]}")
        if position % 40 == 7:
            found.append(f"T82_{1 + position % 9}")  # smart processes go by their number in hexadecimal: 130
        return list(dict.fromkeys(found)) or False

    files: tuple[object, ...] = (False, [], [1065, 1077], [1101])
    return {
        "ufCrmTask": Made(links),
        "ufTaskWebdavFiles": pick(world, rows, files, (60, 25, 5, 10)),
        "ufMailMessage": Same(None, rows),
        "ufNewTasksField": pick(world, rows, (None, "", "PO-2024/17", "=1+1", "Größe"), (40, 30, 10, 10, 10)),
        "ufAuto700100200300": pick(world, rows, (None, "", "85.5", "120"), (60, 10, 15, 15)),
    }
