"""Makes all rows of a demo portal from one number."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from . import seed_words as words
from .seed_custom import definitions
from .seed_deals import Seeded, World, seed_deals, seed_stage_history
from .seed_dictionaries import currencies, pipelines, statuses
from .seed_office import OfficeSeed, seed_office
from .seed_parties import seed_companies, seed_contacts, seed_leads, seed_status_history
from .seed_satellites import SatelliteSeed, seed_satellites
from .seed_staff import departments, staff
from .seed_types import item_stages
from .table import Row
from .zone import Zone

Size = Literal["small", "medium", "large"]
DEALS: dict[str, int] = {"small": 2_000, "medium": 30_000, "large": 300_000}


@dataclass(frozen=True)
class Seed:
    """The first rows of every table."""

    crm: Mapping[str, Seeded]
    deal_stage_history: Seeded
    lead_status_history: Seeded
    users: list[Row]
    departments: list[Row]
    statuses: list[Row]
    pipelines: list[Row]
    currencies: list[Row]
    custom_fields: list[Row]
    satellites: SatelliteSeed
    office: OfficeSeed


def row_counts(size: str, deals: int | None, counts: Mapping[str, int] | None) -> dict[str, int]:
    """Work out rows a table: contacts and leads half, companies a sixth of the deals by default."""
    of_deals = DEALS[size] if deals is None else deals
    result = {
        "deals": of_deals,
        "contacts": of_deals // 2,
        "companies": of_deals // 6,
        "leads": of_deals // 2,
    }
    return result | dict(counts or {})


def make_seed(
    seed: int, counts: Mapping[str, int], epoch: int, zone: Zone, custom_fields: int | None = None
) -> Seed:
    """Make the same rows for the same seed, counts and epoch; with at most so many custom fields each."""
    rng = np.random.default_rng(seed)
    shuffler = random.Random(seed)
    first, last = list(words.FIRST_NAMES), list(words.LAST_NAMES)
    shuffler.shuffle(first)
    shuffler.shuffle(last)
    custom = definitions(custom_fields)
    world = World(rng, epoch, zone, staff(rng, epoch, zone, first, last), custom)
    companies = seed_companies(world, counts["companies"])
    contacts = seed_contacts(world, counts["contacts"], companies.ids)
    leads, lead_paths = seed_leads(world, counts["leads"], companies.ids, contacts.ids)
    converted = leads.ids[np.unique(lead_paths.owner[lead_paths.stage == _CONVERTED])]
    deals, deal_paths = seed_deals(world, counts["deals"], companies.ids, contacts.ids, converted)
    crm = {"deals": deals, "contacts": contacts, "companies": companies, "leads": leads}
    stages = statuses()
    stages += item_stages(1 + 2 * len(stages))
    return Seed(
        crm=crm,
        deal_stage_history=seed_stage_history(world, deal_paths, deals.ids),
        lead_status_history=seed_status_history(world, lead_paths, leads.ids),
        users=list(world.staff.rows),
        departments=departments(),
        statuses=stages,
        pipelines=pipelines(),
        currencies=currencies(epoch, zone),
        custom_fields=list(custom.rows),
        satellites=seed_satellites(world, seed, crm, counts),
        office=seed_office(seed, world, counts, crm),
    )


_CONVERTED = 3
