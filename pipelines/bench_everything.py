"""Measures a sync of every entity of a demo portal against what its methods and limits allow at best."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

from pipelines.bench_figures import Figure
from pipelines.bench_process import Cost, cost_of, portal_process, sync_command, synced
from sources.bitrix24.entities import ENTITIES, Entity, Reading

_PAGE: Final = 50
_COMMANDS: Final = 50
_LIST_OF_OWNERS: Final = 30  # what a filter of product rows holds with about a page of rows
_REQUEST_FLOOR: Final = 1.15
_QUIET_REQUESTS: Final = 10  # of a run that finds nothing new
_WALKED: Final = ("calendar_sections", "calendar_events", "disk_folders", "disk_files")

HOW_MANY: Final = (
    "50 commands a request; 50 rows a command; 50 deals a command for their contacts, 30 deals or leads for "
    "their products; one command a task for its checklist, a calendar for events and sections, a folder"
)


@dataclass(frozen=True)
class Everything:
    """What was measured: the portal's tables, a first run, and one with nothing changed."""

    tables: Mapping[str, int]
    first: Cost
    quiet: Cost
    rate: float
    bucket: int

    def figures(self) -> list[Figure]:
        """The figures beside their bounds."""
        needed = sum(commands_needed(self.tables).values())
        floor = ceil(needed / _COMMANDS)
        judged = _REQUEST_FLOOR if floor > self.bucket else None
        full_pages = sum(ceil(rows / (_PAGE * _COMMANDS)) for rows in self.tables.values())
        walked = sum((self.quiet.told.commands or {}).get(name, 0) for name in _WALKED)
        waited = max(0.0, (self.first.requests - self.bucket) / self.rate) if self.rate > 0 else None
        run = self.first.told.seconds or self.first.seconds
        return [
            Figure("rows", self.first.told.rows),
            # what the bucket holds waits for nothing: there depth counts, not width
            Figure("requests", self.first.requests, "", floor, HOW_MANY, judged),
            Figure("requests", self.first.requests, "", full_pages, "2,500 rows a request, entity by entity"),
            Figure("commands", self.first.commands, "", needed, "as above"),
            Figure("run", run, "s", waited, f"(requests - {self.bucket}) / {self.rate:g}"),
            Figure("process", self.first.seconds, "s"),
            Figure("server time", self.first.operating_seconds, "s"),
            Figure("memory", self.first.peak_mb, "MB"),
            Figure(
                "requests, nothing changed",
                self.quiet.requests,
                "",
                _QUIET_REQUESTS + ceil(walked / _COMMANDS),
                f"10, and one for 50 of {walked} calendars and folders",
                1.0,
            ),
            Figure("run, nothing changed", self.quiet.told.seconds or self.quiet.seconds, "s"),
        ]


def measure_everything(
    size: str, step: Callable[[str], None], *, rate: float = 2.0, bucket: int = 50
) -> Everything:
    """Sync a portal of such a size, and sync it again.

    Raises:
        PipelineError: a process failed.
    """
    with tempfile.TemporaryDirectory(prefix="b24-bench-") as folder:
        step(f"A {size} portal, {rate:g} requests a second, {bucket} at once")
        with portal_process(rate, bucket, "--size", size) as portal:
            command = sync_command(str(Path(folder) / "bench.duckdb"))
            step("A sync of everything")
            first = cost_of(portal, command, synced, "the first sync")
            step("A sync with nothing changed")
            quiet = cost_of(portal, command, synced, "the second sync")
            tables = portal.stats()["tables"]
        return Everything(tables, first, quiet, rate, bucket)


def commands_needed(tables: Mapping[str, int]) -> dict[str, int]:
    """The fewest commands that can bring tables with so many rows, by raw table."""
    needed: dict[str, int] = {}
    for name, entity in ENTITIES.items():
        if entity.reading is Reading.PER_TYPE:
            needed |= {table: _pages(rows) for table, rows in tables.items() if table.startswith("items_")}
        else:
            needed[name] = _commands(entity, tables)
    return needed


def _commands(entity: Entity, tables: Mapping[str, int]) -> int:
    rows = tables[entity.name]
    if entity.name == "disk_files":
        return 0  # they come with the folders
    if entity.reading is Reading.DISK:
        return tables["disk_storages"] + rows
    if entity.reading is Reading.CALENDAR:
        return tables["disk_storages"]  # users, groups and the company have a drive each, and a calendar each
    if entity.reading is not Reading.OF_OWNERS:
        return max(len(entity.requests), _pages(rows))
    owners = sum(tables[owner] for owner in entity.owners)
    if entity.name == "task_checklist_items":
        return owners
    at_once = _PAGE if entity.calls else _LIST_OF_OWNERS
    return max(ceil(owners / at_once), _pages(rows))


def _pages(rows: int) -> int:
    return max(1, ceil(rows / _PAGE))
