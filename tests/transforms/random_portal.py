"""A portal of some hundred rows a table, drawn from seeds: gaps, zeros, ties on a second, deleted owners."""

from collections.abc import Sequence
from random import Random

from tests.transforms import random_calendar, random_deals, random_parties, random_work
from tests.transforms.raw_file import Row, Tables

SPAN = 1_000_000  # ids of one seed


def raw_tables(seeds: Sequence[int]) -> Tables:
    """One portal with the rows of all these seeds; the directories are those of all."""
    tables: Tables = random_parties.directories()
    for seed in seeds:
        chance = Random(seed)  # noqa: S311 - a failure has to come back with its seed
        first = seed * SPAN
        found: dict[str, list[Row]] = {
            **random_deals.tables(chance, first),
            **random_parties.tables(chance, first),
            **random_work.tables(chance, first),
            "calendar_events": random_calendar.events(chance, first),
        }
        for name, rows in found.items():
            tables.setdefault(name, []).extend(rows)
    return tables
