"""Rows of the warehouse file to PostgreSQL, with dlt.

dlt's own way of loading CSV files makes an empty text NULL. The portal tells the two apart, and so do our raw
tables: texts are in quotes in these files and NULL is not, so PostgreSQL needs no help.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import dlt
import duckdb
import pyarrow as pa
from dlt.common.storages.file_storage import FileStorage
from dlt.destinations import postgres
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresCsvCopyJob

from pipelines.postgres_rows import FileTable, Times, batches
from pipelines.postgres_server import PostgresError, Server

WORKERS = 2


@dataclass(frozen=True)
class Part:
    """The rows of one table that are to be sent (all, or those of some times), and how they are put in."""

    table: FileTable
    disposition: Mapping[str, str]
    times: Sequence[Times] | None
    rows: int


class _ExactCsv(PostgresCsvCopyJob):
    """A file with its columns in the first line; what is empty and not in quotes is NULL, nothing else."""

    def run(self) -> None:
        """Copy the file into its table."""
        client = self._job_client.sql_client
        with FileStorage.open_zipsafe_ro(self._file_path, "rb") as file:
            names = [name.strip('"') for name in file.readline().decode().strip().split(",")]
            columns = ", ".join(client.escape_column_name(name, quote=True) for name in names)
            table = client.make_qualified_table_name(self.load_table_name)
            with client.begin_transaction(), client.native_connection.cursor() as cursor:
                cursor.copy_expert(
                    f"copy {table} ({columns}) from stdin with (format csv, encoding 'utf-8')", file
                )


class _Client(PostgresClient):
    def create_load_job(self, table: Any, file_path: str, load_id: str, restore: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
        """As dlt's, but for files of rows."""
        job = super().create_load_job(table, file_path, load_id, restore)
        return _ExactCsv(file_path) if isinstance(job, PostgresCsvCopyJob) else job


class _Destination(postgres):
    @property
    def client_class(self) -> type[PostgresClient]:
        """What talks to the server."""
        return _Client


def send(
    server: Server, schema: str, file: duckdb.DuckDBPyConnection, parts: Sequence[Part], folder: Path
) -> None:
    """Send the rows of these parts in one load; the folder is dlt's for as long as it takes.

    Raises:
        PostgresError: not all of them could be loaded.
    """
    if not parts:
        return
    logging.getLogger("dlt").setLevel(logging.CRITICAL)  # failures are told once, by this program
    dlt.config["runtime.dlthub_telemetry"] = False
    dlt.config["load.truncate_staging_dataset"] = True
    dlt.config["load.delete_completed_jobs"] = True
    dlt.config["load.workers"] = WORKERS
    shutil.rmtree(folder, ignore_errors=True)  # of a copy that was killed; the file knows what is to be sent
    pipeline = dlt.pipeline(
        f"b24_{schema}",
        # a table that is replaced is the old one until it is the new one, and views on it stay
        destination=_Destination(
            credentials=server.credentials,
            destination_name="postgres",
            replace_strategy="insert-from-staging",
        ),
        dataset_name=schema,
        pipelines_dir=str(folder),
    )
    pipeline.config.restore_from_destination = False
    try:
        pipeline.run(_source(schema, file, parts), loader_file_format="csv")
    except Exception as error:  # noqa: BLE001 - dlt wraps what it met in several of its own
        raise PostgresError(
            f"PostgreSQL at {server.name} did not take all rows ({server.redacted(_root(error))}); "
            "the warehouse file is up to date, and the next sync sends what is missing"
        ) from None


def _source(schema: str, file: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> Any:  # noqa: ANN401
    @dlt.source(name=schema, section=schema, max_table_nesting=0)
    def tables() -> Any:  # noqa: ANN401
        return [
            dlt.resource(
                _rows,
                name=part.table.name,
                columns=cast(Any, part.table.hints),
                write_disposition=cast(Any, part.disposition),
            )(file, part)
            for part in parts
        ]

    return tables()


def _rows(file: duckdb.DuckDBPyConnection, part: Part) -> Iterator[Any]:
    if not part.rows:
        yield dlt.mark.materialize_table_schema()
    for batch in batches(file, part.table, part.times):
        yield pa.Table.from_batches([batch])


def _root(error: BaseException) -> str:
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return " ".join(str(error).split())
