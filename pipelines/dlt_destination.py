"""dlt's DuckDB destination for the working copy, which is attached: only so DuckDB takes its options."""

from pathlib import Path

from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.destinations import duckdb as duckdb_destination
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration, DuckDbCredentials
from dlt.destinations.impl.duckdb.duck import DuckDbClient
from dlt.destinations.impl.duckdb.sql_client import DuckDbSqlClient

from pipelines.working_copy import CATALOGUE, attaching


class _AttachedSqlClient(DuckDbSqlClient):
    """Names the catalogue in every statement, for it is not the one that its connection opened."""

    def catalog_name(self, quote: bool = True, casefold: bool = True) -> str:  # noqa: FBT001, FBT002, ARG002
        """Return the name that the file is attached as."""
        return str(self.capabilities.escape_identifier(CATALOGUE)) if quote else CATALOGUE


class _AttachedClient(DuckDbClient):
    def __init__(
        self, schema: Schema, config: DuckDbClientConfiguration, capabilities: DestinationCapabilitiesContext
    ) -> None:
        super().__init__(schema, config, capabilities)
        names = DuckDbClient.create_dataset_names(schema, config)
        self.sql_client = _AttachedSqlClient(*names, config.credentials, capabilities)


class attached(duckdb_destination):  # noqa: N801 - as dlt names destinations
    """The destination: what was loaded is in the file when dlt lets its last connection go."""

    def __init__(self, file: Path, folder: Path, memory: str | None) -> None:
        """Load into `file`; `folder` takes the empty database that it is attached to.

        `memory` is DuckDB's limit, as it writes it; without one it takes what the machine has.
        """
        folder.mkdir(exist_ok=True)
        credentials = DuckDbCredentials(str(folder / "engine.duckdb"))
        credentials.global_config = {"preserve_insertion_order": False} | (
            {"memory_limit": memory} if memory else {}
        )
        credentials.statements = [attaching(file)]
        super().__init__(credentials, destination_name="duckdb")

    @property
    def client_class(self) -> type[DuckDbClient]:
        """Return what talks to DuckDB."""
        return _AttachedClient
