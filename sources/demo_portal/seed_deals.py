"""Seeds deals and their stage history as columns."""
# ruff: noqa: PLR2004  texts in two scripts; shares of demo data are plain numbers

from dataclasses import dataclass

import numpy as np

from . import seed_words as words
from .columns import Choice, Column, Made, Moment, Money, Number, Phrase, Same
from .seed_custom import CustomFields, custom_columns
from .seed_dictionaries import DIRECTORIES
from .seed_paths import CATEGORIES, STAGES, Ints, Paths, creation_times, forget_stage, walk
from .seed_staff import Staff
from .zone import DAY, Zone

HISTORY_DAYS = 545


@dataclass(frozen=True)
class Seeded:
    """Ids and columns of one table."""

    ids: Ints
    columns: dict[str, Column]


@dataclass(frozen=True)
class World:
    """What all seeding functions share."""

    rng: np.random.Generator
    epoch: int
    zone: Zone
    staff: Staff
    custom: CustomFields


def gapped_ids(rng: np.random.Generator, rows: int, start: int) -> Ints:
    """Number rows upwards, leaving the gaps of deleted ones."""
    gaps = np.where(rng.random(rows) < 0.05, rng.integers(1, 6, rows), 0)
    return (start + np.cumsum(1 + gaps)).astype(np.int64)


def pick(
    world: World, rows: int, values: tuple[object, ...], weights: tuple[float, ...] | None = None
) -> Choice:
    """Choose one of a few values for each row."""
    shares = None if weights is None else np.array(weights) / sum(weights)
    return Choice(world.rng.choice(len(values), size=rows, p=shares).astype(np.uint8), values)


def people(world: World, rows: int) -> Ints:
    """Choose responsible users: mostly active ones, some dismissed, a few deleted."""
    groups = (world.staff.active, world.staff.dismissed, world.staff.deleted)
    ids = np.array([number for group in groups for number in group], dtype=np.int64)
    weights = np.concatenate(
        [np.full(len(g), share / len(g)) for g, share in zip(groups, (0.93, 0.065, 0.005), strict=True)]
    )
    return world.rng.choice(ids, size=rows, p=weights / weights.sum())


def links(world: World, rows: int, ids: Ints, share: float) -> Ints:
    """Point a share of the rows at others, a few of which attract many; 0 or -1 where there is no link."""
    missing = -(world.rng.random(rows) < 0.5).astype(np.int64)
    if not len(ids):
        return missing
    favoured = (len(ids) * world.rng.random(rows) ** 2).astype(np.int64)
    return np.where(world.rng.random(rows) < share, ids[favoured], missing)


def changed_at(world: World, since: Ints) -> Ints:
    """Give modification times after `since`; a mass update leaves many rows on the same second."""
    rng, rows = world.rng, len(since)
    later = since + np.where(rng.random(rows) < 0.5, 0, rng.exponential(12 * DAY, rows)).astype(np.int64)
    later = np.where(later >= world.epoch, since, later)
    bulk = world.epoch - 40 * DAY - 12_345
    return np.where((rng.random(rows) < 0.03) & (since < bulk), bulk, np.minimum(later, world.epoch - 1))


def utm_columns(world: World, rows: int) -> dict[str, Column]:
    """Make the five UTM columns."""
    return {
        "UTM_SOURCE": pick(world, rows, words.UTM_SOURCES, (60, 15, 3, 8, 6, 6, 2)),
        "UTM_MEDIUM": pick(world, rows, words.UTM_MEDIA, (60, 20, 5, 10, 5)),
        "UTM_CAMPAIGN": pick(world, rows, words.UTM_CAMPAIGNS, (65, 15, 10, 5, 5)),
        "UTM_CONTENT": Same(None, rows),
        "UTM_TERM": pick(world, rows, words.UTM_TERMS),
    }


def sources(world: World, rows: int) -> Choice:
    """Choose sources: those of the directory, one deleted since, and both empty forms."""
    codes = tuple(code for code, _ in DIRECTORIES["SOURCE"])
    return pick(world, rows, (*codes, "UC_GONE77", None, ""), (*[8.0] * len(codes), 1.0, 6.0, 3.0))


def seed_deals(
    world: World, rows: int, companies: Ints, contacts: Ints, converted_leads: Ints
) -> tuple[Seeded, Paths]:
    """Make deals spread over eighteen months and the visits of their stages."""
    rng = world.rng
    created = creation_times(rng, rows, world.epoch, HISTORY_DAYS)
    ids = gapped_ids(rng, rows, 20)
    paths = forget_stage(rng, walk(rng, created, world.epoch))
    last = paths.last_of(rows)
    moved, stage, category = paths.time[last], paths.stage[last], paths.category[last]
    modified = changed_at(world, moved)
    semantic = np.array(["PSF".index(item.semantic) for item in STAGES])[stage]
    owner, author = people(world, rows), people(world, rows)
    planned = (created // DAY + rng.integers(7, 120, rows)) * DAY
    closing = np.where(semantic > 0, moved // DAY * DAY, planned)
    amount = (rng.lognormal(8.2, 1.2, rows) * 100).astype(np.int64)
    amount = np.where(rng.random(rows) < 0.04, 0, amount)
    place = np.array([item.place for item in STAGES])[stage]
    columns: dict[str, Column] = {
        "ID": Number(ids),
        "TITLE": Phrase(
            rng.integers(0, len(words.DEAL_TITLES), rows).astype(np.uint16), words.DEAL_TITLES, ids
        ),
        "TYPE_ID": pick(world, rows, ("SALE", "COMPLEX", "GOODS", "SERVICES", ""), (50, 20, 15, 10, 5)),
        "STAGE_ID": Choice(stage.astype(np.uint8), tuple(item.code for item in STAGES)),
        "PROBABILITY": Choice(
            np.minimum(place, 7).astype(np.uint8), (None, "20", "40", "60", "80", "90", "95", "0")
        ),
        "CURRENCY_ID": pick(world, rows, ("EUR", "USD", "RUB", "PLN", "JPY", "GBP"), (60, 18, 12, 6, 2, 2)),
        "OPPORTUNITY": Money(amount),
        "IS_MANUAL_OPPORTUNITY": pick(world, rows, ("N", "Y")),
        "TAX_VALUE": pick(world, rows, ("0.00", None), (95, 5)),
        "LEAD_ID": Number(_from_leads(world, rows, converted_leads), (None, "0")),
        "COMPANY_ID": Number(links(world, rows, companies, 0.62), (None, "0")),
        "CONTACT_ID": Number(links(world, rows, contacts, 0.88), (None, "0")),
        "QUOTE_ID": Same(None, rows),
        "BEGINDATE": Moment(created // DAY * DAY, world.zone),
        "CLOSEDATE": Moment(np.where(rng.random(rows) < 0.03, 0, closing), world.zone, ("",)),
        "ASSIGNED_BY_ID": Number(owner),
        "CREATED_BY_ID": Number(author),
        "MODIFY_BY_ID": Number(np.where(rng.random(rows) < 0.7, owner, author)),
        "DATE_CREATE": Moment(created, world.zone),
        "DATE_MODIFY": Moment(modified, world.zone),
        "OPENED": pick(world, rows, ("Y", "N"), (90, 10)),
        "CLOSED": Choice((semantic > 0).astype(np.uint8), ("N", "Y")),
        "COMMENTS": pick(world, rows, words.COMMENTS, (20, 20, *[5.0] * (len(words.COMMENTS) - 2))),
        "ADDITIONAL_INFO": pick(world, rows, (None, "", "Delivery to the back yard")),
        "LOCATION_ID": Same(None, rows),
        "CATEGORY_ID": Choice(
            np.searchsorted(CATEGORIES, category).astype(np.uint8), tuple(map(str, CATEGORIES))
        ),
        "STAGE_SEMANTIC_ID": Choice(semantic.astype(np.uint8), ("P", "S", "F")),
        "IS_NEW": Choice((place == 0).astype(np.uint8), ("N", "Y")),
        "IS_RECURRING": pick(world, rows, ("N", "Y"), (99.3, 0.7)),
        "IS_RETURN_CUSTOMER": pick(world, rows, ("N", "Y"), (80, 20)),
        "IS_REPEATED_APPROACH": pick(world, rows, ("N", "Y"), (95, 5)),
        "SOURCE_ID": sources(world, rows),
        "SOURCE_DESCRIPTION": pick(world, rows, words.SOURCE_NOTES),
        "ORIGINATOR_ID": pick(world, rows, (None, "SHOP"), (92, 8)),
        "ORIGIN_ID": Number(np.where(rng.random(rows) < 0.08, ids + 700_000, 0), (None,)),
        "MOVED_BY_ID": Number(owner),
        "MOVED_TIME": Moment(moved, world.zone),
        "LAST_ACTIVITY_TIME": Moment(modified, world.zone),
        **utm_columns(world, rows),
        "PARENT_ID_1220": pick(world, rows, (None, "22", "35"), (90, 6, 4)),
        "LAST_ACTIVITY_BY": Number(owner),
        **custom_columns("CRM_DEAL", rows, rng, world.epoch, world.zone, world.custom),
    }
    return Seeded(ids, columns), paths


def _from_leads(world: World, rows: int, leads: Ints) -> Ints:
    linked = np.flatnonzero(world.rng.random(rows) < 0.3)
    found = -(world.rng.random(rows) < 0.3).astype(np.int64)
    if len(leads) and len(linked):
        # both run in time, so a deal points at a lead of about its own age
        found[linked] = leads[np.arange(len(linked)) * len(leads) // len(linked)]
    return found


def seed_stage_history(world: World, paths: Paths, deals: Ints) -> Seeded:
    """Make the rows of crm.stagehistory.list for deals: integers, in the order they were written."""
    rows = len(paths.owner)
    ids = gapped_ids(world.rng, rows, 30)
    semantic = np.array(["PSF".index(item.semantic) for item in STAGES])[paths.stage]
    columns: dict[str, Column] = {
        "ID": Number(ids, bare=True),
        "TYPE_ID": Number(paths.type, bare=True),
        "OWNER_ID": Number(deals[paths.owner] if rows else paths.owner, bare=True),
        "CREATED_TIME": Moment(paths.time, world.zone),
        "CATEGORY_ID": Number(paths.category, bare=True),
        "STAGE_SEMANTIC_ID": Choice(semantic.astype(np.uint8), ("P", "S", "F")),
        "STAGE_ID": Choice(paths.stage.astype(np.uint8), tuple(item.code for item in STAGES)),
    }
    return Seeded(ids, columns)


PHONES, EMAILS = 2_654_435_761, 2_246_822_519  # odd multipliers that scatter neighbouring ids


def has_phone(ids: Ints, seed: int) -> Choice:
    """Make HAS_PHONE to match the phones."""
    return Choice(((ids * PHONES + seed) % 2**32 % 5 != 0).astype(np.uint8), ("N", "Y"))


def has_email(ids: Ints, seed: int) -> Choice:
    """Make HAS_EMAIL to match the e-mails."""
    return Choice(((ids * EMAILS + seed) % 2**32 % 4 != 0).astype(np.uint8), ("N", "Y"))


def phone_column(ids: Ints, offset: int, seed: int) -> Made:
    """Make PHONE values: none, one or two a row, some shared between rows, each with an id of its own."""

    def make(position: int) -> object | None:
        mixed = (int(ids[position]) * PHONES + seed) % 2**32
        if mixed % 5 == 0:
            return None
        main = f"+49 30 {1_000_000 + (mixed >> 9) % 9_000_000 // (1 + 90 * (mixed % 11 == 1))}"
        values = [(main, "WORK")]
        if mixed % 7 == 2:
            values.append(
                (f"8 (916) {100 + mixed % 899}-{10 + mixed % 89}-{10 + (mixed >> 5) % 89}", "MOBILE")
            )
        return _elements(values, "PHONE", offset + 4 * position)

    return Made(make)


def email_column(ids: Ints, offset: int, seed: int) -> Made:
    """Make EMAIL values: none or one a row, in mixed case."""

    def make(position: int) -> object | None:
        mixed = (int(ids[position]) * EMAILS + seed) % 2**32
        if mixed % 4 == 0:
            return None
        name = f"Person{mixed % 50_000}" if mixed % 3 else f"info{int(ids[position])}"
        address = f"{name}@example.{('com', 'de', 'ru')[mixed % 3]}"
        return _elements([(address, "WORK")], "EMAIL", offset + 4 * position + 2)

    return Made(make)


def _elements(values: list[tuple[str, str]], kind: str, first: int) -> list[dict[str, str]]:
    return [
        {"ID": str(first + index), "VALUE_TYPE": value_type, "VALUE": value, "TYPE_ID": kind}
        for index, (value, value_type) in enumerate(values)
    ]
