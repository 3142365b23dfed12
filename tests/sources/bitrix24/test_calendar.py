"""Calendars: every owner's window of days, whatever shape the portal gives a series."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sources.bitrix24.bus import Account
from sources.bitrix24.calendar import COMPANY, CalendarOwner, calendar_owners, read_calendar
from sources.bitrix24.entities import ENTITIES, REJECTED_ROWS
from sources.bitrix24.errors import MethodError
from sources.bitrix24.reading import CalendarWindow, ReadRequest, ReadResult
from tests.sources.bitrix24.method_portal import Loaded, MethodPortal, Refused, gone, live
from tests.sources.bitrix24.portal_reading import portal_of as demo_portal
from tests.sources.bitrix24.portal_reading import read as read_portal
from tests.sources.bitrix24.portal_reading import rows_of

EVENTS = ReadRequest(ENTITIES["calendar_events"])
OWNERS = (COMPANY, CalendarOwner("group", 7), CalendarOwner("user", 1), CalendarOwner("user", 2))

Rows = Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]


def event(
    number: int, type_: str, owner: int, start: str = "01/15/2027", **more: object
) -> dict[str, object]:
    """A row as the portal gives it."""
    return {
        "ID": str(number),
        "PARENT_ID": str(number),
        "CAL_TYPE": type_,
        "OWNER_ID": str(owner),
        "NAME": f"Event {number}",
        "DATE_FROM": f"{start} 10:00:00 am",
        "DATE_FROM_TS_UTC": "1800003600",
        "IS_MEETING": True,
        "RRULE": "",
        **more,
    }


def portal_of(rows: Rows, refused: Sequence[tuple[str, int]] = ()) -> MethodPortal:
    """A portal with these rows by owner; some owners' calendars it does not show."""

    def answer(params: dict[str, Any]) -> object:
        owner = (params["type"], int(params["ownerId"]))
        if owner in refused:
            raise Refused
        return list(rows.get(owner, []))

    return MethodPortal({"calendar.event.get": answer, "calendar.section.get": answer})


def read(
    portal: MethodPortal,
    folder: Path,
    request: ReadRequest = EVENTS,
    *,
    warehouse: Loaded | None = None,
    window: CalendarWindow | None = None,
    all_owners: bool = True,
) -> ReadResult:
    return portal.read(
        folder,
        lambda session: read_calendar(session, request, OWNERS, Account(), all_owners=all_owners),
        warehouse=warehouse,
        window=window,
    )


PLAIN: Rows = {
    ("user", 1): [event(1, "user", 1), event(2, "user", 1)],
    ("user", 2): [event(3, "user", 2)],
    ("group", 7): [event(4, "group", 7)],
    ("company_calendar", 0): [event(5, "company_calendar", 0)],
}


def without(rows: Rows, *numbers: int) -> Rows:
    return {key: [row for row in part if int(row["ID"]) not in numbers] for key, part in rows.items()}


def test_everybody_may_have_a_calendar() -> None:
    """The company, every user and every group that has a drive; each once."""
    users = [{"ID": "2"}, {"ID": "1"}, {"ID": "2"}, {"ID": ""}]
    storages = [
        {"ENTITY_TYPE": "group", "ENTITY_ID": "7"},
        {"ENTITY_TYPE": "user", "ENTITY_ID": "1"},
        {"ENTITY_TYPE": "common", "ENTITY_ID": "shared_files_s1"},
    ]
    assert calendar_owners(users, storages) == OWNERS


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        pytest.param(
            [event(1, "user", 1, RRULE={"FREQ": "WEEKLY", "BYDAY": {"FR": "FR"}}, EXDATE="01/22/2027")],
            [(1, "01/15/2027 10:00:00 am")],
            id="once",
        ),
        pytest.param(
            [event(1, "user", 1, day, RRULE={"FREQ": "WEEKLY"}) for day in ("01/15/2027", "01/29/2027")],
            [(1, "01/15/2027 10:00:00 am"), (1, "01/29/2027 10:00:00 am")],
            id="expanded",
        ),
    ],
)
def test_series_is_kept_as_the_portal_gives_it(
    tmp_path: Path, series: list[dict[str, object]], expected: list[tuple[int, str]]
) -> None:
    """A series once, or a row per instance; and once only where two owners bring the same."""
    result = read(portal_of({("user", 1): series, ("user", 2): series}), tmp_path)
    rows = rows_of(result)
    assert (result.status, result.complete, result.portal_count) == ("done", True, len(expected))
    assert live(rows, "ID", "DATE_FROM") == expected
    assert rows[0]["date_from_ts_utc"] == 1_800_003_600
    assert rows[0]["is_meeting"] is True
    assert '"WEEKLY"' in rows[0]["rrule"]


@pytest.mark.parametrize(
    ("cursor", "first"),
    [(None, "2026-12-16"), ("2025-06-01", "2025-06-01"), ("2027-01-10", "2026-12-16")],
)
def test_window_never_lets_go_of_the_past(tmp_path: Path, cursor: str | None, first: str) -> None:
    """A read begins where the one before began, or earlier; around the portal's today, not ours."""
    portal = portal_of(PLAIN)
    window = CalendarWindow(days_back=30, days_ahead=10)
    result = read(portal, tmp_path, replace(EVENTS, cursor=cursor), window=window)
    asked = {(p["from"], p["to"]) for method, p in portal.asked if method == "calendar.event.get"}
    assert asked == {(first, "2027-01-25")}
    assert result.cursor == f"{first}/2027-01-25"


def test_sections_have_no_window(tmp_path: Path) -> None:
    """Sections are asked for by owner alone; their cursor is the portal's time."""
    sections: Rows = {("user", 1): [{"ID": "190", "NAME": "Mine", "CAL_TYPE": "user", "OWNER_ID": "1"}]}
    portal = portal_of(sections)
    result = read(portal, tmp_path, ReadRequest(ENTITIES["calendar_sections"]))
    assert live(rows_of(result), "ID", "OWNER_ID") == [(190, 1)]
    assert result.cursor == "2027-01-15T09:00:00+01:00"
    assert {tuple(sorted(params)) for _, params in portal.asked} == {("filter", "ownerId", "type")}


def test_event_that_vanished_is_marked(tmp_path: Path) -> None:
    """What the warehouse has and no calendar shows any more is marked as deleted; the rest is not."""
    before = read(portal_of(PLAIN), tmp_path / "1")
    after = read(
        portal_of(without(PLAIN, 2, 5)),
        tmp_path / "2",
        replace(EVENTS, digest=before.digest),
        warehouse=Loaded(before),
    )
    assert (after.status, after.deleted) == ("done", 2)
    assert gone(rows_of(after)) == [2, 5]


@pytest.mark.parametrize("all_owners", [True, False])
def test_refused_calendar_keeps_its_rows(tmp_path: Path, all_owners: bool) -> None:  # noqa: FBT001
    """A calendar that may not be read says nothing about its events; those of others are still compared."""
    before = read(portal_of(PLAIN), tmp_path / "1")
    portal = portal_of(without(PLAIN, 2, 4), refused=[("group", 7), ("user", 2)])
    after = read(portal, tmp_path / "2", warehouse=Loaded(before), all_owners=all_owners)
    assert gone(rows_of(after)) == [2]
    assert (after.status, after.complete, after.portal_count) == ("done", False, None)
    assert after.note is not None
    assert after.note.startswith("2 of 4 calendars may not be read")
    assert "Access denied" in after.note


def test_rows_of_owners_that_are_not_known_stay(tmp_path: Path) -> None:
    """Where not all owners are known, what belongs to others is no sign of a deletion."""
    before = read(portal_of(PLAIN), tmp_path / "1")
    with_stranger = read(portal_of({("user", 1): [event(9, "group", 99)]}), tmp_path / "2")
    after = read(portal_of(PLAIN), tmp_path / "3", warehouse=Loaded(before, with_stranger), all_owners=False)
    assert gone(rows_of(after)) == []


def test_no_calendar_at_all_is_an_error(tmp_path: Path) -> None:
    """Where every owner is refused nothing was read, and nobody should think so."""
    refused = [(owner.type, owner.number) for owner in OWNERS]
    with pytest.raises(MethodError, match="Access denied"):
        read(portal_of(PLAIN, refused), tmp_path)


def test_unchanged_calendars_bring_no_rows(tmp_path: Path) -> None:
    """What is as it was is not loaded again; one changed letter is, and so is a refusal that ended."""
    first = read(portal_of(PLAIN), tmp_path / "1")
    again = replace(EVENTS, digest=first.digest, cursor=first.cursor)
    second = read(portal_of(PLAIN), tmp_path / "2", again)
    assert (second.status, second.chunks, second.rows) == ("unchanged", (), 5)
    assert (second.digest, second.cursor) == (first.digest, first.cursor)
    changed = {**PLAIN, ("user", 2): [event(3, "user", 2, NAME="Other")]}
    assert read(portal_of(changed), tmp_path / "3", again).status == "done"
    bare = without(PLAIN, 3)
    refused = read(portal_of(bare, [("user", 2)]), tmp_path / "4")
    assert read(portal_of(bare), tmp_path / "5", replace(EVENTS, digest=refused.digest)).status == "done"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({**event(1, "user", 1), "ID": ""}, id="empty id"),
        pytest.param({"ID": "8"}, id="no start"),
        pytest.param(event(1, "user", 1, NAME="Another"), id="doubled id"),
        pytest.param("text", id="no object"),
    ],
)
def test_row_that_cannot_be_told_apart_is_set_aside(tmp_path: Path, odd: Any) -> None:  # noqa: ANN401
    """Such a row stands in a table of its own; the others are loaded."""
    result = read(portal_of({("user", 1): [*PLAIN["user", 1], odd]}), tmp_path)
    assert live(rows_of(result), "ID") == [(1,), (2,)]
    assert len(rows_of(result, REJECTED_ROWS)) == 1


def test_owners_share_requests(tmp_path: Path) -> None:
    """Fifty owners to a request."""
    portal = portal_of({})
    owners = [CalendarOwner("user", number) for number in range(1, 131)]
    portal.read(tmp_path, lambda session: read_calendar(session, EVENTS, owners, Account()))
    assert sorted(map(len, portal.batches())) == [1, 30, 50, 50]


@pytest.mark.parametrize("instances", [False, True])
def test_calendars_of_a_portal_are_read_whole(tmp_path: Path, instances: bool) -> None:  # noqa: FBT001
    """Every event and section of users, groups and the company, whether series come expanded or not."""
    portal = demo_portal(5, counts={"calendar_events": 100}, calendar_instances=instances)
    begun = {"calendar_events": "2020-01-01"}  # before the first event
    found = read_portal(portal, tmp_path, "calendar_events", "calendar_sections", cursors=begun)
    for name, result in found.items():
        if name.startswith("calendar"):
            expected = {int(str(row["ID"])) for row in portal.store.table(name).rows()}
            rows = rows_of(result)
            keys = {(row["id"], row.get("date_from")) for row in rows}
            assert ({number for number, _ in keys}, len(keys), result.error) == (expected, len(rows), None)
            assert (len(rows) > len(expected)) == (instances and name == "calendar_events")
            assert {row["cal_type"] for row in rows} == {"user", "group", "company_calendar"}
