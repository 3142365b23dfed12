"""crm.deal.contact.*, crm.contact.company.* and crm.company.contact.*: who belongs to whom."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from . import php
from .answers import Answer
from .bindings import STEP, Bindings, Link, link_of, shown
from .context import Context
from .crm_methods import Handler
from .errors import classic
from .fields import read_fields
from .params import pick
from .satellites import Satellites
from .table import Row


@dataclass(frozen=True)
class BindingKind:
    """One pair of objects; `backwards` where the other one is the owner of the stored binding."""

    owner: str
    other: str
    owner_table: str
    other_table: str
    links: Callable[[Satellites], Bindings]
    backwards: bool = False

    @property
    def code(self) -> str:
        """Name the field that holds the other one."""
        return f"{self.other.upper()}_ID"


KINDS = (
    BindingKind("deal", "contact", "deals", "contacts", lambda known: known.deal_contacts),
    BindingKind("contact", "company", "contacts", "companies", lambda known: known.contact_companies),
    BindingKind(
        "company", "contact", "companies", "contacts", lambda known: known.contact_companies, backwards=True
    ),
)


def handlers(kind: BindingKind) -> dict[str, Handler]:
    """Give the methods of one pair."""
    prefix = f"crm.{kind.owner}.{kind.other}"
    return {
        f"{prefix}.items.get": partial(_get, kind),
        f"{prefix}.items.set": partial(_set_items, kind),
        f"{prefix}.items.delete": partial(_clear, kind),
        f"{prefix}.add": partial(_add, kind),
        f"{prefix}.delete": partial(_delete, kind),
        f"{prefix}.fields": partial(_describe, kind),
    }


def _get(kind: BindingKind, context: Context, params: dict[str, object]) -> Answer:
    found = _links(context, kind, _owner(context, kind, params))
    rows: list[Row] = [{kind.code: link.other, **shown(link)} for link in found]
    return Answer(rows, rows=len(rows))


def _set_items(kind: BindingKind, context: Context, params: dict[str, object]) -> Answer:
    owner = _owner(context, kind, params)
    sent = pick(params, "items")
    if not isinstance(sent, list | dict):
        raise classic("The parameter items must be array.")
    links = []
    for place, (_, item) in enumerate(php.items_of(sent)):
        if isinstance(item, dict):
            other = _other(context, kind, item)
            links.append(link_of(other, item, Link(other, STEP * (place + 1))))
    _set(context, kind, owner, links)
    return Answer(True, writes=True)


def _clear(kind: BindingKind, context: Context, params: dict[str, object]) -> Answer:
    _set(context, kind, _owner(context, kind, params, stop=""), [])
    return Answer(True, writes=True)


def _add(kind: BindingKind, context: Context, params: dict[str, object]) -> Answer:
    owner = _owner(context, kind, params, quote="'")
    fields = pick(params, "fields")
    if not isinstance(fields, dict):
        raise classic("The parameter fields must be array.")
    other = _other(context, kind, fields)
    before = _links(context, kind, owner)
    last = max((link.sort for link in before), default=0)
    made = link_of(other, fields, Link(other, last + STEP))
    kept = [link for link in before if link.other != other]
    if made.primary:
        kept = [Link(link.other, link.sort, link.role) for link in kept]
    _set(context, kind, owner, [*kept, made])
    return Answer(True, writes=True)


def _delete(kind: BindingKind, context: Context, params: dict[str, object]) -> Answer:
    owner = _owner(context, kind, params, quote="'")
    fields = pick(params, "fields")
    other = php.to_int(fields.get(kind.code)) if isinstance(fields, dict) else 0
    kept = [link for link in _links(context, kind, owner) if link.other != other]
    _set(context, kind, owner, kept)
    return Answer(True, writes=True)


def _describe(kind: BindingKind, context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    other = f"{kind.code} integer q {kind.other.capitalize()}"
    fields = read_fields(f"SORT integer - Sorting\nIS_PRIMARY char - Primary\n{other}")
    return Answer({field.code: field.described() for field in fields})


def _owner(
    context: Context, kind: BindingKind, params: dict[str, object], *, quote: str = "", stop: str = "."
) -> int:
    number = php.to_int(pick(params, "id"))
    if number <= 0:
        raise classic(f"The parameter {quote}ownerEntityID{quote} is invalid or not defined.")
    if number not in context.store.records(kind.owner_table).table:
        raise classic(f"Not found{stop}")
    return number


def _other(context: Context, kind: BindingKind, fields: dict[str, object]) -> int:
    number = php.to_int(fields.get(kind.code))
    if number not in context.store.records(kind.other_table).table:
        raise classic("Not found.")
    return number


def _links(context: Context, kind: BindingKind, owner: int) -> list[Link]:
    bindings = kind.links(context.store.satellites)
    if not kind.backwards:
        return bindings.of(owner)
    found = bindings.bound_to(owner)
    return [Link(other, STEP * (place + 1), 0, place == 0) for place, other in enumerate(found)]


def _set(context: Context, kind: BindingKind, owner: int, links: list[Link]) -> None:
    bindings = kind.links(context.store.satellites)
    if not kind.backwards:
        bindings.set(owner, links)
        return
    wanted = {link.other for link in links}
    for other in bindings.bound_to(owner):
        if other not in wanted:
            bindings.drop(other, owner)
    for other in wanted:
        mine = bindings.of(other)
        if all(link.other != owner for link in mine):
            last = max((link.sort for link in mine), default=0)
            bindings.set(other, [*mine, Link(owner, last + STEP)])
