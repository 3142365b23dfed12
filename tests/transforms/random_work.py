"""Tasks, activities, calls and files of the random portal."""

from datetime import timedelta
from random import Random

from tests.transforms.random_deals import AS_OF, DEALS, moment
from tests.transforms.raw_file import Row, Tables

PEOPLE = (1, 2, 3, 4, 5, 6, 20, 902)
NEVER = "9999-12-31T00:00:00+03:00"
AGES = (0, 0.5, 5, 29, 33, 60, 88, 93, 300, 363, 368, 900)  # none where counting days could differ
NAMES = ("a.PDF", "b.pdf", "c.tar.gz", "README", "d.", "e e.Docx", "f.Pdf")


def tables(chance: Random, first: int) -> Tables:
    """What people do besides talking."""
    tasks = [_task(chance, first + 1 + place) for place in range(220)]
    return {
        "tasks": tasks,
        "task_time_entries": [
            {
                "id": task["id"],
                "task_id": task["id"],
                "user_id": task["responsible_id"],
                "seconds": task["time_spent_in_logs"],
            }
            for task in tasks
            if task["time_spent_in_logs"] and not task["_deleted_at"]
        ],
        "activities": [_activity(chance, first, place) for place in range(260)],
        "calls": [_call(chance, first + 1 + place) for place in range(150)],
        "disk_storages": [
            {"id": first + 1, "name": "A", "entity_type": "user", "entity_id": "1"},
            {"id": first + 2, "name": "B", "entity_type": "common", "entity_id": "shared_files_s1"},
            {"id": first + 3, "name": "C", "entity_type": "group", "entity_id": "5"},
        ],
        "disk_files": [_file(chance, first, place) for place in range(250)],
    }


def _task(chance: Random, number: int) -> Row:
    status = chance.choice((2, 3, 4, 5, 5, 5, 6))
    created = moment(chance)
    started = moment(chance, created) if chance.random() < 0.6 else None
    closed = moment(chance, started or created) if status in (4, 5) or chance.random() < 0.05 else None
    closed = None if chance.random() < 0.03 else closed
    deadline = chance.choice((None, "", NEVER, closed, moment(chance, created), moment(chance, created)))
    if chance.random() < 0.2:
        deadline = AS_OF + timedelta(days=chance.randrange(1, 60))
    return {
        "id": number,
        "title": "T",
        "status": status,
        "responsible_id": chance.choice((*PEOPLE, *PEOPLE, 0, None)),
        "created_by": chance.choice((*PEOPLE, *PEOPLE, 0, None)),
        "created_date": created.isoformat(),
        "date_start": started.isoformat() if started else None,
        "deadline": deadline if deadline is None or isinstance(deadline, str) else deadline.isoformat(),
        "closed_date": closed.isoformat() if closed else None,
        "time_spent_in_logs": chance.choice((None, 0, 60, 3601, 90_000)),
        "_deleted_at": "2024-06-01T00:00Z" if chance.random() < 0.05 else None,
    }


def _activity(chance: Random, first: int, place: int) -> Row:
    deadline = chance.choice((NEVER, None, "", *(moment(chance).isoformat() for _ in range(2))))
    if chance.random() < 0.3:
        deadline = (AS_OF + timedelta(seconds=chance.randrange(1, 9_000_000))).isoformat()
    return {
        "id": first + 1 + place,
        "owner_type_id": chance.choice((1, 2, 2, 2, 3)),
        "owner_id": first + chance.randrange(1, DEALS + 1),
        "responsible_id": chance.choice(PEOPLE),
        "type_id": chance.choice((1, 2, 4, 6)),
        "completed": chance.choice(("Y", "N", "N")),
        "created": moment(chance).isoformat(),
        "deadline": deadline,
        "_deleted_at": "2024-06-01T00:00Z" if chance.random() < 0.05 else None,
    }


def _call(chance: Random, number: int) -> Row:
    code = chance.choice(("200", "200", "304", "304", "603", "486"))
    return {
        "id": number,
        "portal_user_id": chance.choice((*PEOPLE, 0, None)),
        "call_type": chance.choice((1, 2, 3, 4)),
        "call_failed_code": code,
        "call_duration": chance.randrange(0, 900) if code == "200" else 0,
        "call_start_date": moment(chance).isoformat(),
        "_deleted_at": "2024-06-01T00:00Z" if chance.random() < 0.05 else None,
    }


def _file(chance: Random, first: int, place: int) -> Row:
    changed = AS_OF - timedelta(days=chance.choice(AGES), seconds=60)
    return {
        "id": first + 1 + place,
        "storage_id": first + chance.choice((1, 2, 3, 9)),
        "name": chance.choice(NAMES),
        "size": chance.choice((0, 5, 70_000, 3_000_000_000)),
        "deleted_type": chance.choice((0, 0, 0, 3, 4)),
        "create_time": (changed - timedelta(days=1)).isoformat(),
        "update_time": changed.isoformat(),
        "_deleted_at": "2024-06-01T00:00Z" if chance.random() < 0.05 else None,
    }
