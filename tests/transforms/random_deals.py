"""Deals that wander through their pipelines, and the leads that some of them come from."""

from datetime import UTC, datetime, timedelta
from random import Random

from tests.transforms.raw_file import Row, Tables

DEALS = 260
LEADS = 160
AS_OF = datetime(2024, 6, 30, 12, tzinfo=UTC)
FIRST = datetime(2022, 11, 1, tzinfo=UTC)
PERIOD = datetime(2023, 6, 30, 22, tzinfo=UTC)  # the midnight at which the scorecard's months begin
WINDOW = AS_OF - timedelta(days=90)
SECONDS = int((AS_OF - FIRST).total_seconds()) - 600

# of each pipeline: stages of the list by sort, and stages that no list has any more; 9 is gone as a whole
P_STAGES = {0: ("NEW", "A", "B", "GONE"), 2: ("C2:NEW", "C2:TALK"), 9: ("C9:NEW", "C9:TALK")}
ENDS = {
    0: ("WON", "LOSE", "APOLOGY"),
    2: ("C2:WON", "C2:LOSE", "C2:OLD_LOSE"),
    9: ("C9:WON", "C9:LOSE"),
}
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "RUB", "JPY", "GBP", "XAU", "", None)
OWNERS = (1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 900, 901, 0, None)
SOURCES = ("WEB", "CALL", "FAIR", "OTHER", "OLD_ONE", "OLD_TWO", "", "false", None)
UTMS = ("google", " Google", "YANDEX", "(direct)", "a b ", "", "  ", None, None)
TIMES = ("T00:00:00+03:00", "T02:00:00+02:00", "T03:00:00+03:00", "T23:00:00+01:00", "T13:00:00-11:00")


def semantic(stage: str) -> str:
    """P, S or F, also of a stage that is gone."""
    return "S" if stage.endswith("WON") else "F" if stage.endswith(("LOSE", "APOLOGY")) else "P"


def moment(chance: Random, low: datetime = FIRST, high: datetime = AS_OF) -> datetime:
    """A second between two others; often one that many have, or the last before a month of the portal."""
    if chance.random() < 0.1:
        midnights = [datetime(year, month, 1, tzinfo=UTC) for year in (2023, 2024) for month in (1, 4, 5, 6)]
        known = chance.choice(midnights) - timedelta(hours=2, seconds=chance.choice((0, 1, -3600, 1800)))
        if low <= known < high:
            return known
    span = int((high - low).total_seconds()) - 60
    return low + timedelta(seconds=chance.randrange(span)) if span > 0 else low


def tables(chance: Random, first: int) -> Tables:
    """Deals, their visits, leads and their visits."""
    leads = [_lead(chance, first + 1 + place) for place in range(LEADS)]
    deals: list[Row] = []
    visits: list[Row] = []
    for place in range(DEALS):
        walk = _walk(chance)
        deal = _deal(chance, first + 1 + place, walk, first)
        deals.append(deal)
        of_deal = walk[: -1 if deal["forgetful"] else None] if not deal["silent"] else []
        visits += [_visit(chance, deal["id"], entry, n) for n, entry in enumerate(of_deal)]
    visits += [_visit(chance, first + 999_000, (moment(chance), 0, "NEW"), 0)]
    chance.shuffle(visits)
    # ids follow the order of time, as in a portal; of one second, that of the walk
    visits.sort(key=lambda row: (row["created_time"], row["owner_id"], row.pop("place")))
    for place, row in enumerate(visits):
        row["id"] = first + 1 + place
    return {
        "deals": deals,
        "deal_stage_history": visits,
        "leads": leads,
        "lead_status_history": _lead_visits(leads, first),
    }


def _walk(chance: Random) -> list[tuple[datetime, int, str]]:
    """When a deal came to which stage of which pipeline; none closes where the velocity's window begins."""
    category = chance.choice((0, 0, 0, 2, 2, 9))
    at = moment(chance)
    walk = [(at, category, P_STAGES[category][0])]
    if chance.random() < 0.06:
        return _settled([(at, category, chance.choice(ENDS[category]))], chance)
    for _ in range(chance.choice((0, 1, 2, 2, 3, 4, 6))):
        at = min(
            at + timedelta(seconds=chance.choice((0, 0, 1, 3600, 86400, 700_000, 4_000_000))),
            AS_OF - timedelta(1),
        )
        if chance.random() < 0.08:
            category = chance.choice([other for other in P_STAGES if other != category])
        stages = P_STAGES[category] + ENDS[category][:2]
        walk.append((at, category, chance.choice([stage for stage in stages if stage != walk[-1][2]])))
        if semantic(walk[-1][2]) != "P" and chance.random() < 0.7:
            break
    return _settled(walk, chance)


def _settled(walk: list[tuple[datetime, int, str]], chance: Random) -> list[tuple[datetime, int, str]]:
    near = abs(walk[-1][0] - WINDOW) < timedelta(days=3)
    return _walk(chance) if near and semantic(walk[-1][2]) != "P" else walk


def _deal(chance: Random, number: int, walk: list[tuple[datetime, int, str]], first: int) -> Row:
    at, category, stage = walk[-1]
    forgetful = len(walk) > 1 and walk[-2][2] != stage and chance.random() < 0.06
    silent = len(walk) == 1 and chance.random() < 0.5
    utm = [chance.choice(UTMS) for _ in range(3)]
    return {
        "id": number,
        "forgetful": forgetful,  # its history does not know the last stage
        "silent": silent,  # it has no history
        "category_id": category if chance.random() < 0.95 else None,
        "stage_id": stage,
        "stage_semantic_id": semantic(stage)
        if chance.random() < 0.9 or stage in ("GONE", "C2:OLD_LOSE")
        else _unsaid(stage),
        "is_recurring": "Y" if chance.random() < 0.03 else chance.choice(("N", "N", None)),
        "currency_id": chance.choice(CURRENCIES),
        "opportunity": None
        if chance.random() < 0.05
        else chance.choice(("0.00", _money(chance), _money(chance))),
        "assigned_by_id": chance.choice(OWNERS),
        "company_id": chance.choice((0, None, first + 1, first + 2, first + 3, first + 4)),
        "contact_id": chance.choice((0, None, None, first + 1, first + 2)),
        "lead_id": chance.choice((0, None, None, first + chance.randrange(1, LEADS + 4))),
        "source_id": chance.choice(SOURCES),
        **dict(zip(("utm_source", "utm_medium", "utm_campaign"), utm, strict=True)),
        "closedate": _close(chance),
        "probability": chance.choice((None, 0, 10, 50, 100)),
        "date_create": walk[0][0].isoformat(),
        "moved_time": at.isoformat(),
        "last_activity_time": chance.choice((None, moment(chance).isoformat())),
        "_deleted_at": "2024-06-01T00:00Z" if chance.random() < 0.05 else None,
        **_custom(chance),
    }


def _unsaid(stage: str) -> str:
    """Empty where a list tells what the deal does not; a pipeline that is gone tells nothing."""
    return semantic(stage) if stage.startswith("C9:") else ""


def _money(chance: Random) -> str:
    return f"{chance.randrange(1, 9_999_999) / 100:.2f}"


def _close(chance: Random) -> str | None:
    if chance.random() < 0.2:
        return chance.choice(("", None, "false"))
    day = AS_OF.date() + timedelta(days=chance.choice((-1, 0, 0, 1, chance.randrange(-200, 200))))
    return f"{day}{chance.choice(TIMES)}"


def _custom(chance: Random) -> Row:
    return {
        "uf_note": chance.choice(("", "x", "PO-7", "false")),
        "uf_plain": chance.choice((None, "ё'\"")),
        "uf_budget": chance.choice((None, "", "|EUR", "100|USD", "0.5|EUR")),
        "uf_size": chance.choice((None, "", "40", "42", "7")),
        "uf_sizes": chance.choice((None, "[]", "[40]", "[42,40]", "[7,42]", "false")),
        "uf_vip": chance.choice((None, True, False)),
    }


def _visit(chance: Random, deal: int, entry: tuple[datetime, int, str], place: int) -> Row:
    at, category, stage = entry
    kind = 1 if place == 0 and semantic(stage) == "P" else 2 if semantic(stage) == "P" else 3
    return {
        "place": place,
        "owner_id": deal,
        "type_id": kind,
        "created_time": at.isoformat(),
        "category_id": category if chance.random() < 0.95 else None,
        "stage_id": stage,
        "stage_semantic_id": semantic(stage),
        "_deleted_at": None,
    }


def _lead(chance: Random, number: int) -> Row:
    status = chance.choice(("NEW", "NEW", "CONVERTED", "CONVERTED", "JUNK"))
    meaning = {"NEW": "P", "CONVERTED": "S", "JUNK": "F"}[status]
    created = moment(chance)
    # converted in the period of which it is, so that nobody need ask which of the two counts
    closed = moment(chance, created, PERIOD if created < PERIOD else AS_OF) if meaning != "P" else None
    utm = [chance.choice(UTMS) for _ in range(3)]
    return {
        "id": number,
        "status_id": status,
        "status_semantic_id": meaning if chance.random() < 0.8 else "",
        "source_id": chance.choice(SOURCES),
        "assigned_by_id": chance.choice(OWNERS),
        **dict(zip(("utm_source", "utm_medium", "utm_campaign"), utm, strict=True)),
        "date_create": created.isoformat(),
        "date_closed": closed.isoformat() if closed else None,
        "moved_time": (closed or created).isoformat(),
        "_deleted_at": "2024-06-01T00:00Z" if chance.random() < 0.05 else None,
    }


def _lead_visits(leads: list[Row], first: int) -> list[Row]:
    visits: list[Row] = []
    for lead in leads:
        entries = [(1, lead["date_create"], "NEW", "P")]
        if lead["date_closed"]:
            meaning = {"CONVERTED": "S", "JUNK": "F"}[lead["status_id"]]
            entries.append((3, lead["date_closed"], lead["status_id"], meaning))
        for kind, at, status, meaning in entries:
            visit = {
                "id": first + 1 + len(visits),
                "type_id": kind,
                "owner_id": lead["id"],
                "created_time": at,
            }
            visits.append({**visit, "status_id": status, "status_semantic_id": meaning})
    return visits
