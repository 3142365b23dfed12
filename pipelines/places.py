"""Where a warehouse file and all that a run keeps beside it lie."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import UsageError

_SCHEMAS = (
    "bitrix24",
    "staging",
    "core",
    "reporting",
    "custom",
    "ops",
    "main",
    "temp",
    "system",
    "information_schema",
)


@dataclass(frozen=True)
class Places:
    """The paths that belong to one warehouse file."""

    db: Path

    @property
    def folder(self) -> Path:
        """Everything a run keeps beside the file."""
        return self.db.with_name(f"{self.db.name}.b24")

    @property
    def working(self) -> Path:
        """The copy a run works on: of the same name, because DuckDB names the catalogue after the file."""
        return self.folder / "work" / self.db.name

    @property
    def dlt(self) -> Path:
        """The working folder of dlt: of use only together with the copy."""
        return self.folder / "dlt"

    @property
    def spool(self) -> Path:
        """Rows that are read and not yet loaded."""
        return self.folder / "spool"

    @property
    def dbt(self) -> Path:
        """What dbt parsed and logged."""
        return self.folder / "dbt"


def places_of(db: str | Path) -> Places:
    """The places of a warehouse file.

    Raises:
        UsageError: a name that no query could be written for.
    """
    path = Path(db).expanduser().absolute()
    if path.stem.lower() in _SCHEMAS:
        raise UsageError(
            f"{path.name}: DuckDB names its catalogue after the file, and {path.stem!r} is also a schema "
            f"in it, so {path.stem}.… would be ambiguous in every query. Choose another name, "
            "such as warehouse.duckdb"
        )
    if odd := set("%'") & set(str(path)):
        raise UsageError(
            f"{path}: dlt cannot work in a path with {' and '.join(sorted(odd))} in it; "
            "choose another name or folder"
        )
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file in it, such as {path / 'warehouse.duckdb'}")
    return Places(path)
