"""Tasks, activities, calls and files of the hand-checkable case."""

from tests.transforms.raw_file import Tables, rows_of

NEVER = "9999-12-31T00:00:00+01:00"

# id, status, responsible, created by, created, started, deadline, closed, seconds spent
_TASKS = [
    (1, 2, 1, 2, "2024-05-01T10:00Z", None, "2024-06-29T12:00Z", None, 0),
    # put off, and overdue all the same: 15 days
    (2, 6, 1, 1, "2024-05-02T10:00Z", None, "2024-06-15T12:00Z", None, 1800),
    # waits for a nod: not overdue, though the deadline is past
    (3, 4, 1, 2, "2024-05-03T10:00Z", "2024-05-03T11:00Z", "2024-06-10T12:00Z", "2024-06-09T12:00Z", 0),
    (4, 4, 1, 2, "2024-05-03T10:00Z", "2024-05-03T11:00Z", "2024-06-10T12:00Z", "2024-06-10T12:00:01Z", 0),
    (5, 5, 1, 2, "2024-05-06T10:00Z", "2024-05-06T11:00Z", "2024-05-08T10:00Z", "2024-05-08T10:00Z", 5400),
    # late, over the night of 23 hours
    (
        6,
        5,
        2,
        1,
        "2024-03-30T12:00:00+01:00",
        "2024-03-30T13:00:00+01:00",
        "2024-03-31T11:00:00+02:00",
        "2024-03-31T12:00:00+02:00",
        0,
    ),
    (7, 3, 2, 1, "2024-06-03T10:00Z", "2024-06-04T10:00Z", NEVER, None, 0),
    (8, 2, 2, 2, "2024-06-03T10:00Z", None, None, None, 60),
    (9, 5, 2, 1, "2024-06-04T10:00Z", None, "", "2024-06-05T10:00Z", 0),
    # of somebody who is gone, set by nobody
    (10, 3, 4, 0, "2024-06-05T10:00Z", "2024-06-05T10:00Z", "2024-07-05T10:00Z", None, 0),
    (11, 2, 1, 2, "2024-06-05T10:00Z", None, "2024-06-06T10:00Z", None, 0),
    # from Sunday to Monday, by the portal's clock
    (12, 5, 2, 1, "2024-06-02T21:30Z", "2024-06-02T21:45Z", None, "2024-06-02T22:30Z", 0),
    # late and taken up again: closedDate is still there
    (13, 3, 3, 1, "2024-06-06T10:00Z", "2024-06-06T11:00Z", "2024-07-06T10:00Z", "2024-07-07T10:00Z", 0),
]

# id, type and id of the record, done, deadline
_ACTIVITIES = [
    (1, 2, 2, "N", "2024-07-02T10:00Z"),
    (2, 2, 2, "N", "2024-06-20T10:00Z"),
    (3, 2, 3, "N", NEVER),
    (4, 2, 4, "Y", "2024-06-20T10:00Z"),
    (5, 1, 9, "N", "2024-06-20T10:00Z"),
    (6, 2, 17, "N", "2024-07-20T10:00Z"),
    (7, 2, 17, "Y", "2024-06-01T10:00Z"),
]

# id, user, type, code, seconds
_CALLS = [
    (1, 1, 1, "200", 60),
    (2, 1, 4, "603", 0),
    (3, 1, 2, "200", 90),
    (4, 1, 3, "304", 0),
    (5, 1, 1, "304", 0),
    (6, 96, 2, "304", 0),
    (7, 0, 2, "200", 30),
    (8, 2, 2, "486", 0),
]

# id, storage, name, bytes, trash, changed
_FILES = [
    (1, 1, "Plan.PDF", 100, 0, "2024-06-29T10:00Z"),
    (2, 1, "plan.v2.pdf", 200, 3, "2024-06-20T10:00Z"),
    (3, 1, "README", 5, 0, "2024-05-01T10:00Z"),
    (4, 2, "x.", 7, 4, "2024-01-01T10:00Z"),
    (5, 2, "a.tar.GZ", 1000, 0, "2022-01-01T10:00Z"),
    (6, 9, "of nobody.gz", 10, 0, "2022-01-01T10:00Z"),
]


def tables() -> Tables:
    """The raw tables of what people do."""
    tasks = rows_of(
        "id status responsible_id created_by created_date date_start deadline closed_date time_spent_in_logs",
        _TASKS,
    )
    tasks[10]["_deleted_at"] = "2024-06-10T00:00Z"
    of_all = {"responsible_id": 1, "type_id": 6, "created": "2024-05-20T10:00Z"}
    activities = rows_of("id owner_type_id owner_id completed deadline", _ACTIVITIES)
    gone = {"responsible_id": 94, "_deleted_at": "2024-06-10T00:00Z"}
    calls = rows_of("id portal_user_id call_type call_failed_code call_duration", _CALLS)
    files = rows_of("id storage_id name size deleted_type update_time", _FILES)
    return {
        "tasks": tasks,
        "task_time_entries": [
            {
                "id": row["id"],
                "task_id": row["id"],
                "user_id": row["responsible_id"],
                "seconds": row["time_spent_in_logs"],
            }
            for row in tasks
            if row["time_spent_in_logs"]
        ],
        "activities": [
            *({**row, **of_all} for row in activities),
            {"id": 8, "owner_type_id": 2, "owner_id": 16, "completed": "N", **gone},
        ],
        "calls": [{**row, "call_start_date": "2024-06-01T10:00Z"} for row in calls],
        "disk_storages": rows_of(
            "id name entity_type entity_id",
            [
                (1, "Ada", "user", "1"),
                (2, "Company", "common", "shared_files_s1"),
                (3, "Project", "group", "5"),
            ],
        ),
        "disk_files": [
            *({**row, "create_time": row["update_time"]} for row in files),
            {"id": 7, "storage_id": 1, "name": "gone.pdf", "size": 1, "_deleted_at": "2024-06-10T00:00Z"},
        ],
    }
