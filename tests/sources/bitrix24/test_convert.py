"""Row texts to typed Parquet: nothing lost, nothing quietly changed."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sources.bitrix24.convert import Converted, Converter
from sources.bitrix24.errors import MalformedReplyError
from sources.bitrix24.fields import Kind, named

SYNCED_AT = "2026-01-01T00:00:00+00:00"
EMPTY_FORMS = ["", [], False, {}]


class Bench:
    """A converter and a folder to try it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.converter = Converter(SYNCED_AT)

    def convert(self, kinds: Mapping[str, Kind], rows: list[object]) -> Converted:
        """Convert rows given as values, or as texts."""
        texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        source = self.folder / "rows.ndjson"
        source.write_text("".join(f"{text}\n" for text in texts))
        longest = max(len(text.encode()) for text in texts)
        return self.converter.convert(source, named(kinds.items()), self.folder / "rows.parquet", longest)

    def values(self, kind: Kind, values: list[object]) -> list[tuple[Any, Any]]:
        """What becomes of each value in a column of that kind: (value, what is kept beside it)."""
        done = self.convert({"F": kind, "N": "integer"}, [{"F": v, "N": n} for n, v in enumerate(values)])
        rows = self.fetch(f"SELECT f, _raw_values FROM '{done.path}' ORDER BY n")
        return [(value, None if kept is None else json.loads(kept)["F"]) for value, kept in rows]

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            return db.execute(query).fetchall()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.converter.close()


def test_good_values_of_every_kind_are_typed(bench: Bench) -> None:
    """Each kind holds what it is meant for, and nothing is kept beside it."""
    moment = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert bench.values("integer", ["7", 7, "-5", "0", None]) == [(v, None) for v in (7, 7, -5, 0, None)]
    assert bench.values("decimal", ["10.50", 10.5, "-0.01"]) == [
        (Decimal(v), None) for v in ("10.50", "10.50", "-0.01")
    ]
    assert bench.values("rate", ["1.1234"]) == [(Decimal("1.1234"), None)]
    assert bench.values("double", ["0.1", 0.1, "1e3"]) == [(v, None) for v in (0.1, 0.1, 1000.0)]
    written = ["2026-07-01T12:00:00+02:00", "2026-07-01T10:00:00Z", "2026-07-01T13:00:00+0300"]
    assert bench.values("datetime", written) == [(moment, None)] * 3
    flags = [True, "Y", "1", False, "N", "0"]
    assert bench.values("boolean", flags) == [(v, None) for v in (True, True, True, False, False, False)]
    assert bench.values("json", [{"a": [1]}, [1, "b"]]) == [('{"a":[1]}', None), ('[1,"b"]', None)]


@pytest.mark.parametrize("kind", ["text", "any"])
def test_empty_forms_are_told_apart_in_text(bench: Bench, kind: Kind) -> None:
    """PHP's empty values stay what they were: only null is NULL."""
    found = bench.values(kind, [*EMPTY_FORMS, None])
    assert [value for value, _ in found] == ["", "[]", "false", "{}", None]


@pytest.mark.parametrize("kind", ["integer", "decimal", "rate", "double", "datetime"])
def test_empty_forms_are_told_apart_beside_typed_columns(bench: Bench, kind: Kind) -> None:
    """A typed column is NULL for all of them; which it was stands in _raw_values, and none is odd."""
    assert bench.values(kind, [*EMPTY_FORMS, None]) == [*((None, form) for form in EMPTY_FORMS), (None, None)]
    done = bench.convert({"F": kind}, [{"F": form} for form in [*EMPTY_FORMS, None]] + [{}])
    assert (done.rows, done.odd_values) == (6, 0)


def test_empty_forms_are_told_apart_in_json(bench: Bench) -> None:
    """Multiple fields keep the empty form they had."""
    found = bench.values("json", [*EMPTY_FORMS, None])
    assert [value for value, _ in found] == ['""', "[]", "false", "{}", None]


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("integer", ["1.5", "12.000001", "abc", "[abc", "{x", "9223372036854775808", ["1"], {"a": 1}, True]),
        ("decimal", ["1.005", "1.00000000001", "1,5", "99999999999999999.99", "1 000", "NaN", [1]]),
        ("rate", ["1.12345", "x"]),
        ("double", ["1e400", "nan", "inf", "1,5", "abc", {"v": 1}]),
        (
            "datetime",
            [
                "2026-01-01T10:00:00",
                "2026-01-01",
                "0000-00-00",
                "0000-00-00T00:00:00+00:00",
                "2026-02-31T10:00:00+02:00",
                "2026-01-01T25:00:00+02:00",
                "01.02.2026 10:00:00",
                "infinity",
                ["2026-01-01T10:00:00+00:00"],
            ],
        ),
        ("boolean", ["yes", "2", [True]]),
    ],
)
def test_odd_values_are_counted_and_kept_exactly(bench: Bench, kind: Kind, odd: list[object]) -> None:
    """What a column cannot hold is NULL there, whole in _raw_values, and reported."""
    assert bench.values(kind, odd) == [(None, value) for value in odd]
    assert bench.convert({"F": kind}, [{"F": value} for value in odd]).odd_values == len(odd)


def test_odd_values_of_several_fields_stand_together(bench: Bench) -> None:
    """One object a row, by field code, also for codes that need quoting."""
    kinds: dict[str, Kind] = {"ID": "integer", 'A"b': "integer", "D'E": "datetime"}
    done = bench.convert(kinds, [{"ID": "1", 'A"b': "x", "D'E": "y"}])
    assert done.odd_values == 2
    ((kept,),) = bench.fetch(f"SELECT _raw_values FROM '{done.path}'")
    assert json.loads(kept) == {'A"b': "x", "D'E": "y"}


def test_numbers_too_long_for_a_double_keep_their_digits(bench: Bench) -> None:
    """Texts and JSON hold a number as the portal wrote it."""
    big = "12345678901234567890123"
    done = bench.convert({"A": "text", "B": "json"}, [f'{{"A":{big},"B":[{big}]}}'])
    assert bench.fetch(f"SELECT a, b FROM '{done.path}'") == [(big, f"[{big}]")]


def test_texts_survive_whatever_they_hold(bench: Bench) -> None:
    """Emoji, NUL, Cyrillic, quotes, line ends and what looks like JSON or SQL come through."""
    texts = ["😀👩‍👩‍👧", "a\u0000b", "Сделка № 1", 'it\'s "q"', "a\nb\r\nc\td", "NULL"]
    texts += ['{"a": 1', "'; --", " \u2028 "]
    assert [value for value, _ in bench.values("text", list(texts))] == texts
    assert [value for value, _ in bench.values("any", list(texts))] == texts


def test_long_comment_comes_through(bench: Bench) -> None:
    """A row longer than any buffer's default is read whole, among short ones."""
    long = "Длинный комментарий 😀 " * 15_000
    short = [{"T": str(n)} for n in range(50)]
    done = bench.convert({"T": "text"}, [*short, {"T": long}, *short, {"T": f"{long}."}])
    assert done.rows == 102
    found = bench.fetch(f"SELECT t FROM '{done.path}' ORDER BY length(t) DESC LIMIT 2")
    assert found == [(f"{long}.",), (long,)]


def test_field_that_a_row_lacks_is_null(bench: Bench) -> None:
    """Rows need not all have the same fields."""
    done = bench.convert({"A": "integer", "B": "text"}, [{"A": "1"}, {"B": "x"}])
    assert bench.fetch(f"SELECT a, b FROM '{done.path}' ORDER BY a") == [(1, None), (None, "x")]


def test_service_columns_stand_beside_every_row(bench: Bench) -> None:
    """When the row was read, and that the portal has it."""
    done = bench.convert({"A": "integer"}, [{"A": 1}])
    ((deleted, synced),) = bench.fetch(f"SELECT _deleted_at, _synced_at FROM '{done.path}'")
    assert deleted is None
    assert synced == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["json", "any"])
def test_links_with_tokens_are_not_stored(bench: Bench, kind: Kind) -> None:
    """A file keeps its id and its name; every link that opens it for whoever has the link is left out."""
    path = "\\/show_file.php?auth=filetoken1"
    rows = [
        f'{{"F":{{"id":1,"showUrl":"{path}","downloadUrl":"{path}"}}}}',
        f'{{"F":[{{"downloadUrl" : "{path}" , "id":2}},{{"urlMachine":"{path}","name":"a"}}]}}',
        f'{{"F":{{"DOWNLOAD_URL":"{path}","NAME":"b"}}}}',
        '{"F":{"url":"https:\\/\\/portal.example\\/rest\\/1\\/filetoken1\\/x","id":3}}',
    ]
    done = bench.convert({"F": kind}, list(rows))
    kept = [json.loads(value) for (value,) in bench.fetch(f"SELECT f FROM '{done.path}'")]
    assert kept == [{"id": 1}, [{"id": 2}, {"name": "a"}], {"NAME": "b"}, {"id": 3}]


def test_text_about_links_is_left_alone(bench: Bench) -> None:
    """Only members of an object are links; what people write about them stays."""
    said = 'see "downloadUrl":"x" and auth=1, token=2'
    assert [value for value, _ in bench.values("any", [said])] == [said]
    ((value, _),) = bench.values("json", [{"text": said, "url": "https://example.com/page"}])
    assert json.loads(value) == {"text": said, "url": "https://example.com/page"}


def test_rows_that_are_no_table_are_refused(bench: Bench) -> None:
    """A text that no JSON parser takes is an error of this entity, not a crash of the run."""
    with pytest.raises(MalformedReplyError, match="cannot be read"):
        bench.convert({"T": "text"}, ['{"T":"\\ud800"}'])
    assert not (bench.folder / "rows.parquet").exists()


def test_contact_points_are_a_row_each(bench: Bench) -> None:
    """Phones and the rest become rows of their owner; empty forms and repeated ids make none."""
    phones = [
        {"ID": "5", "VALUE_TYPE": "WORK", "VALUE": "+49 40 1", "TYPE_ID": "PHONE"},
        {"ID": "6", "VALUE_TYPE": "HOME", "VALUE": "+49 40 2", "TYPE_ID": "PHONE"},
        {"ID": "6", "VALUE_TYPE": "HOME", "VALUE": "+49 40 2", "TYPE_ID": "PHONE"},
    ]
    mails = {"0": {"ID": 7, "VALUE_TYPE": "WORK", "VALUE": "a@b.example", "TYPE_ID": "EMAIL"}}
    rows: list[object] = [
        {"ID": "1", "PHONE": phones, "EMAIL": list(mails.values())},
        {"ID": "2", "PHONE": [], "EMAIL": False},
        {"ID": "3", "PHONE": "", "EMAIL": None},
        {"ID": "4"},
    ]
    bench.convert({"ID": "integer", "PHONE": "json", "EMAIL": "json"}, rows)
    done = bench.converter.contact_points(
        bench.folder / "rows.parquet", "contact", ["PHONE", "EMAIL"], bench.folder / "points.parquet"
    )
    assert done.rows == 3
    assert bench.fetch(
        f"SELECT owner_type, owner_id, id, type_id, value_type, value FROM '{done.path}' ORDER BY id"
    ) == [
        ("contact", 1, 5, "PHONE", "WORK", "+49 40 1"),
        ("contact", 1, 6, "PHONE", "HOME", "+49 40 2"),
        ("contact", 1, 7, "EMAIL", "WORK", "a@b.example"),
    ]


def test_values_are_distinct_integers_over_files(bench: Bench) -> None:
    """The ids in a column, over any number of files, without NULLs."""
    done = bench.convert({"ID": "integer"}, [{"ID": 3}, {"ID": 1}, {"ID": 3}, {"ID": ""}])
    assert bench.converter.values([done.path, done.path], "id") == [1, 3]
    assert bench.converter.values([], "id") == []


def test_doubles_are_never_infinite(bench: Bench) -> None:
    """No arithmetic over a column meets a value that the portal could not have meant."""
    found = bench.values("double", ["1e308", "1e309", "-1e309"])
    assert all(value is None or math.isfinite(value) for value, _ in found)
