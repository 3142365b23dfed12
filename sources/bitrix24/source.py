"""The dlt source: what the reader brings, as resources of any dlt pipeline."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import dlt
import pyarrow as pa
import pyarrow.parquet as pq
from dlt.common.schema.typing import TColumnSchema
from dlt.common.typing import TSecretStrValue
from dlt.sources import DltResource

from .changes import CONTACT_POINT_KEY, history_table
from .entities import CONTACT_POINTS, CURRENCY_RATES, ENTITIES, REJECTED_ROWS, Entity, Reading
from .fields import Column, Kind, column_name
from .limits import Limits
from .portal_read import Connection, Place, PortalRead, ReadSettings
from .reading import ReadResult, Rules
from .ready import ReadyFile
from .spool import CHUNK_ROWS, Chunk
from .webhook import webhook_from_environment

_TYPES: dict[Kind, dict[str, Any]] = {
    "integer": {"data_type": "bigint"},
    "decimal": {"data_type": "decimal", "precision": 18, "scale": 2},
    "rate": {"data_type": "decimal", "precision": 18, "scale": 4},
    "double": {"data_type": "double"},
    "date": {"data_type": "date"},
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
_APPEND = {"disposition": "append"}


@dataclass(frozen=True)
class _Table:
    """A raw table: its columns, the key that rows are merged by, and whether its resource has others too.

    dlt adds up the columns of all files that a resource hands over, unless each table is a variant of its
    own; and variants take rows, not files.
    """

    name: str
    columns: Sequence[Column]
    key: tuple[str, ...]
    variant: bool = False


def _columns(**kinds: Kind) -> tuple[Column, ...]:
    return tuple(Column("", name, kind) for name, kind in kinds.items())


# Tables that are made of rows of several entities, or of other rows than the portal's.
_BESIDE: Mapping[str, _Table] = {
    table.name: table
    for table in (
        _Table(
            CONTACT_POINTS,
            _columns(
                owner_type="text",
                owner_id="integer",
                id="integer",
                type_id="text",
                value_type="text",
                value="text",
            ),
            CONTACT_POINT_KEY,
        ),
        _Table(
            CURRENCY_RATES,
            _columns(currency="text", rate_date="date", amount="rate", amount_cnt="integer", base="text"),
            ("currency", "rate_date"),
        ),
        _Table(REJECTED_ROWS, _columns(entity="text", row="text"), ()),
    )
}


@dlt.source(name="bitrix24", section="bitrix24", max_table_nesting=0)
def bitrix24(
    webhook_url: TSecretStrValue | None = None,
    requests_per_second: float | None = None,
    bucket: int | None = None,
    operating_seconds: float = 480.0,
    overlap_seconds: int = 300,
    verify: str | None = None,
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
        verify: a file of certificates to trust, for a self-hosted portal with a private authority.
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
        verify=verify or True,
        allow_http=allow_http,
    )
    return _resources(PortalRead(connection, ReadSettings(rules=Rules(overlap_seconds))))


@dlt.source(name="bitrix24", section="bitrix24", max_table_nesting=0)
def source_of(read: Any) -> Sequence[DltResource]:  # noqa: ANN401 - dlt looks for configuration in typed arguments
    """The same source over a PortalRead, for programs that bring their own settings."""
    return _resources(read)


@dlt.source(name="bitrix24", section="bitrix24", max_table_nesting=0)
def source_of_ready(read: Any, files: Any) -> Sequence[DltResource]:  # noqa: ANN401 - as above
    """Files that are ready before the reading is over, of tables that are read for the first time.

    Rows are appended and no cursor is remembered: right only where all of it is thrown away unless a load
    of `source_of` follows.
    """
    by_table: dict[str, list[ReadyFile]] = {}
    for file in files:
        by_table.setdefault(file.entity.name, []).append(file)
    return [_resource(_ready_rows, name, read, by_table[name]) for name in by_table]


def _ready_rows(read: PortalRead, files: Sequence[ReadyFile]) -> Iterator[Any]:
    latest = files[-1]
    table = _Table(latest.entity.name, latest.columns, _key(latest.entity))
    yield from _loaded(read.place, table, [file.chunk for file in files], _APPEND)


def _resources(read: PortalRead) -> Sequence[DltResource]:
    return [_resource(_rows, name, read, name) for name in (*ENTITIES, *_BESIDE)]


def _resource(rows: Callable[..., Iterator[Any]], name: str, *arguments: object) -> DltResource:
    key = _BESIDE[name].key if name in _BESIDE else _key(ENTITIES[name])
    return dlt.resource(
        rows,
        name=name,
        columns={column: {"name": column, "nullable": True, "primary_key": True} for column in key},
        write_disposition={"disposition": "merge", "strategy": "upsert"},
    )(*arguments)


def _rows(read: PortalRead, name: str) -> Iterator[Any]:
    """The sealed files of one raw table, and the cursor that is right once they are loaded."""
    selected = dlt.current.source().selected_resources
    states = {each: dlt.current.resource_state(each) for each in selected}
    yield from _part(read, name, read.results(name, states, _place), states[name])
    read.handed_over(name)


def _part(
    read: PortalRead, name: str, results: Mapping[str, ReadResult], state: dict[str, Any]
) -> Iterator[Any]:
    if name in _BESIDE:
        table = _BESIDE[name]
        disposition = read.disposition(state) if table.key else _APPEND
        yield from _loaded(read.place, table, _chunks(results.values(), name), disposition)
        state.update(cursor="as of its owners")
    elif ENTITIES[name].reading is Reading.PER_TYPE:
        each = state.setdefault("each", {})
        for result in results.values():
            if result.entity.name not in ENTITIES:
                yield from _entity(read, result, each.setdefault(result.entity.name, {}))
        state.update(cursor="as of its types")
    else:
        yield from _entity(read, results[name], state)


def _entity(read: PortalRead, result: ReadResult, state: dict[str, Any]) -> Iterator[Any]:
    """The rows of one entity, and its versions where they are kept."""
    if result.error is not None:
        if not read.tolerates(result):
            raise result.error from None
        return
    one_of_many = result.entity.name not in ENTITIES
    table = _Table(result.entity.name, result.columns, _key(result.entity), variant=one_of_many)
    chunks = [chunk for chunk in _chunks([result], table.name) if not read.ready.is_loaded(chunk)]
    yield from _loaded(read.place, table, chunks, read.disposition(state, complete=result.complete))
    if versions := _chunks([result], history_table(table.name)):
        past = _Table(history_table(table.name), result.columns, (), variant=True)
        yield from _loaded(read.place, past, versions, _APPEND)
    state.update(read.remembered(state, result))


def _chunks(results: Iterable[ReadResult], table: str) -> list[Chunk]:
    return [chunk for result in results for chunk in result.chunks if chunk.table == table]


def _loaded(
    place: Place, table: _Table, chunks: Sequence[Chunk], disposition: Mapping[str, str]
) -> Iterator[Any]:
    hints = dlt.mark.make_hints(
        table_name=table.name,
        columns={c.name: _hint(table, c) for c in (*table.columns, *_SERVICE_COLUMNS)},
        primary_key=list(table.key),
        write_disposition=cast(Any, disposition),
    )
    known = dlt.current.source_schema().tables.get(table.name, {}).get("columns", {})
    if not chunks and any(c.name not in known for c in table.columns):  # an empty load costs time too
        yield dlt.mark.with_hints(
            dlt.mark.materialize_table_schema(), hints, create_table_variant=table.variant
        )
    for chunk in chunks:
        if table.variant:
            # the first versions of a table may be many
            for rows in pq.ParquetFile(chunk.path).iter_batches(CHUNK_ROWS):
                part = pa.Table.from_batches([rows])
                yield dlt.mark.with_hints(part, hints, create_table_variant=True)
        elif place.takes_files:
            yield dlt.mark.with_file_import(str(chunk.path), "parquet", chunk.rows, hints=hints)
        else:
            yield dlt.mark.with_hints(pq.read_table(chunk.path), hints)


def _hint(table: _Table, column: Column) -> TColumnSchema:
    # as DuckDB declares it in Parquet (constants required, keys not), or dlt would write every file anew
    required = (column.name == "_synced_at" and not table.variant) or (
        table.name == CONTACT_POINTS and column.name in ("owner_type", "owner_id")
    )
    return cast(TColumnSchema, {"name": column.name, "nullable": not required, **_TYPES[column.kind]})


def _place() -> Place:
    pipeline = dlt.current.pipeline()
    destination = pipeline.destination
    formats = () if destination is None else destination.capabilities().supported_loader_file_formats or ()
    return Place(Path(pipeline.working_dir) / "spool", "parquet" in formats)


def _key(entity: Entity) -> tuple[str, ...]:
    return tuple(column_name(code) for code in entity.key)
