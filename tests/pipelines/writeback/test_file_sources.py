"""CSV, JSON lines, Parquet, queries, models and DataFrames."""
# ruff: noqa: RUF001  texts in two scripts

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.errors import UsageError, WarehouseError
from pipelines.writeback.read_source import read_source
from pipelines.writeback.rows import InvalidRowsError

TABLE = 'ID;Название;Сумма\r\n0012;Поставка – «А»;1 234,50\r\n\r\n2;"a;b\nc";\r\n'


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("cp1251", "Windows-1251"),
    ],
)
def test_a_csv_is_read_in_its_encoding_and_the_decision_is_told(
    tmp_path: Path, encoding: str, told: str
) -> None:
    """Texts stay texts, zeros stay, quoted separators and line ends are data, empty is None."""
    path = tmp_path / "a.csv"
    path.write_bytes(TABLE.encode(encoding))
    table = read_source(path)

    assert [(each.number, *each.cells.values()) for each in table.rows] == [
        (2, "0012", "Поставка – «А»", "1 234,50"),
        (4, "2", "a;b\nc", None),
    ]
    assert table.notes == (f"read as {told} (sample: Название), separated by semicolon",)
    assert len(table.digest) == 64


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('ID,T\n1,"a;b"\n', "separated by comma"),
        ("ID\tT\n1\ta;b, c\n", "separated by tab"),
        ("sep=;\nID;T\n1;a,b\n", "separated by semicolon"),
    ],
)
def test_the_separator_is_the_one_that_makes_a_table(tmp_path: Path, content: str, told: str) -> None:
    """Other separators within values do not deceive; Excel's own line `sep=` decides."""
    path = tmp_path / "a.csv"
    path.write_text(content)
    table = read_source(path)

    assert table.headers == ("ID", "T")
    assert told in table.notes[0]


@pytest.mark.parametrize(
    ("content", "row", "told"),
    [
        ("ID;T\n1;a\n2\n3;c;\n", 3, "has 1 values and the header has 2"),
        ("ID;T\n1;a;extra\n", 2, "has no header above it"),
        ('ID;T\n1;a\n2;"b\n3;c\n', 3, "quotation mark"),
    ],
)
def test_a_cut_csv_is_not_read_as_a_shorter_one(tmp_path: Path, content: str, row: int, told: str) -> None:
    """Rows that are too short, too long or end within quotes are problems with their row."""
    path = tmp_path / "a.csv"
    path.write_text(content)

    with pytest.raises(InvalidRowsError, match=told) as caught:
        read_source(path)
    assert [each.place.row for each in caught.value.problems] == [row]


def test_json_lines_keep_numbers_exactly_and_faults_are_told_by_line(tmp_path: Path) -> None:
    """A number is what is written, not the nearest double; 0 and false are values, "" and [] are none."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"ID": 1, "A": 0.10000000000000000001, "B": false}\n\n{"ID": 0, "C": ["x"], "A": ""}\n')

    assert [(each.number, *each.cells.values()) for each in read_source(path).rows] == [
        (1, 1, Decimal("0.10000000000000000001"), False, None),
        (3, 0, None, None, ["x"]),
    ]

    path.write_text('{"ID": 1}\n[1]\n{"ID": 1, "ID": 2}\n{"ID": NaN}\n{"ID"\n')
    with pytest.raises(InvalidRowsError) as caught:
        read_source(path)
    assert [each.place.row for each in caught.value.problems] == [2, 3, 4, 5]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one report in it."""
    path = tmp_path_factory.mktemp("warehouse") / "w.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(
            """CREATE SCHEMA reporting; CREATE TABLE reporting.rpt_late AS SELECT 7 AS ID, 'x' AS TITLE,
            1.50::DECIMAL(18, 2) AS OPPORTUNITY, DATE '2024-01-31' AS CLOSEDATE, 0.1::DOUBLE AS D, NULL AS E,
            TIMESTAMPTZ '2024-01-31 09:30:00+02' AS AT"""
        )
    return path


def test_queries_models_and_parquet_answer_typed_values(warehouse: Path, tmp_path: Path) -> None:
    """A model is found by its name, a query by --sql; decimals stay exact, moments have an offset."""
    parquet = tmp_path / "a.parquet"
    with duckdb.connect(str(warehouse), read_only=True) as db:
        db.execute(f"COPY reporting.rpt_late TO '{parquet}'")
    expected = [
        *(7, "x", Decimal("1.50"), date(2024, 1, 31), Decimal("0.1"), None),
        datetime(2024, 1, 31, 7, 30, tzinfo=UTC),
    ]

    for table in (
        read_source("rpt_late", db=warehouse),
        read_source("reporting.rpt_late", db=warehouse),
        read_source("", sql="SELECT * FROM reporting.rpt_late;", db=warehouse),
        read_source(parquet),
    ):
        assert [list(each.cells.values()) for each in table.rows] == [expected]
        assert table.rows[0].number == 2


def test_only_a_query_is_a_query(warehouse: Path, tmp_path: Path) -> None:
    """What writes, or fails, or does not exist is refused with a reason."""
    target = tmp_path / "out.csv"
    with pytest.raises(UsageError, match="one SELECT"):
        read_source("", sql=f"COPY reporting.rpt_late TO '{target}'", db=warehouse)
    with pytest.raises(UsageError, match="query fails"):
        read_source("", sql="SELECT nothing FROM reporting.rpt_late", db=warehouse)
    with pytest.raises(UsageError, match=r"neither a file nor a model.*rpt_late"):
        read_source("rpt_early", db=warehouse)
    with pytest.raises(UsageError, match="no such file"):
        read_source(tmp_path / "gone.xlsx")
    with pytest.raises(WarehouseError, match="does not exist"):
        read_source("rpt_late", db=tmp_path / "no.duckdb")
    assert not target.exists()


def test_a_data_frame_is_taken_as_it_is() -> None:
    """Integers that a gap made floats are integers again; a named index is a column; NaN is empty."""
    frame = pd.DataFrame(
        {
            "OPPORTUNITY": [0.1, None],
            "COMPANY_ID": [5, None],
            "AT": pd.to_datetime(["2024-01-31 09:30:00+02:00", None], utc=True),
            "FLAG": [True, False],
            "TEXT": ["007", None],
            "COUNT": pd.array([12345678901234567, None], dtype="Int64"),
        },
        index=pd.Index([3, 4], name="ID"),
    )
    table = read_source(frame)

    assert [list(each.cells.values()) for each in table.rows] == [
        [3, Decimal("0.1"), 5, datetime(2024, 1, 31, 7, 30, tzinfo=UTC), True, "007", 12345678901234567],
        [4, None, None, None, False, None, None],
    ]
    assert table.digest == read_source(frame.copy()).digest
    assert table.digest != read_source(frame.assign(TEXT=["7", None])).digest


def test_a_data_frame_that_lost_digits_is_refused() -> None:
    """A float of more than 15 digits is not what somebody typed."""
    with pytest.raises(InvalidRowsError, match="15 digits") as caught:
        read_source(pd.DataFrame({"ID": [12345678901234567.0, None]}))
    assert caught.value.problems[0].place.row == 2
