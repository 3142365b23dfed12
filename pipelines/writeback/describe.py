"""Reads what a target's fields are and what their codes mean: one request on most portals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipelines.writeback.fields import (
    Dictionaries,
    FieldSpec,
    enumerations_of,
    statuses_of,
    users_of,
)
from pipelines.writeback.target import PAGE, Target
from sources.bitrix24.batch import Command, Outcome
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.envelope import rows_of
from sources.bitrix24.errors import RefusedError
from sources.bitrix24.plan_limits import ASK_FOR_PLAN, license_of, obey_plan


@dataclass(frozen=True)
class _Dictionary:
    """A list method and the pages that are asked for at once, as most portals have no more."""

    command: Command
    pages: int


_USERS: Final = _Dictionary(Command("user.get", {"sort": "ID", "order": "ASC"}), 4)
_STATUSES: Final = _Dictionary(Command("crm.status.list", {"order": {"ID": "ASC"}}), 5)
_PLAN: Final = "plan"
_CURRENCIES: Final = _Dictionary(Command("crm.currency.list"), 1)


@dataclass(frozen=True)
class Description:
    """The fields of a target, and what of the portal's dictionaries could not be read."""

    specs: Mapping[str, FieldSpec]
    warnings: tuple[str, ...] = ()


async def describe(client: Bitrix24Client, target: Target, *, detect_limits: bool) -> Description:
    """Return the fields of a target as this portal has them.

    Args:
        client: open; it obeys the limits of the portal's plan from here on, if `detect_limits` says so.
        target: what is written.
        detect_limits: as the connection has it.

    Raises:
        Bitrix24Error: the portal cannot be read, or does not know the target.
    """
    wanted = _dictionaries(target)
    described = target.description()
    commands: dict[str, Command] = {_PLAN: ASK_FOR_PLAN} if detect_limits else {}
    commands |= described
    for name, each in wanted.items():
        commands |= {_page(name, number): _at(each.command, number) for number in range(each.pages)}
    outcomes = await client.batch(commands)
    if detect_limits:
        obey_plan(client, license_of(outcomes[_PLAN]))
    answers = {name: outcomes[name].unwrap().result for name in described}
    warnings = []
    rows: dict[str, list[Any]] = {}
    for name, each in wanted.items():
        first = outcomes[_page(name, 0)]
        if isinstance(first.error, RefusedError):
            warnings.append(f"{name} could not be read, so ids have to be written instead: {first.error}")
            rows[name] = []
            continue
        pages = [outcomes[_page(name, number)] for number in range(each.pages)]
        pages += await _rest(client, each, first.unwrap().total or 0)
        rows[name] = [row for page in pages for row in rows_of(page.unwrap().result)]
    known = Dictionaries(
        users=users_of(rows["users"]),
        statuses=statuses_of(rows.get("statuses", ())),
        currencies={
            str(row["CURRENCY"]): str(row.get("FULL_NAME") or row["CURRENCY"])
            for row in rows.get("currencies", ())
        },
        enumerations=enumerations_of(_listed(answers.get("userfields"))),
    )
    return Description(target.specs(answers, known), tuple(warnings))


def _dictionaries(target: Target) -> dict[str, _Dictionary]:
    found = {"users": _USERS}
    if any(command.method.startswith("crm.") for command in target.description().values()):
        found |= {"statuses": _STATUSES, "currencies": _CURRENCIES}
    return found


async def _rest(client: Bitrix24Client, each: _Dictionary, total: int) -> Iterable[Outcome]:
    pages = range(each.pages, -(-total // PAGE))
    return (await client.batch([_at(each.command, number) for number in pages])).values() if pages else ()


def _page(name: str, number: int) -> str:
    return f"{name}_{number}"


def _at(command: Command, number: int) -> Command:
    return Command(command.method, {**command.params, "start": number * PAGE})


def _listed(answer: object) -> list[Mapping[str, Any]]:
    return [row for row in rows_of(answer) if isinstance(row, dict)] if answer else []
