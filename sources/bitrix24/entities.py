"""Everything a portal holds that this source reads: one entity, one entry."""

from collections.abc import Mapping
from types import MappingProxyType

from .entities_crm import CRM
from .entities_work import WORK
from .entity import Dialect, Entity, Reading

__all__ = [
    "CONTACT_POINTS",
    "CURRENCY_RATES",
    "ENTITIES",
    "MULTIFIELDS",
    "REJECTED_ROWS",
    "Dialect",
    "Entity",
    "Reading",
]

ENTITIES: Mapping[str, Entity] = MappingProxyType({entity.name: entity for entity in (*CRM, *WORK)})

MULTIFIELDS = ("PHONE", "EMAIL", "WEB", "IM", "LINK")

CONTACT_POINTS = "contact_points"
"""The long table of phones, e-mails, sites and messengers: a value a row, cut from its owners' rows."""

CURRENCY_RATES = "currency_rates"
"""The rates of every day on which the currencies were read: the portal itself keeps today's only."""

REJECTED_ROWS = "rejected_rows"
"""Rows that no key tells apart (an empty or doubled id), as they came."""
