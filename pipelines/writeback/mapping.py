"""Which field each column of a source means: by the file's own codes, a mapping file, codes, or labels."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

import yaml

from pipelines.errors import UsageError
from pipelines.writeback.cells import cell_text
from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.rows import Place, Problem, SourceTable

# What results files add; a reject can be fed back as it is.
RESULT_COLUMNS: Final = ("_status", "_id", "_error")


@dataclass(frozen=True)
class Mapped:
    """A mapping file: columns -> fields (None: leave the column out), and how columns write days."""

    columns: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    dates: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    digest: str = ""

    @classmethod
    def read(cls, source: str | Path | Mapping[str, Any] | None) -> Self:
        """Read a YAML file, or take what a program has in its place.

        A file has `columns:` (column: FIELD, or column: with nothing to leave it out) and, where columns
        hold days as texts, `dates:` (column: DD.MM.YYYY); without `columns:` the whole file is one mapping.

        Raises:
            UsageError: it cannot be read, or is none.
        """
        if source is None:
            return cls()
        if isinstance(source, Mapping):
            return cls._of(dict(source), repr(sorted(source.items(), key=str)), "the mapping")
        path = Path(source)
        try:
            text = path.read_text(encoding="utf-8-sig")
            parsed = yaml.safe_load(text)
        except OSError as error:
            raise UsageError(f"The mapping file {path} cannot be read: {error.strerror}") from None
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise UsageError(f"The mapping file {path} is not YAML in UTF-8: {error}") from None
        if not isinstance(parsed, dict):
            raise UsageError(
                f"The mapping file {path} holds no mapping; write lines like  Amount: OPPORTUNITY"
            )
        return cls._of(parsed, text, str(path))

    @classmethod
    def _of(cls, parsed: dict[Any, Any], text: str, name: str) -> Self:
        columns = parsed.get("columns", {key: value for key, value in parsed.items() if key != "dates"})
        dates = parsed.get("dates") or {}
        for part in (columns, dates):
            if not isinstance(part, Mapping) or any(
                isinstance(each, Mapping | list) for each in part.values()
            ):
                raise UsageError(f"{name}: a column is followed by one field, such as  Amount: OPPORTUNITY")
        return cls(
            {str(column): None if code in (None, "") else str(code) for column, code in columns.items()},
            {str(column): str(form) for column, form in dates.items()},
            hashlib.sha256(text.encode()).hexdigest(),
        )


@dataclass(frozen=True)
class Columns:
    """The columns of a source as fields.

    Args:
        codes: header -> field code, of the columns that are used.
        left_out: headers that a person asked to leave out.
    """

    codes: Mapping[str, str]
    left_out: tuple[str, ...]

    def header(self, code: str) -> str | None:
        """The column of a field."""
        return next((header for header, each in self.codes.items() if each == code), None)


def columns_of(
    table: SourceTable, specs: Mapping[str, FieldSpec], mapped: Mapped
) -> tuple[Columns, list[Problem]]:
    """Find the field of each column, and tell what is wrong with those that have none or share one."""
    by_code = {code.casefold(): code for code in specs}
    labels: dict[str, list[str]] = {}
    for spec in specs.values():
        labels.setdefault(_plain(spec.label), []).append(spec.code)
    wished = {_plain(column): code for column, code in mapped.columns.items()}
    codes: dict[str, str] = {}
    left_out: list[str] = []
    problems: list[Problem] = []
    for header in table.headers:
        if _plain(header) in wished or header.strip().casefold() in RESULT_COLUMNS:
            code = wished.get(_plain(header))
            if code is None:
                left_out.append(header)
                continue
        else:
            code = table.codes.get(header, header)
        found = _field(code, by_code, labels)
        if len(found) == 1:
            codes[header] = found[0]
        elif header in table.codes and not _is_edited(table, header):
            left_out.append(header)  # a list shows it, and no method writes it
        else:
            problems.append(_problem(table, header, code, found, specs))
    problems += _shared(table, codes)
    problems += [
        Problem(Place(table.name, 0, column), "", "is named in the mapping file, and there is no such column")
        for column in (*mapped.columns, *mapped.dates)
        if _plain(column) not in {_plain(header) for header in table.headers}
    ]
    return Columns(codes, tuple(left_out)), problems


def field_named(name: str, specs: Mapping[str, FieldSpec]) -> str:
    """The code of the field that a person names by its code or label.

    Raises:
        UsageError: there is none, or several.
    """
    labels: dict[str, list[str]] = {}
    for spec in specs.values():
        labels.setdefault(_plain(spec.label), []).append(spec.code)
    found = _field(name, {code.casefold(): code for code in specs}, labels)
    if len(found) == 1:
        return found[0]
    raise UsageError(f"{name!r}: {_advice(name, found, specs)}")


def _is_edited(table: SourceTable, header: str) -> bool:
    """Whether any cell of an exported column is not what it was."""
    return any(
        row.base is None or cell_text(row.cells[header]) != str(row.base.get(header) or "")
        for row in table.rows
    )


def _field(name: str, by_code: Mapping[str, str], labels: Mapping[str, list[str]]) -> list[str]:
    code = by_code.get(name.strip().casefold())
    return [code] if code else labels.get(_plain(name), [])


def _problem(
    table: SourceTable, header: str, wished: str, found: list[str], specs: Mapping[str, FieldSpec]
) -> Problem:
    place = Place(table.rows[0].sheet if table.rows else table.name, 1, header)
    return Problem(place, wished if wished != header else "", _advice(wished, found, specs))


def _advice(name: str, found: list[str], specs: Mapping[str, FieldSpec]) -> str:
    if found:
        return f"is the label of several fields: write one of the codes {', '.join(found)} instead"
    names = {_plain(text): text for spec in specs.values() for text in (spec.code, spec.label) if text}
    close = get_close_matches(_plain(name), names, n=3, cutoff=0.6)
    if close:
        return (
            "is no field of this target; did you mean "
            + " or ".join(repr(names[each]) for each in close)
            + "?"
        )
    return "is no field of this target: name the column by a code or label, or leave it out in --mapping"


def _shared(table: SourceTable, codes: Mapping[str, str]) -> list[Problem]:
    headers: dict[str, list[str]] = {}
    for header, code in codes.items():
        headers.setdefault(code, []).append(header)
    return [
        Problem(
            Place(table.name, 1, names[-1]),
            "",
            f"means the field {code}, as the column {names[0]!r} does: leave one of them out in --mapping",
        )
        for code, names in headers.items()
        if len(names) > 1
    ]


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
