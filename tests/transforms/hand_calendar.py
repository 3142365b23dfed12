"""Events of the hand-checkable case: series in both shapes, exceptions, whole days, meetings and refusals."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.transforms.raw_file import Row

HOUR = 3600
DAY = 24 * HOUR
BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"


def event(number: int, zone: str, begins: str, length: int, **more: object) -> Row:
    """A raw event that begins at this wall time; a whole-day one is kept as midnight UTC."""
    whole = more.get("dt_skip_time") == "Y"
    known = "UTC" if whole else zone if zone in (BERLIN, NEW_YORK) else BERLIN
    start = datetime.fromisoformat(begins).replace(tzinfo=ZoneInfo(known))
    return {
        "id": number,
        "parent_id": number,
        "cal_type": "user",
        "owner_id": 1,
        "name": f"Event {number}",
        "date_from": start.strftime("%m/%d/%Y" if whole else "%m/%d/%Y %I:%M:%S %p").lower(),
        "tz_from": zone,
        "tz_to": zone,
        "date_from_ts_utc": int(start.timestamp()),
        "date_to_ts_utc": int(start.timestamp()) + length,
        "dt_length": length,
        "exdate": "",
        "rrule": '""',
        "deleted": "N",
        "dt_skip_time": "N",
        "is_meeting": False,
        **more,
    }


def rule(frequency: str, **more: object) -> str:
    """A rule as the portal writes it, endless unless it says otherwise."""
    return json.dumps({"FREQ": frequency, "INTERVAL": 1, "UNTIL": "01/01/2038", **more})


def instances(series: Row, days: list[int]) -> list[Row]:
    """A series as a portal gives it that expands it: the text moves, the seconds stay those of the first."""
    first = datetime.strptime(series["date_from"], "%m/%d/%Y %I:%M:%S %p")  # noqa: DTZ007 - a wall clock
    moved = [first + timedelta(days=day) for day in days]
    return [{**series, "date_from": at.strftime("%m/%d/%Y %I:%M:%S %p").lower()} for at in moved]


def events() -> list[Row]:
    """The raw table of events."""
    return [*_meetings(), *_others()]


def _meetings() -> list[Row]:
    host = {"is_meeting": True, "meeting_status": "H"}
    guest = {"is_meeting": True, "owner_id": 2, "parent_id": 1203}
    week = {"BYDAY": {"MO": "MO", "WE": "WE"}, "UNTIL": "04/10/2024"}
    daily = event(
        1203,
        NEW_YORK,
        "2024-05-06 14:00",
        HOUR,
        rrule=rule("DAILY", COUNT="5", UNTIL=""),
        exdate="05/08/2024",
        meeting_status="Y",
        **guest,
    )
    return [
        # Mondays and Wednesdays over the clock change of 31 March, one taken out
        event(
            1201, BERLIN, "2024-03-18 09:00", HOUR, rrule=rule("WEEKLY", **week), exdate="03/27/2024", **host
        ),
        # that one, on the day after and twice as long
        event(1202, BERLIN, "2024-03-28 10:00", 2 * HOUR, recurrence_id=1201, **host),
        # instance by instance, five less the one that was taken out
        *instances(daily, [0, 1, 3, 4]),
        event(1206, NEW_YORK, "2024-06-10", 3 * DAY, dt_skip_time="Y", **host),
        # three hours over midnight, from Sunday to Monday
        event(1207, BERLIN, "2024-06-02 23:00", 3 * HOUR, **host),
        event(1208, BERLIN, "2024-06-03 10:00", HOUR, **guest, meeting_status="Q"),
        event(1209, BERLIN, "2024-06-03 10:00", HOUR, **guest, meeting_status="N"),
        event(1211, BERLIN, "2024-06-03 10:00", HOUR, deleted="Y", **host),
        # the calendar of a group is nobody's time
        event(
            1212,
            BERLIN,
            "2024-06-03 10:00",
            HOUR,
            cal_type="group",
            owner_id=5,
            is_meeting=True,
            meeting_status="H",
        ),
        # a zone that nobody knows
        event(
            1213, "Mars/Olympus", "2024-05-20 10:00", HOUR, rrule=rule("WEEKLY", INTERVAL=2, COUNT=3), **host
        )
        | {"owner_id": 95},
        event(1215, BERLIN, "2020-01-01 08:00", HOUR, **host),
        event(1216, BERLIN, "2024-06-03 10:00", HOUR, _deleted_at="2024-06-10T00:00Z", **host),
    ]


def _others() -> list[Row]:
    return [
        # no 31st, no meeting
        event(1204, BERLIN, "2024-01-31 18:00", HOUR, rrule=rule("MONTHLY", COUNT=3)),
        event(1205, BERLIN, "2020-10-03", DAY, rrule=rule("YEARLY"), dt_skip_time="Y"),
        # that of the company
        event(1217, BERLIN, "2024-06-03 10:00", HOUR, cal_type="company_calendar", owner_id=0),
        # begun long before the window, and never ending
        event(
            1214, BERLIN, "2020-01-01 08:00", HOUR, rrule=rule("WEEKLY", BYDAY=["WE"], UNTIL_TS=2145916800)
        ),
        # half past six in New York is half past midnight in Berlin, but half past eleven from 10 to 31 March
        event(1218, NEW_YORK, "2024-03-07 18:30", HOUR, rrule=rule("DAILY", COUNT=6)),
        # an hour that the night of the clock change has twice, and one that it has not
        event(1219, BERLIN, "2024-10-26 02:30", HOUR, rrule=rule("DAILY", COUNT=3)),
        event(1220, BERLIN, "2024-03-30 02:30", HOUR, rrule=rule("DAILY", COUNT=3)),
    ]
