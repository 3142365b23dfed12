"""dbt's parsed project, shared by all warehouse files of a user: to parse it anew takes five seconds.

dbt compares what it parsed with the files of the project and parses again what has changed, so an old one
does no harm. Without a folder to keep it in, every new warehouse file pays for its own.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_dir

_NAME = "partial_parse.msgpack"


class ParsedProject:
    """The parsed form of a project for one engine, for builds that keep theirs in `target_dir`."""

    def __init__(self, project: Path, engine: str, target_dir: Path) -> None:
        mark = hashlib.blake2s(f"{engine} {project}".encode(), digest_size=8).hexdigest()
        folder = os.environ.get("B24_CACHE_DIR") or user_cache_dir("b24-warehouse")
        self._shared = Path(folder) / f"parsed-{mark}.msgpack"
        self._own = target_dir / _NAME

    def lend(self) -> None:
        """Give a folder that has none the one that was parsed last."""
        if not self._own.exists():
            with suppress(OSError):
                self._own.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._shared, self._own)

    def keep(self) -> None:
        """Keep what was parsed, where it is not the one that was lent."""
        with suppress(OSError):
            if self._shared.exists() and self._own.stat().st_mtime <= self._shared.stat().st_mtime:
                return
            self._shared.parent.mkdir(parents=True, exist_ok=True)
            part = self._shared.with_suffix(f".{os.getpid()}")
            shutil.copy2(self._own, part)
            part.replace(self._shared)
