"""Row texts of the portal become typed Parquet: the one path every row takes.

DuckDB parses the texts, because it alone of the fast parsers takes a value that is not of the declared
type without failing or dropping it. What a typed column cannot hold is kept, exactly, in `_raw_values`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from .errors import MalformedReplyError
from .fields import Column, Kind

_CASTS: dict[Kind, str] = {
    # a cast to BIGINT rounds
    "integer": "CASE WHEN NOT contains({0}, '.') THEN try_cast({0} AS BIGINT) END",
    # a cast to DECIMAL rounds: more digits than the column holds are kept as text instead
    "decimal": "CASE WHEN try_cast({0} AS DECIMAL(38, 20)) = try_cast({0} AS DECIMAL(18, 2)) "
    "THEN try_cast({0} AS DECIMAL(18, 2)) END",
    "rate": "CASE WHEN try_cast({0} AS DECIMAL(38, 20)) = try_cast({0} AS DECIMAL(18, 4)) "
    "THEN try_cast({0} AS DECIMAL(18, 4)) END",
    "double": "CASE WHEN isfinite(try_cast({0} AS DOUBLE)) THEN try_cast({0} AS DOUBLE) END",
    # without an offset the moment is unknown, and a cast would take the machine's zone; LIKE, because a
    # regular expression costs as much as all other casts of a row together
    # (a year of five digits is a slip of the hand, and no other program could read it)
    "datetime": "CASE WHEN {0} LIKE '____-%' AND ({0} LIKE '%+__:__' OR {0} LIKE '%-__:__' OR {0} LIKE '%Z' "
    "OR {0} LIKE '%T%+____' OR {0} LIKE '%T%-____') THEN try_cast({0} AS TIMESTAMPTZ) END",
    "boolean": "CASE WHEN {0} IN ('true', 'Y', '1') THEN true WHEN {0} IN ('false', 'N', '0') THEN false END",
}
# An unescaped quote before a colon ends a key, so a link inside a text does not match.
_LINK_MARKS = "downloadUrl|urlMachine|DOWNLOAD_URL|showUrl|auth=|token=|/rest/"
_LINK = (
    r"""\s*"(?:(?:downloadUrl|urlMachine|DOWNLOAD_URL|showUrl)"\s*:\s*"(?:[^"\\]|\\.)*\""""
    r"""|url"\s*:\s*"(?:[^"\\]|\\.)*(?:auth=|token=|/rest/)(?:[^"\\]|\\.)*")"""
)
_PARQUET = "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 25000)"
_SHARE = 0.375  # of a run's memory for the database; the load has the rest
_MORE = 4  # times that much for what needs it


@dataclass(frozen=True)
class Converted:
    """A Parquet file of typed rows, and how many of its values no typed column could hold."""

    path: Path
    rows: int
    odd_values: int


class Converter:
    """Turns files of row texts (one JSON object a line) into Parquet files.

    One converter serves one thread; `synced_at` is the moment written beside every row, `memory_mb` what
    the run's database may use, `overflow` a folder for what does not fit into that (the working folder, as
    DuckDB has it, may be nobody's to write).
    """

    def __init__(self, synced_at: str, memory_mb: int = 512, overflow: Path | None = None) -> None:
        self._synced_at = synced_at
        self._memory_mb = int(memory_mb * _SHARE)
        self._db = duckdb.connect(config={"threads": 2, "memory_limit": f"{self._memory_mb}MB"})
        if overflow is not None:
            self._db.execute("SET temp_directory = $1", [str(overflow)])
        self._db.execute("SET preserve_insertion_order = false; SET TimeZone = 'UTC'")

    def close(self) -> None:
        """Lets go of the memory."""
        self._db.close()

    def interrupt(self) -> None:
        """Ends what another thread has under way; that thread gets `duckdb.InterruptException`."""
        self._db.interrupt()

    def convert(self, source: Path, columns: Sequence[Column], target: Path, longest: int) -> Converted:
        """Writes the rows of `source` to `target`: complete or, under that name, not at all.

        `longest` is the length of the longest row in bytes: it sizes the parser's buffers.

        Raises:
            MalformedReplyError: no parser could make a table of these rows.
        """
        part = target.with_suffix(".part")
        problem = ""
        try:
            self._copy(f"COPY ({self._select(source, columns, longest)}) TO '{_quoted(part)}' {_PARQUET}")
        except (duckdb.InvalidInputException, duckdb.BinderException) as error:
            problem = f"The rows cannot be read as a table: {str(error).splitlines()[0]}"
        if problem:
            raise MalformedReplyError(problem)
        rows, kept = self._one(f"SELECT count(*), count(_raw_values) FROM read_parquet('{_quoted(part)}')")
        odd = self._odd_values(part) if kept else 0
        part.replace(target)
        return Converted(target, rows, odd)

    def _copy(self, command: str) -> None:
        """Write a file; wide rows (hundreds of custom fields) need more memory than most."""
        try:
            self._db.execute(command)
        except duckdb.OutOfMemoryException:
            self._db.execute(f"SET memory_limit = '{_MORE * self._memory_mb}MB'")
            self._db.execute(command)

    def contact_points(self, rows: Path, owner_type: str, fields: Sequence[str], target: Path) -> Converted:
        """Writes one row per phone, e-mail, site or messenger of the owners in `rows`."""
        one = " UNION ALL ".join(
            f"SELECT id AS owner_id, '{field}' AS field, "
            f"unnest(json_extract({field.lower()}, '$[*]')) AS point "
            f"FROM read_parquet('{_quoted(rows)}') WHERE json_type({field.lower()}) = 'ARRAY'"
            for field in fields
        )
        part = target.with_suffix(".part")
        self._db.execute(
            f"""COPY (
                SELECT '{owner_type}' AS owner_type, owner_id, try_cast(point->>'ID' AS BIGINT) AS id,
                    coalesce(point->>'TYPE_ID', field) AS type_id, point->>'VALUE_TYPE' AS value_type,
                    point->>'VALUE' AS value, NULL::VARCHAR AS _raw_values,
                    NULL::TIMESTAMPTZ AS _deleted_at, TIMESTAMPTZ '{self._synced_at}' AS _synced_at
                FROM ({one})
                QUALIFY row_number() OVER (PARTITION BY owner_id, id ORDER BY type_id) = 1
            ) TO '{_quoted(part)}' {_PARQUET}"""
        )
        (count,) = self._one(f"SELECT count(*) FROM read_parquet('{_quoted(part)}')")
        part.replace(target)
        return Converted(target, count, 0)

    def rejected(self, source: Path, table: str, target: Path) -> Converted:
        """Writes rows that no key tells apart as they came, each once."""
        part = target.with_suffix(".part")
        self._db.execute(
            f"""COPY (
                SELECT DISTINCT '{table}' AS entity, json::VARCHAR AS "row", NULL::VARCHAR AS _raw_values,
                    NULL::TIMESTAMPTZ AS _deleted_at, TIMESTAMPTZ '{self._synced_at}' AS _synced_at
                FROM read_ndjson_objects('{_quoted(source)}')
            ) TO '{_quoted(part)}' {_PARQUET}"""
        )
        (count,) = self._one(f"SELECT count(*) FROM read_parquet('{_quoted(part)}')")
        part.replace(target)
        return Converted(target, count, 0)

    def rates(self, files: Sequence[Path], day: str, target: Path) -> Converted:
        """Writes the rates in files of currencies as those of a day (YYYY-MM-DD)."""
        part = target.with_suffix(".part")
        names = ", ".join(f"'{_quoted(file)}'" for file in files)
        self._db.execute(
            f"""COPY (
                SELECT currency, DATE '{day}' AS rate_date, amount, amount_cnt, base,
                    NULL::VARCHAR AS _raw_values, NULL::TIMESTAMPTZ AS _deleted_at,
                    TIMESTAMPTZ '{self._synced_at}' AS _synced_at
                FROM read_parquet([{names}], union_by_name = true)
            ) TO '{_quoted(part)}' {_PARQUET}"""
        )
        (count,) = self._one(f"SELECT count(*) FROM read_parquet('{_quoted(part)}')")
        part.replace(target)
        return Converted(target, count, 0)

    def mark_deleted(self, rows: Path, column: str, ids: Sequence[int]) -> int:
        """Marks rows of a Parquet file as deleted; returns how many it holds of them."""
        self._db.execute("CREATE OR REPLACE TEMP TABLE gone AS SELECT unnest(?::BIGINT[]) AS id", [list(ids)])
        here = f"{column} IN (SELECT id FROM gone)"
        (count,) = self._one(f"SELECT count(*) FROM read_parquet('{_quoted(rows)}') WHERE {here}")
        if count:
            part = rows.with_suffix(".part")
            self._db.execute(
                f"""COPY (
                    SELECT * REPLACE (
                        CASE WHEN {here} THEN TIMESTAMPTZ '{self._synced_at}' END AS _deleted_at
                    ) FROM read_parquet('{_quoted(rows)}')
                ) TO '{_quoted(part)}' {_PARQUET}"""
            )
            part.replace(rows)
        return count

    def ids(self, files: Sequence[Path], column: str) -> "npt.NDArray[np.int64]":
        """The distinct integers of one column over Parquet files, ascending."""
        if not files:
            return np.zeros(0, dtype=np.int64)
        names = ", ".join(f"'{_quoted(file)}'" for file in files)
        found = self._db.execute(
            f"SELECT DISTINCT {column}::BIGINT AS id FROM read_parquet([{names}]) "
            f"WHERE {column} IS NOT NULL ORDER BY 1"
        ).fetchnumpy()
        return np.asarray(found["id"], dtype=np.int64)

    def values(self, files: Sequence[Path], column: str) -> list[int]:
        """The same as plain integers."""
        return [int(number) for number in self.ids(files, column)]

    def _select(self, source: Path, columns: Sequence[Column], longest: int) -> str:
        read = ", ".join(
            f"'{_quoted(c.code)}': '{'JSON' if c.kind == 'json' else 'VARCHAR'}'" for c in columns
        )
        # in two steps, value and text side by side: planning and running both take less than in one
        values = ", ".join(
            f"{_cast(c)} AS v{n}" + (f", {_identifier(c.code)} AS t{n}" if c.kind in _CASTS else "")
            for n, c in enumerate(columns)
        )
        outputs = ", ".join(f'v{n} AS "{c.name}"' for n, c in enumerate(columns))
        return f"""SELECT {outputs}, {_raw_values(columns)} AS _raw_values,
            NULL::TIMESTAMPTZ AS _deleted_at, TIMESTAMPTZ '{self._synced_at}' AS _synced_at
            FROM (SELECT {values} FROM read_json('{_quoted(source)}', format = 'newline_delimited',
                columns = {{{read}}}, maximum_object_size = {max(1 << 20, 2 * longest)}))"""

    def _odd_values(self, parquet: Path) -> int:
        (odd,) = self._one(
            f"""SELECT count(*) FROM (
                SELECT unnest(json_extract(_raw_values, '$.*'))::VARCHAR AS value
                FROM read_parquet('{_quoted(parquet)}') WHERE _raw_values IS NOT NULL)
            WHERE value NOT IN ('""', 'false', '[]', '{{}}')"""
        )
        return odd

    def _one(self, query: str) -> tuple[int, ...]:
        row = self._db.execute(query).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always answers
        return row


def _cast(column: Column) -> str:
    quoted = _identifier(column.code)
    if column.kind == "json":
        return _without_links(f"{quoted}::VARCHAR")
    if column.kind == "any":
        return f"CASE WHEN {quoted}[1] IN ('{{', '[') THEN {_without_links(quoted)} ELSE {quoted} END"
    return _CASTS.get(column.kind, "{0}").format(quoted)


def _without_links(text: str) -> str:
    """Links to files carry a token or the webhook itself (API.md 1): they are not stored."""
    return (
        f"CASE WHEN regexp_matches({text}, '{_LINK_MARKS}') THEN "
        f"regexp_replace(regexp_replace({text}, ',{_LINK}', '', 'g'), '{_LINK},?', '', 'g') ELSE {text} END"
    )


def _raw_values(columns: Sequence[Column]) -> str:
    """The values that a cast would lose, as one JSON object of field code -> value, else NULL."""
    lost = {
        number: (f"t{number} IS NOT NULL AND v{number} IS NULL", column.code)
        for number, column in enumerate(columns)
        if column.kind in _CASTS
    }
    if not lost:
        return "NULL::VARCHAR"
    entries = ", ".join(
        f"CASE WHEN {condition} THEN '{_quoted(_json_key(code))}' || {_json_value(f't{number}')} END"
        for number, (condition, code) in lost.items()
    )
    anything = " OR ".join(f"({condition})" for condition, _ in lost.values())
    return f"CASE WHEN {anything} THEN '{{' || concat_ws(',', {entries}) || '}}' END"


def _json_key(code: str) -> str:
    return '"' + code.replace("\\", "\\\\").replace('"', '\\"') + '":'


def _json_value(text: str) -> str:
    # what was no JSON string arrives as its JSON text
    return (
        f"CASE WHEN {text} IN ('false', 'true') OR ({text}[1] IN ('[', '{{') AND json_valid({text})) "
        f"THEN {text} ELSE to_json({text})::VARCHAR END"
    )


def _identifier(code: str) -> str:
    return f'"{code.replace(chr(34), chr(34) * 2)}"'


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
