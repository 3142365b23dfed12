"""Makes the rows of everything beside the CRM: groups, tasks, calendars, drive and chats."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .seed_calendar import CalendarSeed, seed_sections
from .seed_chats import ChatSeed, seed_chats
from .seed_deals import Seeded, World
from .seed_disk import DiskSeed, seed_disk, seed_storages
from .seed_groups import groups
from .seed_task_parts import seed_checklists, seed_time, spread_time
from .seed_tasks import seed_tasks
from .table import Row

# rows for so many deals
_DEALS_A_TASK, _DEALS_A_TIME_ENTRY, _DEALS_A_FOLDER, _DEALS_A_FILE = 5, 10, 40, 4


@dataclass(frozen=True)
class OfficeSeed:
    """The first rows of the tables beside the CRM."""

    groups: list[Row]
    tasks: Seeded
    checklists: Seeded
    time_entries: Seeded
    sections: list[Row]
    events: list[Row]
    disk: DiskSeed
    chats: ChatSeed


def seed_office(seed: int, world: World, counts: Mapping[str, int], crm: Mapping[str, Seeded]) -> OfficeSeed:
    """Make all of it; each part draws from its own sequence, so that one count changes no other part."""

    def part(number: int) -> World:
        return replace(world, rng=np.random.default_rng((seed, number)))

    deals = counts["deals"]
    users = list(world.staff.rows)
    workgroups = groups(world.epoch, world.zone)
    rows = counts.get("tasks", deals // _DEALS_A_TASK)
    entries = counts.get("task_time_entries", deals // _DEALS_A_TIME_ENTRY if rows else 0)
    owner, seconds = spread_time(np.random.default_rng((seed, 11)), rows, entries)
    spent = np.bincount(owner, weights=seconds, minlength=rows).astype(np.int64)
    tasks = seed_tasks(part(12), rows, crm, workgroups, spent)
    sections = seed_sections(users, workgroups, world.epoch)
    calendar = CalendarSeed(seed, world.epoch, world.zone, world.staff, sections)
    return OfficeSeed(
        groups=workgroups,
        tasks=tasks,
        checklists=seed_checklists(part(13), tasks, counts.get("task_checklist_items")),
        time_entries=seed_time(part(14), tasks, owner, seconds),
        sections=sections,
        events=calendar.events(counts.get("calendar_events")),
        disk=seed_disk(
            part(15),
            seed_storages(users, workgroups),
            counts.get("disk_folders", deals // _DEALS_A_FOLDER),
            counts.get("disk_files", deals // _DEALS_A_FILE),
        ),
        chats=seed_chats(world),
    )
