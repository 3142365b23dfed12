"""Rows of the warehouse as a file: a workbook to edit and plan from, or a plain file."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb

from pipelines.errors import UsageError
from pipelines.raw_schema import RAW_SCHEMA
from pipelines.warehouse import reading
from pipelines.writeback.cells import cell_text, of_double
from pipelines.writeback.choices import shown_choices
from pipelines.writeback.raw_cells import cell_maker, raw_cell, selected
from pipelines.writeback.raw_fields import RawField, raw_fields
from pipelines.writeback.rows import Origin
from pipelines.writeback.workbook_write import SheetColumn, SheetRow, write_workbook

FORMATS: Final = (".xlsx", ".csv", ".parquet")

_AT_ONCE: Final = 2_000
_REMEMBERED: Final = 4_096  # values of a column: most columns hold a few again and again
_DROPDOWNS: Final = ("enumeration", "status", "user", "boolean")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_QUOTE: Final = "'"


@dataclass(frozen=True)
class Exported:
    """What was written."""

    path: Path
    rows: int
    columns: int
    notes: tuple[str, ...] = ()


def export(
    entity: str | None, target: str | Path, *, db: str | Path = "warehouse.duckdb", sql: str | None = None
) -> Exported:
    """Write an entity, or what a query answers, to a file.

    An entity as .xlsx is a workbook for the way back: labels above, field codes and the values of today
    hidden, ids locked, dropdowns, grey where the portal decides. Everything else is a plain file. A workbook
    that is there already may have somebody's edits in it: it is kept under another name.

    Args:
        entity: a raw table, such as deals; None beside `sql`.
        target: its suffix (.xlsx, .csv or .parquet) says what it becomes.
        db: the warehouse.
        sql: a query on it.

    Raises:
        UsageError: the warehouse has no such entity, the query fails, or the suffix says nothing.
        WarehouseError: there is no warehouse.
    """
    path = Path(target).expanduser()
    if (entity is None) == (sql is None):
        raise UsageError("Name an entity, such as deals, or a query with --sql; not both, and not neither")
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"-o {path}: the name must end in one of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise UsageError(f"-o {path}: there is no folder {path.parent}")
    with reading(db) as connection:
        part = path.with_name(f".{path.stem}.part{path.suffix}")
        try:
            if entity is not None and path.suffix.lower() == ".xlsx":
                made = _entity_workbook(connection, entity, part)
            else:
                query = _entity_query(connection, entity) if entity is not None else _checked(sql or "")
                made = _plain_file(connection, query, part)
            notes = _kept(path)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return Exported(path, made.rows, made.columns, (*made.notes, *notes))


def _kept(path: Path) -> tuple[str, ...]:
    """Move a workbook out of the way that somebody may have edited."""
    if not path.exists() or path.suffix.lower() != ".xlsx":
        return ()
    saved = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).astimezone()
    named = f"{path.stem} {saved:%Y-%m-%d %H.%M.%S}"
    names = (f"{named}{more}{path.suffix}" for more in ("", *(f" ({number})" for number in range(2, 1000))))
    kept = next(free for name in names if not (free := path.with_name(name)).exists())
    path.replace(kept)
    return (f"{path.name} was there already and is now {kept.name}",)


def _entity_workbook(connection: duckdb.DuckDBPyConnection, entity: str, path: Path) -> Exported:
    fields = raw_fields(connection, entity)
    zone = _zone(connection)
    origin = Origin(
        entity=entity[:31],
        codes=tuple(field.spec.code for field in fields),
        kinds=tuple(field.spec.kind for field in fields),
        key=tuple(field.spec.code for field in fields if field.is_key),
        timezone=zone.key,
        exported_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    columns = _columns(fields)
    written = write_workbook(path, entity[:31], columns, _rows(connection, entity, fields, zone), origin)
    return Exported(path, written, len(columns), (f"moments are shown in the time of {zone.key}",))


def _columns(fields: Sequence[RawField]) -> list[SheetColumn]:
    labels = [" ".join(field.spec.label.split()) or field.spec.code for field in fields]
    seen = [label.casefold() for label in labels]
    made = []
    for field, label in zip(fields, labels, strict=True):
        spec = field.spec
        header = label if seen.count(label.casefold()) == 1 else f"{label} [{spec.code}]"
        frozen = spec.read_only or field.is_key
        choices: tuple[str, ...] = ()
        if spec.kind in _DROPDOWNS and not spec.multiple:
            choices = ("Y", "N") if spec.kind == "boolean" else tuple(shown_choices(spec).values())
        kind = "text" if spec.multiple else spec.kind
        made.append(SheetColumn(header, spec.code, kind, locked=frozen, grey=spec.read_only, choices=choices))
    return made


def _rows(
    connection: duckdb.DuckDBPyConnection, entity: str, fields: Sequence[RawField], zone: ZoneInfo
) -> Iterator[SheetRow]:
    chosen = ", ".join(selected(field) for field in fields)
    keys = [place for place, field in enumerate(fields) if field.is_key]
    order = ", ".join(f'"{fields[place].column}"' for place in keys) or "1"
    columns = [(cell_maker(field, zone), dict[Any, tuple[object, str]]()) for field in fields]
    places = {field.spec.code.casefold(): place for place, field in enumerate(fields)}
    result = connection.execute(
        f'SELECT {chosen}, _raw_values FROM {RAW_SCHEMA}."{entity}" '
        f"WHERE _deleted_at IS NULL ORDER BY {order}"
    )
    for row in _fetched(result):
        values: list[object] = []
        texts: list[str] = []
        for (make, known), raw in zip(columns, row, strict=False):  # the row ends with what no column holds
            if raw is None or raw == "":
                values.append(None)
                texts.append("")
                continue
            pair = known.get(raw)
            if pair is None:
                value = make(raw)
                pair = value, cell_text(value)
                if len(known) < _REMEMBERED:
                    known[raw] = pair
            values.append(pair[0])
            texts.append(pair[1])
        if row[-1]:
            _put_back(values, texts, places, str(row[-1]))
        yield SheetRow(values, tuple([texts[place] for place in keys]), texts)


def _put_back(values: list[object], texts: list[str], places: Mapping[str, int], kept: str) -> None:
    """What no column could hold stands beside the row; in the sheet it belongs into its cell."""
    for code, value in json.loads(kept).items():
        place = places.get(code.casefold())
        if place is not None and values[place] is None:
            texts[place] = raw_cell(value)
            values[place] = texts[place] or None


def _zone(connection: duckdb.DuckDBPyConnection) -> ZoneInfo:
    """The portal's timezone, which its people's clocks show; UTC where it is not known."""
    try:
        found = connection.execute("SELECT timezone FROM ops.portal").fetchone()
        return ZoneInfo(found[0] if found and found[0] else "UTC")
    except (duckdb.CatalogException, KeyError, ValueError):
        return ZoneInfo("UTC")


def _entity_query(connection: duckdb.DuckDBPyConnection, entity: str) -> str:
    """An entity with its field codes, as a plan takes it."""
    fields = raw_fields(connection, entity)
    chosen = ", ".join(f'"{field.column}" AS "{field.spec.code}"' for field in fields)
    order = ", ".join(f'"{field.column}"' for field in fields if field.is_key) or "1"
    return f'SELECT {chosen} FROM {RAW_SCHEMA}."{entity}" WHERE _deleted_at IS NULL ORDER BY {order}'


def _checked(sql: str) -> str:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(f"The query fails: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("--sql takes one SELECT, and nothing else")
    return str(statements[0].query).strip().rstrip(";")


def _plain_file(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> Exported:
    try:
        if path.suffix.lower() == ".parquet":
            return _parquet(connection, query, path)
        result = connection.execute(query)
        headers = [column[0] for column in result.description or ()]
        if path.suffix.lower() == ".csv":
            return _csv(headers, _fetched(result), path)
        rows = (SheetRow([_plain_value(value) for value in row]) for row in _fetched(result))
        written = write_workbook(path, "rows", [SheetColumn(name) for name in headers], rows)
        return Exported(path, written, len(headers))
    except duckdb.Error as error:
        raise UsageError(f"The query fails: {str(error).splitlines()[0]}") from None


def _parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> Exported:
    quoted = str(path).replace(_QUOTE, _QUOTE * 2)
    copied = connection.execute(f"COPY ({query}) TO '{quoted}' (FORMAT parquet)").fetchone()
    columns = connection.execute("SELECT * FROM read_parquet(?) LIMIT 0", [str(path)]).description
    return Exported(path, int(copied[0]) if copied else 0, len(columns or ()))


def _csv(headers: Sequence[str], rows: Iterator[Sequence[object]], path: Path) -> Exported:
    """UTF-8 with its mark, by which spreadsheets know it; values exactly, also what looks like a formula."""
    written = formulas = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        for row in rows:
            writer.writerow([cell_text(_plain_value(value)) for value in row])
            formulas += any(isinstance(value, str) and value.startswith(_FORMULA) for value in row)
            written += 1
    note = (
        f"{formulas:,} rows have texts that begin like formulas (= + - @): a spreadsheet may run them, "
        "so export .xlsx for one"
    )
    return Exported(path, written, len(headers), (note,) if formulas else ())


def _plain_value(value: Any) -> object:  # noqa: ANN401 - of the database
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, float):
        return of_double(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat(timespec="seconds")  # a sheet has no offsets: a text keeps it
    return value


def _fetched(result: duckdb.DuckDBPyConnection) -> Iterator[Sequence[object]]:
    while rows := result.fetchmany(_AT_ONCE):
        yield from rows
