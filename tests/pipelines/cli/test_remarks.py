from types import SimpleNamespace

from pipelines.cli.remarks import remarks


def told(entity: str, status: str, error: str | None = None, note: str | None = None) -> SimpleNamespace:
    """What is known of a table after a run."""
    return SimpleNamespace(entity=entity, status=status, error=error, note=note)


def test_a_missing_scope_is_one_line_for_all_its_tables() -> None:
    """Each scope is named once, with every table that needs it, whatever method was refused."""
    refused = "%s: The request requires higher privileges [insufficient_scope] - Tick the missing scope."
    lines = remarks(
        [
            told("tasks", "skipped", refused % "tasks.task.list"),
            told("deals", "done"),
            told("items_31", "skipped", refused % "crm.item.list"),
            told("task_time_entries", "skipped", refused % "task.elapseditem.getlist"),
        ]
    )

    assert lines == [
        "skipped: tasks, task_time_entries: the webhook lacks the scope task (tick it in the portal)",
        "skipped: items_31: the webhook lacks the scope crm (tick it in the portal)",
    ]


def test_other_reasons_are_told_in_the_portals_words() -> None:
    """A method that is missing is named; what else a portal says is left as it is, without the method."""
    lines = remarks(
        [
            told("calls", "skipped", "voximplant.statistic.get: Method not found! [ERROR_METHOD_NOT_FOUND]"),
            told("smart_process_types", "skipped", "crm.type.list: Access denied [ACCESS_DENIED]"),
        ]
    )

    assert lines == [
        "skipped: calls: this portal has no voximplant.statistic.get",
        "skipped: smart_process_types: Access denied [ACCESS_DENIED]",
    ]


def test_what_is_true_of_several_tables_is_told_once() -> None:
    """A note or a failure that two tables share is one line."""
    note, failure = "1 of 31 calendars may not be read", "tasks.task.list: Broken module"
    lines = remarks(
        [
            told("calendar_sections", "done", note=note),
            told("calendar_events", "unchanged", note=note),
            told("tasks", "failed", failure),
            told("task_checklist_items", "failed", failure),
        ]
    )

    assert lines == [
        f"note: calendar_sections, calendar_events: {note}",
        f"tasks, task_checklist_items: failed: {failure}",
    ]
