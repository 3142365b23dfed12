"""Looks at a webhook and its portal before a sync does: what works, what does not, what to do about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pipelines.cli.failures import REFUSED
from sources.bitrix24.batch import Command, Outcome
from sources.bitrix24.by_id import keyset_query
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.entities import ENTITIES, Entity, Reading
from sources.bitrix24.entities_crm import items_of
from sources.bitrix24.envelope import rows_of
from sources.bitrix24.errors import MethodError, MethodNotFoundError, ScopeError
from sources.bitrix24.portal_read import Connection
from sources.bitrix24.reader import NOT_FOR_THIS_WEBHOOK, PortalFacts
from sources.bitrix24.reading import ReadRequest

Status = Literal["ok", "warning", "failed"]

_FAR_FUTURE: Final = "2099-01-01T00:00:00+00:00"
_LONG_AGO: Final = "1990-01-01T00:00:00+00:00"
_TOLERATED_SKEW: Final = 60.0
_MUCH_OF_A_LIMIT: Final = 0.8
_BY_ID: Final = (Reading.KEYSET, Reading.PER_OWNER)
_INVOICES: Final = items_of(31, "invoices")  # of the tables of items the one that every portal has


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    status: Status
    detail: str
    advice: str = ""


@dataclass(frozen=True)
class _Probe:
    """What shows whether an entity can be read.

    `proves` tells that a row must come where there are any, `asks` that the portal is only asked whether
    the method may be called: it needs an id that nobody knows yet.
    """

    command: Command
    proves: bool = False
    asks: bool = False


async def examine(connection: Connection) -> list[Finding]:
    """Return what a sync would meet, after two or three requests.

    Raises:
        Bitrix24Error: the portal answers nothing at all, or refuses the webhook.
    """
    async with connection.client() as b24:
        profile = await b24.call("profile")
        probes = {name: _probe(entity, b24.webhook.user_id) for name, entity in ENTITIES.items()}
        commands = {f"read {name}": probe.command for name, probe in probes.items()}
        for name, entity in _with_dates():
            commands[f"future {name}"] = _first_page(entity, _FAR_FUTURE)
            commands[f"past {name}"] = _first_page(entity, _LONG_AGO)
        outcomes = await b24.batch({"scope": Command("scope"), "info": Command("app.info"), **commands})
        return [
            _webhook(b24, profile.result),
            _scopes(outcomes["scope"]),
            *(_entity(ENTITIES[name], probe, outcomes[f"read {name}"]) for name, probe in probes.items()),
            *_date_filters(outcomes),
            _plan(connection, b24, outcomes["info"]),
            _operating(b24, outcomes),
            _clock(b24.portal_ahead),
        ]


def _with_dates() -> Iterator[tuple[str, Entity]]:
    for name, entity in ENTITIES.items():
        if entity.modified and entity.reading in _BY_ID:
            yield name, entity
        elif entity.reading is Reading.PER_TYPE:
            yield name, _INVOICES


def _probe(entity: Entity, user: int) -> _Probe:
    """The command with which a sync begins on the entity, or one that needs no more than the webhook."""
    if entity.reading in _BY_ID:
        return _Probe(_first_page(entity, None), proves=True)
    method, params = entity.requests[0]
    if entity.reading is Reading.OFFSET:
        return _Probe(Command(method, params), proves=True)
    if entity.reading is Reading.PER_TYPE:
        return _Probe(_first_page(_INVOICES, None))
    if entity.reading is Reading.CALENDAR:  # everybody may read the own one
        return _Probe(Command(method, {**params, "type": "user", "ownerId": user}))
    if params:  # the universal list, by type
        return _Probe(Command(method, {**params, "select": list(entity.select), "start": -1}))
    return _Probe(Command("method.get", {"name": method.lower()}), asks=True)


def _first_page(entity: Entity, since: str | None) -> Command:
    return keyset_query(ReadRequest(entity, since=since), 0).page(0, None)


def _webhook(b24: Bitrix24Client, profile: Any) -> Finding:  # noqa: ANN401 - JSON
    known = profile if isinstance(profile, Mapping) else {}
    name = f"{known.get('NAME') or ''} {known.get('LAST_NAME') or ''}".strip() or "unnamed"
    who = f"user {b24.webhook.user_id} ({name})"
    if known.get("ADMIN"):
        return Finding(
            "webhook", "ok", f"{b24.webhook.host} accepts it; it sees what {who}, an administrator, sees"
        )
    return Finding(
        "webhook",
        "warning",
        f"{b24.webhook.host} accepts it; it sees what {who} sees, who is no administrator",
        "rows that this user may not read are missing without a word: let an administrator make the webhook",
    )


def _scopes(outcome: Outcome) -> Finding:
    wanted = sorted({entity.scope for entity in ENTITIES.values()})
    if outcome.error is not None or not isinstance(outcome.result, list):
        return Finding("scopes", "warning", "the portal does not tell which scopes the webhook has")
    has = [str(scope) for scope in outcome.result]
    # user_basic and user_brief let the same methods answer with fewer fields
    missing = [
        scope for scope in wanted if not any(one == scope or one.startswith(f"{scope}_") for one in has)
    ]
    if missing:
        return Finding(
            "scopes",
            "warning",
            f"the webhook has {', '.join(has) or 'none'}",
            f"tick {', '.join(missing)} on the webhook in the portal; until then those tables stay empty",
        )
    return Finding("scopes", "ok", f"{', '.join(wanted)} are there")


def _entity(entity: Entity, probe: _Probe, outcome: Outcome) -> Finding:
    needs, error = f"needs the scope {entity.scope}", outcome.error
    told = outcome.result if probe.asks and isinstance(outcome.result, Mapping) else {}
    if isinstance(error, ScopeError) or (told.get("isExisting") and not told.get("isAvailable", True)):
        return Finding(entity.name, "warning", f"cannot be read: {needs}")
    if isinstance(error, MethodNotFoundError) or told.get("isExisting") is False:
        return Finding(
            entity.name,
            "warning",
            f"this portal has no {entity.method}; {needs}",
            "syncs skip the table; a self-hosted portal may lack the module or be too old",
        )
    if isinstance(error, MethodError) and error.code.upper() in NOT_FOR_THIS_WEBHOOK:
        return Finding(
            entity.name,
            "warning",
            f"the portal refuses it: {error}",
            "syncs skip the table; let an administrator make the webhook",
        )
    if error is not None:
        return Finding(entity.name, "failed", str(error), "a sync of this entity will fail the same way")
    if probe.proves and not rows_of(outcome.result):
        return Finding(
            entity.name,
            "warning",
            f"readable, and there is nothing ({needs})",
            "if the portal has some, the webhook's owner lacks the right to see them",
        )
    return Finding(entity.name, "ok", f"readable; {needs}")


def _date_filters(outcomes: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Portals ignore a filter key that they do not know: an incremental read would then read everything."""
    for name, entity in _with_dates():
        every, past, future = (outcomes[f"{kind} {name}"] for kind in ("read", "past", "future"))
        subject = f"{name} by date"
        if every.error is not None or not rows_of(every.result):
            continue  # nothing to prove it with, and said already
        if past.error is not None or future.error is not None:
            yield Finding(subject, "failed", str(past.error or future.error), "use `b24 sync --full` for it")
        elif rows_of(future.result):
            yield Finding(
                subject,
                "failed",
                f"the portal ignores the filter >={entity.asked_modified}: rows of the year 2099 came",
                "incremental reads would read everything; report this with the portal's version",
            )
        elif not rows_of(past.result):
            yield Finding(
                subject,
                "failed",
                f"the filter >={entity.asked_modified} hides rows: none since 1990, though there are some",
                "incremental reads would miss changes; use `b24 sync --full`",
            )
        else:
            yield Finding(
                subject, "ok", f">={entity.asked_modified} works: nothing from 2099 on, rows from 1990 on"
            )


def _plan(connection: Connection, b24: Bitrix24Client, info: Outcome) -> Finding:
    told = info.result if info.ok and isinstance(info.result, Mapping) else {}
    facts = PortalFacts(b24.webhook.portal, license=str(told.get("LICENSE") or "") or None)
    plan = f"plan {facts.license}" if facts.license else "the portal does not tell its plan"
    if not connection.detect_limits:
        limits = connection.limits
        return Finding(
            "limits", "ok", f"{plan}; set: {limits.requests_per_second:g} a second, {limits.bucket} at once"
        )
    if facts.enterprise:
        return Finding("limits", "ok", f"{plan}: 5 requests a second, 250 at once")
    if facts.license:
        return Finding("limits", "ok", f"{plan}: 2 requests a second, 50 at once")
    return Finding(
        "limits",
        "ok",
        f"{plan}; 2 requests a second, 50 at once will be used",
        "on an Enterprise plan set requests_per_second = 5 and bucket = 250",
    )


def _operating(b24: Bitrix24Client, outcomes: Mapping[str, Outcome]) -> Finding:
    spent = max((o.time.operating or 0.0 for o in outcomes.values() if o.time is not None), default=0.0)
    limit = b24.limits.operating_seconds
    detail = f"at most {spent:.1f} of {limit:g} seconds of one method used in the last ten minutes"
    if limit > 0 and spent > _MUCH_OF_A_LIMIT * limit:
        return Finding(
            "server time", "warning", detail, "something else works on this portal; a sync will wait for it"
        )
    return Finding("server time", "ok", detail)


def _clock(ahead: float) -> Finding:
    if abs(ahead) <= _TOLERATED_SKEW:
        return Finding("clock", "ok", "this machine and the portal agree on the time")
    which = "behind" if ahead > 0 else "ahead of"
    return Finding(
        "clock",
        "warning",
        f"this machine is {abs(ahead):,.0f} seconds {which} the portal",
        "syncs go by the portal's clock and lose nothing, but reports of `now` will be off: set the clock",
    )


def exit_code(found: Sequence[Finding]) -> int:
    """0; 1 where something will fail; 10 where the webhook may read nothing at all."""
    readable = [one for one in found if one.subject in ENTITIES and one.detail.startswith("readable")]
    if not readable:
        return REFUSED
    return 1 if any(one.status == "failed" for one in found) else 0


def verdict(found: Sequence[Finding]) -> str:
    """The findings in one sentence."""
    failed = sum(one.status == "failed" for one in found)
    warned = sum(one.status == "warning" for one in found)
    if exit_code(found) == REFUSED:
        return "This webhook may read nothing: see what to tick above."
    if failed:
        return f"{failed} of {len(found)} will fail: see what to do above."
    return f"Ready to sync, with {warned} remarks." if warned else "Ready to sync: type `b24 sync`."
