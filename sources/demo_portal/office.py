"""The tables beside the CRM, each with the rules by which users change it."""

from .calendar_records import EventRecords, SectionRecords
from .clock import Clock
from .disk_records import Drive
from .records import Records
from .seed_office import OfficeSeed
from .table import Table
from .task_records import PartRecords, TaskRecords
from .zone import Zone


class Office:
    """Groups, tasks, calendars, drive and chats of one portal."""

    def __init__(self, seed: OfficeSeed, users: Records, clock: Clock, zone: Zone) -> None:
        self.users = users
        self.groups = Records(Table(rows=seed.groups))
        self.tasks = TaskRecords(Table(seed.tasks, key="id"), clock, zone, users.get, self.groups.get)
        self.checklists = PartRecords(Table(seed.checklists), clock, zone)
        self.time_entries = PartRecords(Table(seed.time_entries), clock, zone)
        self.tasks.deleted += [self.checklists.forget, self.time_entries.forget]
        self.sections = SectionRecords(Table(rows=seed.sections), clock)
        self.events = EventRecords(Table(rows=seed.events), clock, zone, self.sections, users)
        storages = Records(Table(rows=seed.disk.storages))
        self.drive = Drive(storages, Table(seed.disk.folders), Table(seed.disk.files), clock, zone)
        self.chats = Records(Table(rows=seed.chats.chats))
        self.messages = Records(Table(rows=seed.chats.messages, key="id"), "id", bare=True)
        self.notifications = Records(Table(key="id"), "id", bare=True)

    def tables(self) -> dict[str, Records]:
        """Give the records by the name of their table."""
        return {
            "groups": self.groups,
            "tasks": self.tasks,
            "task_checklist_items": self.checklists,
            "task_time_entries": self.time_entries,
            "calendar_sections": self.sections,
            "calendar_events": self.events,
            "disk_storages": self.drive.storages,
            "disk_folders": self.drive.folders,
            "disk_files": self.drive.files,
            "disk_trash": self.drive.trash,
            "chats": self.chats,
            "chat_messages": self.messages,
            "notifications": self.notifications,
        }
