"""A user's own models beside those of the project: a folder of `.sql` and `.yml` files.

The project with the user's models is a copy, made for each build: what is installed stays as it is and may
be replaced by the next version.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.dbt_project import PROJECT

_PLACE: Final = Path("models/custom")


@dataclass(frozen=True)
class CustomModels:
    """The folder, and where the project is put together with it."""

    folder: Path
    assembled: Path

    @property
    def present(self) -> bool:
        """Whether there is a model in it."""
        return any(self.folder.rglob("*.sql"))

    def project(self) -> Path:
        """The project with these models."""
        if self.folder.resolve() == PROJECT / _PLACE:
            return PROJECT
        return self._copied(self.folder)

    def project_without(self) -> Path:
        """The project without any."""
        return self._copied(None)

    def _copied(self, folder: Path | None) -> Path:
        shutil.rmtree(self.assembled, ignore_errors=True)

        def own(path: str, names: list[str]) -> list[str]:
            return [name for name in names if Path(path, name) == PROJECT / _PLACE or name == "target"]

        # copies keep their times, by which dbt sees what it need not parse again
        shutil.copytree(PROJECT, self.assembled, ignore=own)
        if folder is not None:
            shutil.copytree(folder, self.assembled / _PLACE)
        return self.assembled

    def named(self, text: str) -> str:
        """A message of dbt with the user's paths in it."""
        return text.replace(f"{_PLACE.as_posix()}/", f"{self.folder.as_posix()}/")
