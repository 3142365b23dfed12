"""The dlt source: what the reader brings, as resources of any dlt pipeline."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import dlt
import pyarrow.parquet as pq
from dlt.common.schema.typing import TColumnSchema
from dlt.common.typing import TSecretStrValue
from dlt.sources import DltResource

from .entities import CONTACT_POINTS, ENTITIES
from .fields import Column, Kind, column_name
from .limits import Limits
from .portal_read import Connection, PortalRead, ReadSettings
from .reading import ReadResult
from .spool import Chunk
from .webhook import webhook_from_environment

_TYPES: dict[Kind, dict[str, Any]] = {
    "integer": {"data_type": "bigint"},
    "decimal": {"data_type": "decimal", "precision": 18, "scale": 2},
    "rate": {"data_type": "decimal", "precision": 18, "scale": 4},
    "double": {"data_type": "double"},
    "datetime": {"data_type": "timestamp"},
    "boolean": {"data_type": "bool"},
    "text": {"data_type": "text"},
    "json": {"data_type": "json"},
    "any": {"data_type": "text"},
}
_SERVICE_COLUMNS = (
    Column("", "_raw_values", "json"),
    Column("", "_deleted_at", "datetime"),
    Column("", "_synced_at", "datetime"),
)
_CONTACT_POINT_COLUMNS = (
    Column("", "owner_type", "text"),
    Column("", "owner_id", "integer"),
    Column("", "id", "integer"),
    Column("", "type_id", "text"),
    Column("", "value_type", "text"),
    Column("", "value", "text"),
)
_CONTACT_POINT_KEY = ("owner_type", "owner_id", "id")


@dlt.source(name="bitrix24", section="bitrix24", max_table_nesting=0)
def bitrix24(
    webhook_url: TSecretStrValue | None = None,
    requests_per_second: float | None = None,
    bucket: int | None = None,
    operating_seconds: float = 480.0,
    overlap_seconds: int = 300,
    ca_file: str | None = None,
    *,
    allow_http: bool = False,
) -> Sequence[DltResource]:
    """Every entity of a Bitrix24 portal, read in full at first and then by what changed.

    All of it can come from dlt's own configuration, section `sources.bitrix24`.

    Args:
        webhook_url: the incoming webhook; without one `BITRIX24_WEBHOOK_URL`, or the file that
            `BITRIX24_WEBHOOK_FILE` names.
        requests_per_second: what the portal allows; by default 2, or 5 on Enterprise plans; 0 for no limit.
        bucket: requests the portal takes at once; by default 50, or 250 on Enterprise plans.
        operating_seconds: server time a method may use in ten minutes; 0 for no limit.
        overlap_seconds: how far behind its cursor an incremental read begins.
        ca_file: certificates to trust, for a self-hosted portal with a private authority.
        allow_http: talk plain http to a host that is not this machine.

    Raises:
        ConfigurationError: there is no webhook, or it is none.
    """
    connection = Connection(
        str(webhook_url or webhook_from_environment() or ""),
        limits=Limits(
            requests_per_second=2.0 if requests_per_second is None else requests_per_second,
            bucket=bucket or 50,
            operating_seconds=operating_seconds,
        ),
        detect_limits=requests_per_second is None and bucket is None,
        verify=ca_file or True,
        allow_http=allow_http,
    )
    return _resources(PortalRead(connection, ReadSettings(overlap_seconds=overlap_seconds)))


@dlt.source(name="bitrix24", section="bitrix24", max_table_nesting=0)
def source_of(read: Any) -> Sequence[DltResource]:  # noqa: ANN401 - dlt looks for configuration in typed arguments
    """The same source over a PortalRead, for programs that bring their own settings."""
    return _resources(read)


def _resources(read: PortalRead) -> Sequence[DltResource]:
    return [
        dlt.resource(
            _rows,
            name=name,
            columns={
                column: {"name": column, "nullable": True, "primary_key": True} for column in _key(name)
            },
            write_disposition={"disposition": "merge", "strategy": "upsert"},
        )(read, name)
        for name in (*ENTITIES, CONTACT_POINTS)
    ]


def _rows(read: PortalRead, name: str) -> Iterator[Any]:
    """The sealed files of one raw table, and the cursor that is right once they are loaded."""
    selected = dlt.current.source().selected_resources
    states = {each: dlt.current.resource_state(each) for each in selected}
    spool = Path(dlt.current.pipeline().working_dir) / "spool"
    yield from _part(read, name, read.results(name, states, spool), states[name])
    read.handed_over(name, spool)


def _part(
    read: PortalRead, name: str, results: Mapping[str, ReadResult], state: dict[str, Any]
) -> Iterator[Any]:
    if name == CONTACT_POINTS:
        chunks = _chunks(results.values(), name)
        yield from _loaded(name, _CONTACT_POINT_COLUMNS, chunks, read.disposition(state))
        state.update(cursor="as of its owners")
        return
    result = results[name]
    if result.error is not None:
        if not read.tolerates(result):
            raise result.error from None
        return
    yield from _loaded(
        name, result.columns, _chunks([result], name), read.disposition(state, complete=result.complete)
    )
    state.update(read.remembered(state, result))


def _chunks(results: Iterable[ReadResult], table: str) -> list[Chunk]:
    return [chunk for result in results for chunk in result.chunks if chunk.table == table]


def _loaded(
    name: str, columns: Sequence[Column], chunks: Sequence[Chunk], disposition: Mapping[str, str]
) -> Iterator[Any]:
    hints = dlt.mark.make_hints(
        columns={c.name: _hint(name, c) for c in (*columns, *_SERVICE_COLUMNS)},
        primary_key=list(_key(name)),
        write_disposition=cast(Any, disposition),
    )
    known = dlt.current.source_schema().tables.get(name, {}).get("columns", {})
    if not chunks and any(column.name not in known for column in columns):  # an empty load costs time too
        yield dlt.mark.with_hints(dlt.mark.materialize_table_schema(), hints)
    for chunk in chunks:
        if "parquet" in _file_formats():
            yield dlt.mark.with_file_import(str(chunk.path), "parquet", chunk.rows, hints=hints)
        else:
            yield dlt.mark.with_hints(pq.read_table(chunk.path), hints)


def _hint(table: str, column: Column) -> TColumnSchema:
    # as DuckDB declares it in Parquet (constants required, keys not), or dlt would write every file anew
    required = column.name == "_synced_at" or (
        table == CONTACT_POINTS and column.name in ("owner_type", "owner_id")
    )
    return cast(TColumnSchema, {"name": column.name, "nullable": not required, **_TYPES[column.kind]})


def _file_formats() -> Sequence[str]:
    destination = dlt.current.pipeline().destination
    return () if destination is None else destination.capabilities().supported_loader_file_formats or ()


def _key(name: str) -> tuple[str, ...]:
    if name == CONTACT_POINTS:
        return _CONTACT_POINT_KEY
    return tuple(column_name(code) for code in ENTITIES[name].key)
