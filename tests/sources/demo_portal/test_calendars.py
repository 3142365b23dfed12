"""Calendars: windows, series, meetings and their copies."""
# ruff: noqa: ANN001, ANN003, ANN201, ANN202  fixtures are typed where they are made

from datetime import UTC, datetime, timedelta

ALWAYS = {"from": "2000-01-01", "to": "2037-01-01"}


def events(ask, kind="user", owner=1, **params):
    return ask.result("calendar.event.get", {"type": kind, "ownerId": owner, **params})


def rows(ask):
    return ask.portal.store.table("calendar_events").rows()


def add(ask, **fields):
    sent = {"type": "user", "ownerId": 3, "section": 7, "name": "Event", "from": "2026-10-01T10:00:00+02:00"}
    return ask.result("calendar.event.add", {**sent, "to": "2026-10-01T11:30:00+02:00", **fields})


def event(ask, number):
    return ask.result("calendar.event.getbyid", {"id": number})


def owners(ask):
    return [(row["CAL_TYPE"], row["OWNER_ID"]) for row in ask.portal.store.table("calendar_sections").rows()]


def test_the_calendars_of_all_owners_are_the_table(ask) -> None:
    """Each event is in one owner's calendar, a series once; sections are as the table has them."""
    found, sections = [], []
    for kind, owner in owners(ask):
        found += events(ask, kind, owner if kind == "user" else owner or "", **ALWAYS)
        sections += ask.result("calendar.section.get", {"type": kind, "ownerId": owner})

    assert sorted(found, key=lambda row: int(row["ID"])) == rows(ask)
    assert sections == ask.portal.store.table("calendar_sections").rows()
    kinds = {type(row["RRULE"]) for row in found}
    assert kinds == {dict, str}
    assert any(row["DT_SKIP_TIME"] == "Y" for row in found)
    assert any(row["RECURRENCE_ID"] for row in found)


def test_default_window_is_thirty_days_back_and_ninety_ahead(ask, clock) -> None:
    """Without dates the window lies around the portal's day; `from` alone runs on."""
    names = {}
    for name, days in (("early", -40), ("past", -20), ("soon", 80), ("late", 100)):
        names[
            add(ask, name=name, from_ts=clock.now + days * 86_400, to_ts=clock.now + days * 86_400 + 60)
        ] = name

    def seen(**params):
        return [names[int(row["ID"])] for row in events(ask, owner=3, **params) if int(row["ID"]) in names]

    assert seen() == ["past", "soon"]
    assert seen(**{"from": "2026-09-01"}) == ["past", "soon", "late"]
    assert seen(to="2026-09-21", **{"from": "2026-08-01"}) == ["early", "past"]
    assert seen(section=[8]) == []


def test_texts_of_dates_are_local_and_seconds_are_not(ask) -> None:
    """DATE_FROM is the wall clock of the event's zone; a whole day has dates only and UTC midnights."""
    first = event(ask, add(ask, timezone_from="America/New_York"))
    assert (first["DATE_FROM"], first["DATE_TO"]) == ("10/01/2026 04:00:00 am", "10/01/2026 05:30:00 am")
    assert (first["DATE_FROM_TS_UTC"], first["DT_LENGTH"], first["TZ_OFFSET_FROM"]) == (
        "1790841600",
        5400,
        "-14400",
    )
    days = event(ask, add(ask, skip_time="Y", **{"from": "2026-12-24", "to": "2026-12-26"}))
    assert (days["DATE_FROM"], days["DATE_TO"]) == ("12/24/2026", "12/26/2026")
    assert (days["DT_LENGTH"], days["DATE_FROM_TS_UTC"]) == (3 * 86_400, "1798070400")


def test_a_series_is_answered_as_the_portal_is_set_up(make) -> None:
    """One row, or one an occurrence whose texts move while the seconds stay; EXDATE is left out."""
    rule = {"FREQ": "WEEKLY", "BYDAY": ["TH", "MO"], "COUNT": 6, "INTERVAL": 1}
    window = {"from": "2026-10-01", "to": "2026-10-31"}
    found = {}
    for expanded in (False, True):
        ask = make(calendar_instances=expanded, counts={"calendar_events": 0})
        number = add(ask, rrule=rule)
        ask.portal.store.table("calendar_events").update(number, {"EXDATE": "10/08/2026"})
        found[expanded] = events(ask, owner=3, **window)

    assert [row["DATE_FROM"][:10] for row in found[False]] == ["10/01/2026"]
    dates = [row["DATE_FROM"][:10] for row in found[True]]
    assert dates == ["10/01/2026", "10/05/2026", "10/12/2026", "10/15/2026", "10/19/2026"]
    assert len({(row["ID"], row["DATE_FROM_TS_UTC"]) for row in found[True]}) == 1
    assert found[False][0]["RRULE"]["BYDAY"] == {"MO": "MO", "TH": "TH"}


def test_occurrences_keep_their_hour_over_a_change_of_clocks(make) -> None:
    """A daily series at ten stays at ten when the clocks go back."""
    ask = make(calendar_instances=True, counts={"calendar_events": 0})
    add(ask, rrule={"FREQ": "DAILY"}, **{"from": "2026-10-24T10:00:00", "to": "2026-10-24T11:00:00"})
    found = events(ask, owner=3, **{"from": "2026-10-24", "to": "2026-10-26"})
    assert [row["DATE_FROM"] for row in found] == [f"10/{day}/2026 10:00:00 am" for day in (24, 25, 26)]


def test_meetings_are_copied_to_those_invited(ask, clock) -> None:
    """Each attendee has a row of his own with the host's as parent; it follows changes and goes with it."""
    number = add(ask, is_meeting="Y", attendees=[5, 9, 77], ownerId=1, section=4)

    def copies():
        return {row["OWNER_ID"]: row for row in rows(ask) if row["PARENT_ID"] == str(number)}

    assert set(copies()) == {"1", "5", "9"}
    assert [row["MEETING_STATUS"] for row in copies().values()] == ["H", "Q", "Q"]
    assert {one["id"] for one in copies()["5"]["ATTENDEE_LIST"]} == {1, 5, 9}
    clock.now += 60
    sent = {"id": number, "type": "user", "ownerId": 1, "section": 4}
    assert ask.result("calendar.event.update", {**sent, "name": "Moved"}) == number
    assert {row["NAME"] for row in copies().values()} == {"Moved"}
    ask.result("calendar.event.update", {**sent, "is_meeting": "Y"})
    assert set(copies()) == {"1"}
    assert ask.result("calendar.event.delete", {"id": number}) is True
    assert copies() == {}


def test_only_the_organiser_may_leave_the_host_out(ask) -> None:
    """Somebody else's meeting is changed with `host` only."""
    row = next(one for one in rows(ask) if one["IS_MEETING"] and one["MEETING_HOST"] not in ("0", "1"))
    sent = {"id": row["PARENT_ID"], "type": "user", "ownerId": row["MEETING_HOST"], "name": "x"}
    assert ask("calendar.event.update", sent)[0] == 400
    assert ask.result("calendar.event.update", {**sent, "host": row["MEETING_HOST"]}) == int(row["PARENT_ID"])


def test_one_occurrence_or_the_rest_of_a_series_is_changed(ask) -> None:
    """`this` takes a date out and makes an exception, `next` ends the series and begins another."""
    number = add(ask, rrule={"FREQ": "DAILY"})
    sent = {"id": number, "type": "user", "ownerId": 3, "name": "Other"}
    made = ask.result(
        "calendar.event.update", {**sent, "recurrence_mode": "this", "current_date_from": "2026-10-05"}
    )
    assert (made["id"], made["originalDate"]) == (number, "10/05/2026 10:00:00 am")
    exception = event(ask, made["recEventId"])
    assert (exception["NAME"], exception["RECURRENCE_ID"], exception["RRULE"]) == ("Other", number, "")
    assert exception["DATE_FROM"] == exception["ORIGINAL_DATE_FROM"] == made["originalDate"]
    assert event(ask, number)["EXDATE"] == "10/05/2026"

    made = ask.result(
        "calendar.event.update", {**sent, "recurrence_mode": "next", "current_date_from": "2026-10-09"}
    )
    assert event(ask, number)["RRULE"]["UNTIL"] == "10/08/2026"
    rest = event(ask, made["recEventId"])
    assert (rest["DATE_FROM"][:10], rest["RRULE"]["FREQ"], rest["EXDATE"]) == ("10/09/2026", "DAILY", "")


def test_the_nearest_events_come_in_order(ask, clock) -> None:
    """The next occurrences of one owner, a series with each of its own, as many as asked for."""
    add(ask, ownerId=1, section=4, rrule={"FREQ": "DAILY"}, from_ts=clock.now + 60, to_ts=clock.now + 120)
    found = ask.result("calendar.event.get.nearest", {"days": 3, "maxEventsCount": 2})
    assert len(found) == 2
    texts = [datetime.strptime(row["DATE_FROM"], "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC) for row in found]
    assert texts[0] <= texts[1] <= texts[0] + timedelta(days=3)


def test_hidden_sections_are_left_out(ask) -> None:
    """What the webhook's owner may not see is in no answer."""
    ask.portal.store.table("calendar_sections").hide(7)
    assert ask.result("calendar.section.get", {"type": "user", "ownerId": 3}) == []
    assert events(ask, owner=3, **ALWAYS) == []
    hidden = next(row["ID"] for row in rows(ask) if row["SECT_ID"] == "7")
    assert event(ask, hidden) == []


def test_calendars_outlive_their_user(ask) -> None:
    """A deleted user's calendar can still be read; a deleted section takes its events along."""
    store = ask.portal.store
    before = events(ask, owner=5, **ALWAYS)
    store.table("users").delete(5)
    assert events(ask, owner=5, **ALWAYS) == before != []
    store.table("calendar_sections").delete(before[0]["SECT_ID"])
    assert events(ask, owner=5, **ALWAYS) == []
