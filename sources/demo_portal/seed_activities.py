"""Seeds activities (calls, meetings, e-mails, to-dos of CRM records) and the statistics of calls."""
# ruff: noqa: PLR2004, RUF001  texts in two scripts; shares of demo data are plain numbers

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from . import seed_words as words
from .columns import Choice, Column, Moment, Number, Phrase, Same
from .item_columns import Coded
from .seed_deals import HISTORY_DAYS, Seeded, World, changed_at, gapped_ids, people, pick
from .seed_paths import Ints, creation_times
from .zone import DAY

_OWNERS = (("deals", 2), ("leads", 1), ("contacts", 3), ("companies", 4))
_OWNER_SHARES = (0.55, 0.15, 0.22, 0.08)
_KINDS = (
    ("1", "CRM_MEETING", "MEETING"),
    ("2", "VOXIMPLANT_CALL", "CALL"),
    ("3", "CRM_TASKS_TASK", "TASK"),
    ("4", "CRM_EMAIL", "EMAIL"),
    ("6", "CRM_TODO", "TODO"),
)
_CALL = 1
_SUBJECTS = (
    *(
        "Outgoing call #",
        "Incoming call from +49 30 ",
        "Встреча у клиента №",
        "Re: offer ",
        "To-do: call back ",
    ),
    *('Meeting "kick-off" ', "Fwd: invoice / ", "Напомнить про оплату ", "Demo 🎥 "),
)
_NO_DEADLINE = -1


@dataclass(frozen=True)
class SeededActivities:
    """Activities; `contacts` holds whom each is bound to besides its owner, 0 where that is nobody."""

    rows: Seeded
    contacts: Ints
    kinds: Ints
    starts: Ints
    owner_type: Ints
    owner: Ints
    done: Ints


def seed_activities(world: World, rows: int, crm: Mapping[str, Seeded]) -> SeededActivities:
    """Make activities of deals, leads, contacts and companies that existed by then."""
    rng = world.rng
    owners = [(name, number) for name, number in _OWNERS if len(crm[name].ids)]
    rows = rows if owners else 0
    ids = gapped_ids(rng, rows, 900)
    created = creation_times(rng, rows, world.epoch, HISTORY_DAYS)
    which, owner, owner_type = _owned(world, created, owners, crm)
    contact = _contacts_of_deals(crm, which, owner, owners)
    kinds = rng.choice(len(_KINDS), rows, p=(0.15, 0.35, 0.15, 0.2, 0.15))
    start = (
        created + np.where(kinds == _CALL, 0, rng.exponential(2 * DAY, rows)).astype(np.int64) // 300 * 300
    )
    end = start + rng.choice([300, 1800, 3600, 7200], rows)
    deadline = np.where(kinds == 2, end, start)
    deadline = np.where((kinds == 3) | ((kinds == 4) & (rng.random(rows) < 0.4)), _NO_DEADLINE, deadline)
    done = (rng.random(rows) < 0.7).astype(np.int64)
    columns = _columns(world, ids, (kinds, created, start, end, deadline, done), owner, owner_type)
    return SeededActivities(Seeded(ids, columns), contact, kinds, start, owner_type, owner, done)


def _owned(
    world: World, created: Ints, owners: list[tuple[str, int]], crm: Mapping[str, Seeded]
) -> tuple[Ints, Ints, Ints]:
    """Choose an owner for each moment among those that were there, newer ones more often."""
    rng, rows = world.rng, len(created)
    if not rows:
        return created, created, created
    shares = np.array([_OWNER_SHARES[[one[0] for one in _OWNERS].index(name)] for name, _ in owners])
    which = rng.choice(len(owners), rows, p=shares / shares.sum())
    recent = np.sqrt(rng.random(rows))
    owner = np.zeros(rows, dtype=np.int64)
    for index, (name, _) in enumerate(owners):
        mine = which == index
        born = crm[name].columns["DATE_CREATE"]
        assert isinstance(born, Moment)  # noqa: S101  seeded so
        there = np.searchsorted(born.seconds, created[mine])
        owner[mine] = crm[name].ids[(np.maximum(there - 1, 0) * recent[mine]).astype(np.int64)]
    return which, owner, np.array([number for _, number in owners])[which]


def _contacts_of_deals(
    crm: Mapping[str, Seeded], which: Ints, owner: Ints, owners: list[tuple[str, int]]
) -> Ints:
    names = [name for name, _ in owners]
    if "deals" not in names or not len(owner):
        return np.zeros(len(owner), dtype=np.int64)
    column = crm["deals"].columns["CONTACT_ID"]
    assert isinstance(column, Number)  # noqa: S101  seeded so
    at = np.minimum(np.searchsorted(crm["deals"].ids, owner), len(column.values) - 1)
    return np.where(which == names.index("deals"), np.maximum(column.values[at], 0), 0)


def _columns(
    world: World, ids: Ints, course: tuple[Ints, ...], owner: Ints, owner_type: Ints
) -> dict[str, Column]:
    kinds, created, start, end, deadline, done = course
    rng, rows = world.rng, len(ids)
    codes = kinds.astype(np.uint8)
    responsible, author = people(world, rows), people(world, rows)
    call = (kinds == _CALL).astype(np.uint8)
    never = f"9999-12-31T00:00:00{world.zone.text(world.epoch)[19:]}"
    return {
        "ID": Number(ids),
        "OWNER_ID": Number(owner),
        "OWNER_TYPE_ID": Number(owner_type),
        "TYPE_ID": Choice(codes, [one[0] for one in _KINDS]),
        "PROVIDER_ID": Choice(codes, [one[1] for one in _KINDS]),
        "PROVIDER_TYPE_ID": Choice(codes, [one[2] for one in _KINDS]),
        "PROVIDER_GROUP_ID": pick(world, rows, (None, ""), (80, 20)),
        "ASSOCIATED_ENTITY_ID": Number(np.where(kinds == 2, ids + 4_000, 0)),
        "SUBJECT": Phrase(rng.integers(0, len(_SUBJECTS), rows).astype(np.uint16), _SUBJECTS, ids),
        "CREATED": Moment(created, world.zone),
        "LAST_UPDATED": Moment(changed_at(world, created), world.zone),
        "START_TIME": Moment(start, world.zone),
        "END_TIME": Moment(end, world.zone),
        "DEADLINE": Moment(deadline, world.zone, ("", never)),
        "COMPLETED": Choice(done.astype(np.uint8), ("N", "Y")),
        "STATUS": Choice((done * (1 + (rng.random(rows) < 0.1))).astype(np.uint8), ("1", "2", "3")),
        "RESPONSIBLE_ID": Number(responsible),
        "PRIORITY": pick(world, rows, ("2", "1", "3"), (80, 8, 12)),
        "NOTIFY_TYPE": pick(world, rows, ("1", "0"), (60, 40)),
        "NOTIFY_VALUE": pick(world, rows, ("15", "0", "60"), (50, 40, 10)),
        "DESCRIPTION": pick(world, rows, ("", *words.COMMENTS[2:]), (20, *[5.0] * (len(words.COMMENTS) - 2))),
        "DESCRIPTION_TYPE": pick(world, rows, ("1", "2", "3"), (70, 15, 15)),
        "DIRECTION": Choice(
            np.where(kinds == 4, 0, rng.integers(1, 3, rows)).astype(np.uint8), ("0", "1", "2")
        ),
        "LOCATION": pick(world, rows, ("", "Berlin, Allee 3", "Zoom"), (85, 10, 5)),
        "SETTINGS": pick(world, rows, ([], {"SENDER_ID": "3"}, {"MAIL": {"IS_READ": "Y"}}), (80, 10, 10)),
        "ORIGINATOR_ID": Choice(call, (None, "VOXIMPLANT")),
        "ORIGIN_ID": Coded("VI_externalCall.716f1cb7.", np.where(call == 1, ids, 0), empty=(None,)),
        "AUTHOR_ID": Number(author),
        "EDITOR_ID": Number(np.where(rng.random(rows) < 0.6, responsible, author)),
        "PROVIDER_PARAMS": pick(world, rows, ([], {"CLIENT": "Y"}), (92, 8)),
        "PROVIDER_DATA": Same(None, rows),
        "RESULT_MARK": Same("0", rows),
        "RESULT_VALUE": Same(None, rows),
        "RESULT_SUM": Same(None, rows),
        "RESULT_CURRENCY_ID": Same(None, rows),
        "RESULT_STATUS": pick(world, rows, ("0", "1"), (90, 10)),
        "RESULT_STREAM": Same("0", rows),
        "RESULT_SOURCE_ID": Same(None, rows),
        "AUTOCOMPLETE_RULE": pick(world, rows, ("0", "1"), (90, 10)),
    }


_RESULTS = (
    *(("200", "Success call"), ("304", "Skipped call"), ("603-S", "Decline self"), ("603", "Decline")),
    *(("486", "Busy"), ("480", "Unavailable"), ("404", "Not found"), ("OTHER", "")),
)
_CRM_TYPES = (None, "LEAD", "", "CONTACT", "COMPANY")  # by entityTypeId; none is null or empty


def seed_calls(world: World, rows: int, activities: SeededActivities) -> Seeded:
    """Make calls: three quarters belong to an activity and to the client of it, the others to nobody."""
    rng = world.rng
    known = np.flatnonzero(activities.kinds == _CALL)
    known = np.sort(rng.permutation(known)[: rows * 3 // 4])
    other = rows - len(known)
    started = np.concatenate(
        [activities.starts[known], creation_times(rng, other, world.epoch, HISTORY_DAYS)]
    )
    order = np.argsort(started, kind="stable")
    started = np.minimum(started[order], world.epoch - 1)
    activity = np.concatenate([known, np.full(other, -1)])[order]
    linked = activity >= 0
    by_deal = linked & (activities.owner_type[activity] == 2) if len(known) else linked
    kind = np.where(linked, activities.owner_type[activity], 0) if len(known) else np.zeros(rows, np.int64)
    client = np.where(linked, activities.owner[activity], 0) if len(known) else kind
    if len(known):
        client = np.where(by_deal, activities.contacts[activity], client)
        kind = np.where(by_deal, np.where(client > 0, 3, 2), kind)
    ids = gapped_ids(rng, rows, 40)
    activity_id = np.where(linked, activities.rows.ids[activity], 0) if len(known) else kind
    return Seeded(ids, _call_columns(world, ids, started, (kind, client, activity_id)))


def _call_columns(world: World, ids: Ints, started: Ints, crm: tuple[Ints, Ints, Ints]) -> dict[str, Column]:
    rng, rows = world.rng, len(ids)
    kind, client, activity = crm
    direction = rng.choice(4, rows, p=(0.5, 0.38, 0.07, 0.05)).astype(np.uint8)
    code = np.where(rng.random(rows) < 0.72, 0, rng.integers(1, len(_RESULTS), rows))
    code = np.where((code > 0) & np.isin(direction, (1, 2)) & (rng.random(rows) < 0.8), 1, code)
    duration = np.where(code == 0, rng.lognormal(4.6, 1.0, rows), 0).astype(np.int64)
    recorded = np.where((duration > 0) & (rng.random(rows) < 0.6), ids, -(duration > 0).astype(np.int64))
    result = code.astype(np.uint8)
    return {
        "ID": Number(ids),
        "PORTAL_USER_ID": Number(people(world, rows)),
        "PORTAL_NUMBER": pick(world, rows, ("reg133788", "3", "+49 30 900100"), (60, 20, 20)),
        "PHONE_NUMBER": Coded("+4930", 1_000_000 + ids * 7_919 % 9_000_000),
        "CALL_ID": Coded("externalCall.716f1cb73def9700a238.", ids * 1_000 + started % 1_000),
        "EXTERNAL_CALL_ID": Same(None, rows),
        "CALL_CATEGORY": Same("external", rows),
        "CALL_LOG": Same(None, rows),
        "CALL_DURATION": Number(duration),
        "CALL_START_DATE": Moment(started, world.zone),
        "CALL_RECORD_URL": Coded(
            "https://records.portal.example/calls/", recorded, "/record.mp3?auth=calltoken7f3a", (None, "")
        ),
        "CALL_VOTE": pick(world, rows, (None, "0", "5", "3"), (80, 8, 8, 4)),
        "COST": pick(world, rows, ("0.0000", "0.0240", "1.3750"), (70, 20, 10)),
        "COST_CURRENCY": pick(world, rows, ("EUR", ""), (80, 20)),
        "CALL_FAILED_CODE": Choice(result, [one[0] for one in _RESULTS]),
        "CALL_FAILED_REASON": Choice(result, [one[1] for one in _RESULTS]),
        "CRM_ENTITY_TYPE": Choice(kind.astype(np.uint8), _CRM_TYPES),
        "CRM_ENTITY_ID": Number(client, ("0",)),
        "CRM_ACTIVITY_ID": Number(activity, ("0",)),
        "REST_APP_ID": pick(world, rows, (None, "3"), (90, 10)),
        "REST_APP_NAME": Same(None, rows),
        "TRANSCRIPT_ID": Same(None, rows),
        "TRANSCRIPT_PENDING": Same("N", rows),
        "SESSION_ID": Number(np.where(rng.random(rows) < 0.5, 3_841_000_000 + ids, 0), (None,)),
        "REDIAL_ATTEMPT": Same(None, rows),
        "COMMENT": pick(world, rows, (None, "", "Просил перезвонить"), (80, 15, 5)),
        "RECORD_DURATION": Number(np.where(recorded > 0, duration, 0), (None,)),
        "RECORD_FILE_ID": Number(np.where(recorded > 0, 9_000 + ids, 0), (None,), bare=True),
        "CALL_TYPE": Choice(direction, ("1", "2", "3", "4")),
    }
