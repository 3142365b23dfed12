"""Seeds quotes, invoices and items of smart processes as columns, as crm.item.list answers them."""
# ruff: noqa: PLR2004, RUF001  texts in two scripts; shares of demo data are plain numbers

from collections.abc import Mapping, Sequence

import numpy as np

from . import seed_words as words
from .columns import Choice, Column, Moment, Number, Phrase, Same
from .fields import custom_field
from .item_columns import Amount, Coded, Lists, converted
from .item_forms import to_universal
from .item_types import ItemType
from .seed_custom import CustomFields, custom_columns
from .seed_deals import HISTORY_DAYS, Seeded, World, changed_at, gapped_ids, links, people, pick, sources
from .seed_dictionaries import DIRECTORIES
from .seed_paths import Ints, creation_times
from .seed_types import PIPELINES, stages_of
from .zone import DAY

_TITLES = {
    7: ("Offer ", "Estimate, 2nd version ", "Коммерческое предложение "),
    31: ("Invoice #", "Счёт № ", "Rechnung "),
    130: ("Installation at the customer's ", "Монтаж оборудования ", 'Line "B" – '),
}
_OTHER_TITLES = ("Request ", "Заявка №", "Ticket / ")
_QUOTE_SEMANTICS = {"APPROVED": "S", "DECLAINED": "F"}


def seed_items(
    world: World, kind: ItemType, rows: int, crm: Mapping[str, Seeded], custom: CustomFields
) -> Seeded:
    """Make the items of one type; it gets the fields that the type has switched on."""
    ids = gapped_ids(world.rng, rows, 2)
    created = creation_times(world.rng, rows, world.epoch, HISTORY_DAYS)
    moved = changed_at(world, created)
    made: dict[str, Column] = {
        **_common(world, kind, ids, (created, moved)),
        **_stage(world, kind, rows),
        **_clients(world, kind, rows, crm),
        **_money(world, rows),
        **_details(world, kind, ids, created),
        **_parents(world, rows, crm),
    }
    columns = {
        field.code: made.get(field.code, Same([] if field.multiple else None, rows))
        for field in kind.fields
        if field.in_rows
    }
    columns |= _custom(world, kind, rows, custom)
    columns["entityTypeId"] = Same(kind.type_id, rows)
    return Seeded(ids, columns)


def _common(world: World, kind: ItemType, ids: Ints, times: tuple[Ints, Ints]) -> dict[str, Column]:
    rng, rows = world.rng, len(ids)
    created, moved = times
    owner, author = people(world, rows), people(world, rows)
    titles = _TITLES.get(kind.type_id, _OTHER_TITLES)
    updated = changed_at(world, moved)
    return {
        "id": Number(ids, bare=True),
        "title": Phrase(rng.integers(0, len(titles), rows).astype(np.uint16), titles, ids),
        "xmlId": Coded(
            "ext-", np.where(rng.random(rows) < 0.1, ids, -rng.integers(0, 2, rows)), empty=(None, "")
        ),
        "createdTime": Moment(created, world.zone),
        "updatedTime": Moment(updated, world.zone),
        "movedTime": Moment(moved, world.zone),
        "lastActivityTime": Moment(updated, world.zone),
        "createdBy": Number(author, bare=True),
        "updatedBy": Number(np.where(rng.random(rows) < 0.7, owner, author), bare=True),
        "movedBy": Number(owner, bare=True),
        "assignedById": Number(owner, bare=True),
        "lastActivityBy": Number(owner, bare=True),
        "opened": pick(world, rows, ("Y", "N"), (90, 10)),
        "webformId": pick(world, rows, (0, None), (90, 10)),
    }


def _stage(world: World, kind: ItemType, rows: int) -> dict[str, Column]:
    pipelines = [one for one in PIPELINES if one.type_id == kind.type_id]
    if not pipelines:
        codes = tuple(code for code, _ in DIRECTORIES["QUOTE_STATUS"])
        stage = pick(world, rows, codes, (25, 30, 30, 15))
        closed = np.isin(stage.codes, [codes.index(code) for code in _QUOTE_SEMANTICS])
        return {"stageId": stage, "closed": Choice(closed.astype(np.uint8), ("N", "Y"))}
    stages = [(one.id, code) for one in pipelines for code, _, _ in stages_of(one)]
    chosen = world.rng.integers(0, len(stages), rows)
    categories = np.array([number for number, _ in stages])
    # the stage before is the neighbour to the left in the same pipeline, none at the first one
    before = np.where(categories[chosen - 1] == categories[chosen], chosen, 0)
    return {
        "stageId": Choice(chosen.astype(np.uint8), [code for _, code in stages]),
        "previousStageId": Choice(before.astype(np.uint8), ["", *(code for _, code in stages[:-1])]),
        "categoryId": Number(categories[chosen], bare=True),
    }


def _clients(world: World, kind: ItemType, rows: int, crm: Mapping[str, Seeded]) -> dict[str, Column]:
    contact = links(world, rows, crm["contacts"].ids, 0.6)
    extra = (contact > 0) & (world.rng.random(rows) < 0.12) & (len(crm["contacts"].ids) > 1)
    counts = (contact > 0).astype(np.int64) + extra
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    of = np.repeat(np.arange(rows), counts)
    others = contact[of]
    second = np.arange(len(of)) - starts[of] > 0
    if second.any():
        known = crm["contacts"].ids
        others[second] = known[(np.searchsorted(known, others[second]) + 1) % len(known)]
    found: dict[str, Column] = {
        "companyId": Number(links(world, rows, crm["companies"].ids, 0.5), (0, None), bare=True),
        "contactId": Number(contact, (0, None), bare=True),
        "contactIds": Lists(starts, others),
        "mycompanyId": pick(world, rows, (0, None), (80, 20)),
    }
    if kind.has("observers"):
        found["observers"] = pick(world, rows, ([], [3], [3, 9]), (85, 10, 5))
    return found


def _money(world: World, rows: int) -> dict[str, Column]:
    amount = (world.rng.lognormal(7.5, 1.2, rows) * 100).astype(np.int64)
    amount = np.where(world.rng.random(rows) < 0.05, 0, amount)
    return {
        "opportunity": Amount(amount),
        "taxValue": Amount(np.where(world.rng.random(rows) < 0.5, amount * 19 // 119, 0)),
        "currencyId": pick(world, rows, ("EUR", "USD", "RUB"), (70, 18, 12)),
        "isManualOpportunity": pick(world, rows, ("N", "Y"), (60, 40)),
    }


def _details(world: World, kind: ItemType, ids: Ints, created: Ints) -> dict[str, Column]:
    rng, rows = world.rng, len(ids)
    begin = created // DAY * DAY
    close = begin + rng.integers(5, 60, rows) * DAY
    return {
        "begindate": Moment(begin, world.zone),
        "closedate": Moment(np.where(rng.random(rows) < 0.1, 0, close), world.zone, (None,)),
        "actualDate": Moment(np.where(rng.random(rows) < 0.3, 0, close), world.zone, (None,)),
        "sourceId": sources(world, rows),
        "sourceDescription": pick(world, rows, words.SOURCE_NOTES),
        "comments": pick(world, rows, words.COMMENTS),
        "content": pick(world, rows, ("", "Scope: see attachment", "[B]Состав[/B]: монтаж")),
        "terms": pick(world, rows, ("", "30 days net", "Предоплата 50%")),
        **{name: Same(2, rows) for name in ("commentsType", "contentType", "termsType")},
        "storageTypeId": Same(3, rows),
        "quoteNumber": Coded("", ids),
        "accountNumber": Coded("R-2025/" if kind.type_id == 31 else "", ids),
        "clientTitle": pick(world, rows, ("Nordwind GmbH", "ООО «Ромашка»", "", None)),
        "clientPhone": pick(world, rows, ("", "+49 30 1234567")),
        "utmSource": pick(world, rows, words.UTM_SOURCES),
    }


def _parents(world: World, rows: int, crm: Mapping[str, Seeded]) -> dict[str, Column]:
    deal = Number(links(world, rows, crm["deals"].ids, 0.5), (None, None), bare=True)
    return {
        "parentId2": deal,
        "dealId": deal,
        "leadId": Number(links(world, rows, crm["leads"].ids, 0.1), (None, 0), bare=True),
        "parentId1": Number(links(world, rows, crm["leads"].ids, 0.1), (None, None), bare=True),
    }


def _custom(world: World, kind: ItemType, rows: int, custom: CustomFields) -> dict[str, Column]:
    made = custom_columns(kind.custom_entity, rows, world.rng, world.epoch, world.zone, custom)
    fields = {str(row["FIELD_NAME"]): custom_field(row) for row in custom.rows}
    return {name: converted(column, to_universal(fields[name])) for name, column in made.items()}


def item_counts(type_ids: Sequence[int], deals: int, counts: Mapping[str, int]) -> dict[int, int]:
    """Work out rows a type: a tenth of the deals for invoices, a twentieth for all others."""
    return {
        number: counts.get(f"items_{number}", deals // (10 if number == 31 else 20)) for number in type_ids
    }
