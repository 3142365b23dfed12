"""One run at a time on a warehouse file."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.errors import LockedError


@contextmanager
def held(db: Path, folder: Path, purpose: str) -> Iterator[None]:
    """Hold a warehouse file for one run; `folder` is what runs keep beside it.

    The file lock goes with the process, however it ends; the note beside it says who holds it.

    Raises:
        LockedError: another run holds it.
    """
    note = folder / "lock.json"
    lock = FileLock(str(folder / "lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(
            f"{db} is held by another run{_holder(note)}: try again when it has ended"
        ) from None
    try:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        note.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose, "started": started}))
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    with suppress(OSError, ValueError, KeyError):
        held = json.loads(note.read_text())
        return f" ({held['purpose']}, process {held['pid']}, since {held['started']})"
    return ""
