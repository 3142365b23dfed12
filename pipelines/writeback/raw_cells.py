"""Values of raw tables as cells that a person reads and edits."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.writeback.cells import cell_text, of_double, plain
from pipelines.writeback.choices import shown_choices
from pipelines.writeback.lists import joined, points_text
from pipelines.writeback.raw_fields import RawField
from pipelines.writeback.workbook_write import LONGEST_TEXT

CellMaker = Callable[[Any], object]

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?=$|T| )")
_CHOICES: Final = ("enumeration", "status", "user")
_MOMENT_TYPE: Final = "TIMESTAMP WITH TIME ZONE"


def selected(field: RawField) -> str:
    """The SQL of a column: moments as seconds since 1970, because a Python object each costs more."""
    quoted = f'"{field.column}"'
    return f"epoch_us({quoted}) // 1000000" if field.sql_type == _MOMENT_TYPE else quoted


def cell_maker(field: RawField, zone: ZoneInfo) -> CellMaker:
    """The function that makes a cell of a column's value; it is not called for NULL."""
    spec = field.spec
    if field.sql_type == _MOMENT_TYPE:
        return partial(datetime.fromtimestamp, tz=zone)
    if spec.kind == "multifield":
        return _points
    shown = shown_choices(spec) if spec.kind in _CHOICES else {}
    if spec.multiple:
        return partial(_several, one=partial(_one_of_several, kind=spec.kind, shown=shown))
    if spec.kind in _CHOICES:
        return lambda raw: shown.get(text := cell_text(raw), text)
    if spec.kind == "date":
        return _day
    return _json if field.sql_type == "JSON" else _as_it_is


def raw_cell(value: object) -> str:
    """What no column could hold, as its text; "" for the portal's forms of nothing."""
    if value in (None, "", False) or (isinstance(value, list | dict) and not value):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shortened(text: str) -> str:
    """A text that a cell can hold: what is longer stays in the portal, and the cell says so."""
    if len(text) <= LONGEST_TEXT:
        return text
    return f"#TOO LONG: {len(text):,} characters, more than a cell holds; left as they are in the portal"


def _json(raw: str) -> object:
    return shortened(raw) if raw_cell(json.loads(raw)) else None


def _as_it_is(raw: object) -> object:  # noqa: PLR0911 - one line a type
    if isinstance(raw, str):
        return shortened(raw)
    if isinstance(raw, bool):
        return "Y" if raw else "N"
    if isinstance(raw, Decimal):
        return int(raw) if raw == raw.to_integral_value() else raw.normalize()
    if isinstance(raw, float):
        return of_double(raw)
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw.astimezone(UTC)
    if isinstance(raw, int | date):
        return raw
    return cell_text(raw)


def _day(raw: object) -> object:
    """The day of a text whose time is technical (API.md 2)."""
    if not isinstance(raw, str):
        return raw
    match = _DAY.match(raw)
    try:
        return date.fromisoformat(match.group()) if match else raw
    except ValueError:
        return raw


def _points(raw: str) -> str:
    found = json.loads(raw)
    if isinstance(found, list) and all(isinstance(each, dict) for each in found):
        return shortened(points_text(found))
    return raw_cell(found)


def _several(raw: str, one: Callable[[Any], str]) -> str:
    found = json.loads(raw, parse_float=Decimal)
    if not isinstance(found, list):
        return raw_cell(json.loads(raw))
    return shortened(joined([one(each) for each in found]))


def _one_of_several(item: object, kind: str, shown: dict[str, str]) -> str:
    if isinstance(item, list | dict):
        return json.dumps(item, ensure_ascii=False, default=str)
    if kind == "date" and isinstance(item, str):
        return cell_text(_day(item))
    text = plain(item) if isinstance(item, Decimal) else cell_text(item)
    return shown.get(text, text)
