"""Seeds everything that hangs on the records of the CRM: products, contacts, activities, calls and items."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .bindings import SeededLinks
from .item_types import BUILT_IN, INVOICE, QUOTE, smart_process
from .seed_activities import SeededActivities, seed_activities, seed_calls
from .seed_deals import Seeded, World
from .seed_items import item_counts, seed_items
from .seed_products import seed_deal_contacts, seed_product_rows, single_links
from .seed_types import item_field_definitions, item_pipelines, smart_process_types
from .table import Row


@dataclass(frozen=True)
class SatelliteSeed:
    """The first rows of the tables around the records."""

    product_rows: Seeded
    deal_contacts: SeededLinks
    contact_companies: SeededLinks
    activities: SeededActivities
    calls: Seeded
    items: Mapping[int, Seeded]
    types: list[Row]
    item_pipelines: list[Row]
    item_fields: list[Row]


def seed_satellites(
    world: World, seed: int, crm: Mapping[str, Seeded], counts: Mapping[str, int]
) -> SatelliteSeed:
    """Make the same rows for the same seed; `counts` may set the size of any of the tables."""
    # numbers of their own: what is made before or after does not change these rows
    world = replace(world, rng=np.random.default_rng([seed, 1]))
    deals = counts["deals"]
    links = seed_deal_contacts(world, crm["deals"], crm["contacts"].ids, counts.get("deal_contacts"))
    products = seed_product_rows(world, crm["deals"], crm["leads"], counts.get("product_rows"))
    activities = seed_activities(world, counts.get("activities", deals // 2), crm)
    calls = seed_calls(world, counts.get("calls", deals // 5), activities)
    types = smart_process_types(world.epoch, world.zone)
    custom = item_field_definitions()
    kinds = [BUILT_IN[QUOTE], BUILT_IN[INVOICE], *map(smart_process, types)]
    sizes = item_counts([kind.type_id for kind in kinds], deals, counts)
    return SatelliteSeed(
        product_rows=products,
        deal_contacts=links,
        contact_companies=single_links(crm["contacts"], "COMPANY_ID"),
        activities=activities,
        calls=calls,
        items={kind.type_id: seed_items(world, kind, sizes[kind.type_id], crm, custom) for kind in kinds},
        types=types,
        item_pipelines=item_pipelines(),
        item_fields=list(custom.rows),
    )
