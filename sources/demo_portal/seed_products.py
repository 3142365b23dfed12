"""Seeds product rows, which add up to their deal's amount, and contacts, the first being the deal's."""
# ruff: noqa: PLR2004  shares of demo data are plain numbers

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .bindings import SeededLinks
from .columns import Choice, Column, Moment, Money, Number, Same
from .item_columns import Amount, Coded
from .product_rows import PRODUCTS
from .seed_deals import Seeded, World, gapped_ids
from .seed_dictionaries import RATES
from .seed_paths import Ints

_FIRST_ROW = 17_000
_GONE = (499, "Discontinued item", 796, "pcs")
_FREE = (0, "Custom work as agreed", 356, "h")


@dataclass(frozen=True)
class _Owners:
    """Rows that have products: what they are, their amount in cents, and whether it was typed in by hand."""

    letter: npt.NDArray[np.uint8]
    ids: Ints
    created: Ints
    cents: Ints
    manual: npt.NDArray[np.bool_]
    rate: npt.NDArray[np.float64]


def seed_product_rows(world: World, deals: Seeded, leads: Seeded, wanted: int | None) -> Seeded:
    """Make one to four rows on 40 % of the deals and 10 % of the leads, or so many rows in all."""
    rng = world.rng
    owners = _chosen(world, deals, leads, wanted)
    per_owner = rng.integers(1, 5, len(owners.ids))
    if wanted is not None:
        before = np.cumsum(per_owner) - per_owner
        per_owner = np.clip(wanted - before, 0, per_owner)
    of = np.repeat(np.arange(len(owners.ids)), per_owner)
    place = np.arange(len(of)) - np.repeat(np.cumsum(per_owner) - per_owner, per_owner)
    last = place == per_owner[of] - 1
    target = np.where(owners.manual, owners.cents * 9 // 10, owners.cents)[of]
    quantity, price = _split(rng, of, last, target, len(owners.ids))
    return _as_columns(world, owners, of, place, quantity, price)


def _chosen(world: World, deals: Seeded, leads: Seeded, wanted: int | None) -> _Owners:
    parts = []
    for letter, (rows, share) in enumerate(((deals, 0.4), (leads, 0.1))):
        chosen = world.rng.random(len(rows.ids)) < (share if wanted is None else 1.0)
        at = np.flatnonzero(chosen)
        parts.append(
            (
                np.full(len(at), letter),
                rows.ids[at],
                _moments(rows.columns["DATE_CREATE"])[at],
                _cents(rows.columns["OPPORTUNITY"])[at],
                _codes(rows.columns["IS_MANUAL_OPPORTUNITY"])[at] == 1,
                _rates(rows.columns["CURRENCY_ID"])[at],
            )
        )
    letters, ids, created, cents, manual, rate = (np.concatenate(one) for one in zip(*parts, strict=True))
    order = np.argsort(created, kind="stable")
    return _Owners(
        letters[order].astype(np.uint8), ids[order], created[order], cents[order], manual[order], rate[order]
    )


def _split(
    rng: np.random.Generator, of: Ints, last: npt.NDArray[np.bool_], target: Ints, owners: int
) -> tuple[Ints, Ints]:
    """Give quantities in hundredths and prices in cents: the rows of an owner add up to its target."""
    quantity = np.where(last, 100, rng.choice([100, 100, 200, 300, 250, 1000], len(of)))
    weight = rng.random(len(of)) + 0.2
    total = np.bincount(of, weight, owners)[of]
    # half units cost an even number of cents, or the sum would have fractions of one
    price = (target * weight / total * 100 / quantity).astype(np.int64) // 2 * 2
    spent = np.bincount(of, np.where(last, 0, price * quantity // 100), owners).astype(np.int64)[of]
    return quantity, np.where(last, target - spent, price)


def _as_columns(world: World, owners: _Owners, of: Ints, place: Ints, quantity: Ints, price: Ints) -> Seeded:
    rng, rows = world.rng, len(of)
    ids = gapped_ids(rng, rows, _FIRST_ROW)
    taxes = (None, 10, 19, 20)
    tax = rng.choice(4, rows, p=(0.3, 0.1, 0.4, 0.2))
    percent = rng.choice([0, 10, 25], rows, p=(0.8, 0.15, 0.05))
    absolute = (percent > 0) & (rng.random(rows) < 0.3)
    factor = 1 + np.array([rate or 0 for rate in taxes])[tax] / 100
    exclusive = np.round(price / factor).astype(np.int64)
    netto = np.round(exclusive / (1 - percent / 100)).astype(np.int64)
    goods = (*((number, *entry) for number, entry in PRODUCTS.items()), _GONE, _FREE)
    product = rng.choice(len(goods), rows, p=(*[0.94 / len(PRODUCTS)] * len(PRODUCTS), 0.02, 0.04))
    product = product.astype(np.uint8)
    basket = np.where(rng.random(rows) < 0.6, ids // 2, 0)
    columns: dict[str, Column] = {
        "id": Number(ids, bare=True),
        "ownerId": Number(owners.ids[of], bare=True),
        "ownerType": Choice(owners.letter[of], ("D", "L")),
        "productId": Number(np.array([one[0] for one in goods])[product], bare=True),
        "productName": Choice(product, [one[1] for one in goods]),
        "price": Amount(price),
        "priceAccount": Amount(np.round(price * owners.rate[of]).astype(np.int64)),
        "priceExclusive": Amount(exclusive),
        "priceNetto": Amount(netto),
        "priceBrutto": Amount(np.round(netto * factor).astype(np.int64)),
        "quantity": Amount(quantity),
        "discountTypeId": Choice(absolute.astype(np.uint8), (2, 1)),
        "discountRate": Number(percent, bare=True),
        "discountSum": Amount(netto - exclusive),
        "taxRate": Choice(tax.astype(np.uint8), taxes),
        "taxIncluded": Choice((tax > 0).astype(np.uint8), ("N", "Y")),
        "customized": Same("Y", rows),
        "measureCode": Choice(product, [one[2] for one in goods]),
        "measureName": Choice(product, [one[3] for one in goods]),
        "sort": Number(10 * (place + 1), bare=True),
        "xmlId": Coded("sale_basket_", basket, empty=("",)),
        "type": Choice(product, [1 if one in (_GONE, _FREE) else 4 for one in goods]),
        "storeId": Choice(rng.integers(0, 3, rows).astype(np.uint8), (None, 17, 19)),
    }
    return Seeded(ids, columns)


def seed_deal_contacts(world: World, deals: Seeded, contacts: Ints, wanted: int | None) -> SeededLinks:
    """Bind the contact that each deal has, and one or two more to some; cut ones lose CONTACT_ID."""
    rng = world.rng
    column = deals.columns["CONTACT_ID"]
    assert isinstance(column, Number)  # noqa: S101  seeded so
    first = column.values
    at = np.flatnonzero(first > 0)
    extra = np.where(rng.random(len(at)) < 0.15, rng.integers(1, 3, len(at)), 0)
    if wanted is not None and wanted < len(at):
        first = np.where(np.isin(np.arange(len(first)), at[wanted:]), 0, first)
        deals.columns["CONTACT_ID"] = Number(first, column.empty)
        at = at[:wanted]
        extra = np.zeros(wanted, dtype=np.int64)
    elif wanted is not None:
        slots = rng.permutation(2 * len(at))[: wanted - len(at)]
        extra = np.bincount(slots % max(1, len(at)), minlength=len(at))
    if len(contacts) < 3:
        extra = np.zeros(len(at), dtype=np.int64)
    counts = np.zeros(len(first), dtype=np.int64)
    counts[at] = 1 + extra
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    of = np.repeat(np.arange(len(first)), counts)
    place = np.arange(len(of)) - starts[of]
    others = first[of]
    if len(contacts) >= 3:
        # neighbours of the first contact in the list: never the same one twice
        base = np.searchsorted(contacts, np.maximum(others, 0))
        others = contacts[(base + place) % len(contacts)]
    return SeededLinks(deals.ids, starts, others.astype(np.int64))


def single_links(owners: Seeded, code: str) -> SeededLinks:
    """Make bindings of a field that names one other row at most."""
    column = owners.columns[code]
    assert isinstance(column, Number)  # noqa: S101  seeded so
    counts = (column.values > 0).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return SeededLinks(owners.ids, starts, column.values[column.values > 0])


def _moments(column: Column) -> Ints:
    assert isinstance(column, Moment)  # noqa: S101  seeded so
    return column.seconds


def _cents(column: Column) -> Ints:
    assert isinstance(column, Money)  # noqa: S101  seeded so
    return column.cents


def _codes(column: Column) -> Ints:
    assert isinstance(column, Choice)  # noqa: S101  seeded so
    return column.codes.astype(np.int64)


def _rates(column: Column) -> npt.NDArray[np.float64]:
    assert isinstance(column, Choice)  # noqa: S101  seeded so
    rates = np.array([RATES.get(str(code), 1.0) for code in column.values])
    return rates[column.codes]
