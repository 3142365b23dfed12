"""Seeds contacts, companies and leads as columns."""
# ruff: noqa: PLR2004  texts in two scripts; shares of demo data are plain numbers

import numpy as np

from . import seed_words as words
from .columns import Choice, Column, Moment, Money, Number, Phrase, Same
from .seed_custom import custom_columns
from .seed_deals import (
    HISTORY_DAYS,
    Seeded,
    World,
    changed_at,
    email_column,
    gapped_ids,
    has_email,
    has_phone,
    links,
    people,
    phone_column,
    pick,
    sources,
    utm_columns,
)
from .seed_dictionaries import DIRECTORIES
from .seed_paths import CREATED, FINAL, MOVED, Ints, Paths, creation_times
from .zone import DAY

_LEAD_STAGES = (("NEW", "P"), ("IN_PROCESS", "P"), ("PROCESSED", "P"), ("CONVERTED", "S"), ("JUNK", "F"))
_CONVERTED, _JUNK = 3, 4


def _codes(directory: str) -> tuple[str, ...]:
    return tuple(code for code, _ in DIRECTORIES[directory])


def _address(world: World, rows: int, prefix: str = "") -> dict[str, Column]:
    return {
        f"{prefix}ADDRESS": pick(world, rows, words.STREETS),
        f"{prefix}ADDRESS_2": Same(None, rows),
        f"{prefix}ADDRESS_CITY": pick(world, rows, words.CITIES),
        f"{prefix}ADDRESS_POSTAL_CODE": pick(world, rows, (None, "10115", "01067", "")),
        f"{prefix}ADDRESS_REGION": Same(None, rows),
        f"{prefix}ADDRESS_PROVINCE": Same(None, rows),
        f"{prefix}ADDRESS_COUNTRY": pick(world, rows, words.COUNTRIES),
        f"{prefix}ADDRESS_COUNTRY_CODE": Same(None, rows),
        f"{prefix}ADDRESS_LOC_ADDR_ID": pick(world, rows, (None, "0", "17")),
    }


def _authors(world: World, rows: int, created: Ints) -> dict[str, Column]:
    owner = people(world, rows)
    modified = changed_at(world, created)
    return {
        "ASSIGNED_BY_ID": Number(owner),
        "CREATED_BY_ID": Number(people(world, rows)),
        "MODIFY_BY_ID": Number(owner),
        "LAST_ACTIVITY_BY": Number(owner),
        "DATE_CREATE": Moment(created, world.zone),
        "DATE_MODIFY": Moment(modified, world.zone),
        "LAST_ACTIVITY_TIME": Moment(modified, world.zone),
        "OPENED": pick(world, rows, ("Y", "N"), (85, 15)),
        "ORIGINATOR_ID": Same(None, rows),
        "ORIGIN_ID": Same(None, rows),
    }


def seed_companies(world: World, rows: int) -> Seeded:
    """Make companies."""
    rng = world.rng
    ids = gapped_ids(rng, rows, 5)
    created = creation_times(rng, rows, world.epoch, HISTORY_DAYS)
    phones, mails = phone_column(ids, 20_000_000, 11), email_column(ids, 20_000_000, 12)
    columns: dict[str, Column] = {
        "ID": Number(ids),
        "COMPANY_TYPE": pick(world, rows, _codes("COMPANY_TYPE"), (70, 12, 12, 6)),
        "TITLE": Phrase(
            rng.integers(0, len(words.COMPANY_NAMES), rows).astype(np.uint16), words.COMPANY_NAMES, ids
        ),
        "LOGO": Same(None, rows),
        "LEAD_ID": Same(None, rows),
        "HAS_PHONE": has_phone(ids, 11),
        "HAS_EMAIL": has_email(ids, 12),
        "HAS_IMOL": Same("N", rows),
        **_authors(world, rows, created),
        "BANKING_DETAILS": pick(world, rows, (None, "", "DE89 3704 0044 0532 0130 00")),
        "INDUSTRY": pick(world, rows, (*_codes("INDUSTRY"), None)),
        "REVENUE": Money((rng.lognormal(12, 1.5, rows) * 100).astype(np.int64)),
        "CURRENCY_ID": pick(world, rows, ("EUR", "USD", "RUB", ""), (70, 15, 13, 2)),
        "EMPLOYEES": pick(world, rows, (*_codes("EMPLOYEES"), "")),
        "COMMENTS": pick(world, rows, words.COMMENTS),
        "IS_MY_COMPANY": pick(world, rows, ("N", "Y"), (99, 1)),
        "ORIGIN_VERSION": Same(None, rows),
        **_address(world, rows),
        "ADDRESS_LEGAL": Same(None, rows),
        **_address(world, rows, "REG_"),
        **utm_columns(world, rows),
        "PARENT_ID_1220": Same(None, rows),
        "LAST_COMMUNICATION_TIME": pick(world, rows, (None, "12.03.2026 14:05:00"), (80, 20)),
        **custom_columns("CRM_COMPANY", rows, world.rng, world.epoch, world.zone, world.custom),
        "PHONE": phones,
        "EMAIL": mails,
    }
    return Seeded(ids, columns)


def seed_contacts(world: World, rows: int, companies: Ints) -> Seeded:
    """Make contacts, some of which share a phone or an e-mail."""
    rng = world.rng
    ids = gapped_ids(rng, rows, 8)
    created = creation_times(rng, rows, world.epoch, HISTORY_DAYS)
    phones, mails = phone_column(ids, 10_000_000, 1), email_column(ids, 10_000_000, 2)
    born = -(rng.integers(-20_000, 3_000, rows)) * DAY // 2
    columns: dict[str, Column] = {
        "ID": Number(ids),
        "POST": pick(world, rows, words.POSITIONS),
        "COMMENTS": pick(world, rows, words.COMMENTS),
        "HONORIFIC": pick(world, rows, (None, "", *_codes("HONORIFIC"))),
        "NAME": pick(world, rows, tuple(words.FIRST_NAMES)),
        "SECOND_NAME": pick(world, rows, words.SECOND_NAMES),
        "LAST_NAME": pick(world, rows, (*words.LAST_NAMES, None, "")),
        "PHOTO": Same(None, rows),
        "LEAD_ID": Same(None, rows),
        "TYPE_ID": pick(world, rows, _codes("CONTACT_TYPE"), (75, 8, 10, 7)),
        "SOURCE_ID": sources(world, rows),
        "SOURCE_DESCRIPTION": pick(world, rows, words.SOURCE_NOTES),
        "COMPANY_ID": Number(links(world, rows, companies, 0.5), (None, "0")),
        "BIRTHDATE": Moment(np.where(rng.random(rows) < 0.8, 0, np.maximum(born, DAY)), world.zone, ("",)),
        "EXPORT": pick(world, rows, ("Y", "N"), (90, 10)),
        "HAS_PHONE": has_phone(ids, 1),
        "HAS_EMAIL": has_email(ids, 2),
        "HAS_IMOL": Same("N", rows),
        **_authors(world, rows, created),
        "ORIGIN_VERSION": Same(None, rows),
        "FACE_ID": Same(None, rows),
        **_address(world, rows),
        **utm_columns(world, rows),
        "PARENT_ID_1220": Same(None, rows),
        **custom_columns("CRM_CONTACT", rows, world.rng, world.epoch, world.zone, world.custom),
        "PHONE": phones,
        "EMAIL": mails,
    }
    return Seeded(ids, columns)


def seed_leads(world: World, rows: int, companies: Ints, contacts: Ints) -> tuple[Seeded, Paths]:
    """Make leads, somewhat older than the deals that come from them, and their status history."""
    rng = world.rng
    ids = gapped_ids(rng, rows, 10)
    created = creation_times(rng, rows, world.epoch, HISTORY_DAYS) - 5 * DAY
    fate = rng.choice(5, size=rows, p=(0.08, 0.1, 0.07, 0.45, 0.3))
    moved = np.where(fate == 0, created, created + rng.integers(600, 5 * DAY, rows))
    closed = np.where(fate >= _CONVERTED, moved, 0)
    phones, mails = phone_column(ids, 30_000_000, 21), email_column(ids, 30_000_000, 22)
    columns: dict[str, Column] = {
        "ID": Number(ids),
        "TITLE": Phrase(
            rng.integers(0, len(words.LEAD_TITLES), rows).astype(np.uint16), words.LEAD_TITLES, ids
        ),
        "HONORIFIC": Same(None, rows),
        "NAME": pick(world, rows, (*words.FIRST_NAMES, "", None)),
        "SECOND_NAME": pick(world, rows, words.SECOND_NAMES),
        "LAST_NAME": pick(world, rows, (*words.LAST_NAMES, None)),
        "COMPANY_TITLE": pick(world, rows, (None, "", "Kiosk & Co", "ИП Заря")),
        "COMPANY_ID": Number(links(world, rows, companies, 0.1), (None, "0")),
        "CONTACT_ID": Number(links(world, rows, contacts, 0.15), (None, "0")),
        "IS_RETURN_CUSTOMER": pick(world, rows, ("N", "Y"), (85, 15)),
        "BIRTHDATE": Same("", rows),
        "SOURCE_ID": sources(world, rows),
        "SOURCE_DESCRIPTION": pick(world, rows, words.SOURCE_NOTES),
        "STATUS_ID": Choice(fate.astype(np.uint8), tuple(code for code, _ in _LEAD_STAGES)),
        "STATUS_DESCRIPTION": pick(world, rows, (None, "", "no budget")),
        "POST": pick(world, rows, words.POSITIONS),
        "COMMENTS": pick(world, rows, words.COMMENTS),
        "CURRENCY_ID": pick(world, rows, ("EUR", "USD", "RUB"), (70, 15, 15)),
        "OPPORTUNITY": Money(np.where(rng.random(rows) < 0.5, 0, rng.integers(1_000, 5_000_000, rows))),
        "IS_MANUAL_OPPORTUNITY": pick(world, rows, ("N", "Y")),
        "HAS_PHONE": has_phone(ids, 21),
        "HAS_EMAIL": has_email(ids, 22),
        "HAS_IMOL": Same("N", rows),
        **_authors(world, rows, moved),
        "DATE_CREATE": Moment(created, world.zone),
        "DATE_CLOSED": Moment(closed, world.zone, ("",)),
        "STATUS_SEMANTIC_ID": Choice(fate.astype(np.uint8), tuple(semantic for _, semantic in _LEAD_STAGES)),
        "MOVED_BY_ID": Number(people(world, rows)),
        "MOVED_TIME": Moment(moved, world.zone),
        **_address(world, rows),
        **utm_columns(world, rows),
        **custom_columns("CRM_LEAD", rows, world.rng, world.epoch, world.zone, world.custom),
        "PHONE": phones,
        "EMAIL": mails,
    }
    return Seeded(ids, columns), _lead_paths(created, moved, fate)


def _lead_paths(created: Ints, moved: Ints, fate: Ints) -> Paths:
    rows = len(created)
    gone_on = np.flatnonzero(fate > 0)
    owner = np.concatenate([np.arange(rows), gone_on])
    time = np.concatenate([created, moved[gone_on]])
    stage = np.concatenate([np.zeros(rows, dtype=np.int64), fate[gone_on]])
    kind = np.concatenate([np.full(rows, CREATED), np.where(fate[gone_on] >= _CONVERTED, FINAL, MOVED)])
    order = np.lexsort((kind, time))
    return Paths(owner[order], time[order], stage[order], np.zeros(len(order), dtype=np.int64), kind[order])


def seed_status_history(world: World, paths: Paths, leads: Ints) -> Seeded:
    """Make the rows of crm.stagehistory.list for leads."""
    rows = len(paths.owner)
    ids = gapped_ids(world.rng, rows, 15)
    columns: dict[str, Column] = {
        "ID": Number(ids, bare=True),
        "TYPE_ID": Number(paths.type, bare=True),
        "OWNER_ID": Number(leads[paths.owner] if rows else paths.owner, bare=True),
        "CREATED_TIME": Moment(paths.time, world.zone),
        "STATUS_SEMANTIC_ID": Choice(
            paths.stage.astype(np.uint8), tuple(semantic for _, semantic in _LEAD_STAGES)
        ),
        "STATUS_ID": Choice(paths.stage.astype(np.uint8), tuple(code for code, _ in _LEAD_STAGES)),
    }
    return Seeded(ids, columns)
