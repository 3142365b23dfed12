"""The methods beside the CRM: name, scope and handler of each."""

from . import (
    calendar_methods,
    calendar_writes,
    chat_methods,
    checklist_methods,
    disk_methods,
    elapsed_methods,
    group_methods,
    task_methods,
    task_writes,
)
from .crm_methods import Handler

OFFICE_METHODS: tuple[tuple[str, str, Handler], ...] = (
    *task_methods.ROWS,
    *task_writes.ROWS,
    *checklist_methods.ROWS,
    *elapsed_methods.ROWS,
    *calendar_methods.ROWS,
    *calendar_writes.ROWS,
    *disk_methods.ROWS,
    *chat_methods.ROWS,
    *group_methods.ROWS,
)
