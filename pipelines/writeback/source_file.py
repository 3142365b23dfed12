"""The rows of a source inside a plan's folder: what the files that tell the outcome are made from."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from pipelines.writeback.rows import Origin, SourceRow, SourceTable

# JSON has no such values: they are kept as an object of one member that no cell can have.
_TYPES: Final[Mapping[str, Any]] = {
    "$decimal": Decimal,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
}


def write_source(path: Path, table: SourceTable, rows: Iterable[SourceRow]) -> None:
    """Write these rows of a source, with what is known of it as a whole."""
    known = {
        "name": table.name,
        "headers": table.headers,
        "codes": dict(table.codes),
        "digest": table.digest,
        "origin": None if table.origin is None else asdict(table.origin),
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(known, ensure_ascii=False) + "\n")
        for row in rows:
            line = {
                "sheet": row.sheet,
                "number": row.number,
                "cells": {header: _kept(value) for header, value in row.cells.items()},
                "base": None if row.base is None else dict(row.base),
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_source_rows(path: Path) -> SourceTable | None:
    """Read what `write_source` wrote; None where a plan has no source."""
    if not path.exists():
        return None
    with path.open(encoding="utf-8", newline="\n") as file:
        known = json.loads(next(file))
        rows = tuple(_row(json.loads(line)) for line in file)
    origin = known["origin"]
    table = SourceTable(known["name"], tuple(known["headers"]), known["codes"], rows, (), known["digest"])
    return table if origin is None else replace(table, origin=_origin(origin))


def _origin(told: Mapping[str, Any]) -> Origin:
    return msgspec.convert(told, Origin)


def _row(line: Mapping[str, Any]) -> SourceRow:
    cells = {header: _given(value) for header, value in line["cells"].items()}
    return SourceRow(line["sheet"], line["number"], cells, line["base"])


def _kept(value: object) -> object:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):  # before date, which it is as well
        return {"$datetime": value.isoformat()}
    if isinstance(value, date | time):
        return {"$date" if isinstance(value, date) else "$time": value.isoformat()}
    return value


def _given(value: object) -> object:
    if isinstance(value, dict) and len(value) == 1:
        ((name, text),) = value.items()
        if name in _TYPES:
            return _TYPES[name](text)
    return value
