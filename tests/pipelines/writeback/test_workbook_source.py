"""Workbooks as people and Excel make them."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipelines.errors import UsageError
from pipelines.writeback.read_source import read_source
from pipelines.writeback.rows import InvalidRowsError, Place, Problem
from tests.pipelines.writeback.excel_parts import excel_file, formula, number, row, shared_text, text

HEADER = row(1, text("A1", "ID"), text("B1", "TITLE"), text("C1", "AMOUNT"))


def problems_of(path: Path) -> dict[tuple[int, str], str]:
    """What is wrong with a file: (row, column) -> message."""
    with pytest.raises(InvalidRowsError) as caught:
        read_source(path)
    return {(each.place.row, each.place.column): each.message for each in caught.value.problems}


def test_texts_numbers_and_cached_values_are_read_as_they_are_seen(tmp_path: Path) -> None:
    """Shared and inline strings, numbers, numbers stored as text, flags and calculated values all arrive."""
    rows = (
        row(1, shared_text("A1", 0), shared_text("B1", 1), text("C1", " AMOUNT "), text("D1", "FLAG"))
        + row(2, number("A2", "7"), shared_text("B2", 2), number("C2", "1234.4999999999999"))
        + row(3, text("A3", "0012"), text("B3", "a_x000D_b"), formula("C3", "1+1", "2"))
        + row(5, number("A5", "8"), formula("B5", "T(1)", "done", "str"), text("C5", "1 234,50"))
        + row(6, number("A6", "9"), '<c r="D6" t="b"><v>1</v></c>')
    )
    table = read_source(
        excel_file(tmp_path / "a.xlsx", {"S": rows}, shared=("ID", "TITLE", "Größe &amp; 三"))
    )

    assert table.headers == ("ID", "TITLE", "AMOUNT", "FLAG")
    assert [(each.number, *each.cells.values()) for each in table.rows] == [
        (2, 7, "Größe & 三", Decimal("1234.5"), None),
        (3, "0012", "a\rb", 2, None),
        (5, 8, "done", "1 234,50", None),
        (6, 9, None, None, True),
    ]


@pytest.mark.parametrize(("date1904", "day"), [(False, date(2023, 3, 15)), (True, date(2027, 3, 16))])
def test_serial_numbers_count_from_the_workbooks_own_epoch(
    tmp_path: Path,
    date1904: bool,  # noqa: FBT001
    day: date,
) -> None:
    """The same number is another day in a workbook of an old Macintosh; a bare number stays one."""
    rows = row(1, text("A1", "DAY"), text("B1", "AT"), text("C1", "BARE")) + row(
        2, number("A2", "45000", "day"), number("B2", "45000.999994", "moment"), number("C2", "45000")
    )
    table = read_source(excel_file(tmp_path / "a.xlsx", {"S": rows}, date1904=date1904))

    moment = datetime(day.year, day.month, day.day, 23, 59, 59)  # noqa: DTZ001 - a workbook has no zone
    assert list(table.rows[0].cells.values()) == [day, moment, 45000]


def test_every_problem_is_told_with_its_place_before_anything_is_returned(tmp_path: Path) -> None:
    """Errors, uncalculated formulas, lost digits, merged cells and values without a header, all at once."""
    rows = (
        row(1, text("A1", "ID"), text("B1", "TITLE"), text("C1", "AMOUNT"))
        + row(2, '<c r="A2" t="e"><f>VLOOKUP(1)</f><v>#REF!</v></c>', number("C2", "12345678901234567"))
        + row(3, number("A3", "1"), formula("C3", "A3*2", None))
        + row(4, number("A4", "2"), text("B4", "merged"), number("C4", "1"), text("E4", "lost"))
    )
    merged = '<mergeCells count="1"><mergeCell ref="B4:B5"/></mergeCells>'
    told = problems_of(excel_file(tmp_path / "a.xlsx", {"S": rows}, after=merged))

    assert set(told) == {(2, "ID"), (2, "AMOUNT"), (3, "AMOUNT"), (4, "TITLE"), (4, "E")}
    assert "correct it" in told[2, "ID"]
    assert "15 digits" in told[2, "AMOUNT"]
    assert "never calculated" in told[3, "AMOUNT"]
    assert "unmerge" in told[4, "TITLE"]
    assert "no header" in told[4, "E"]


def test_a_header_that_stands_twice_is_a_problem(tmp_path: Path) -> None:
    """Whatever its case: nobody could tell which of the two columns is meant."""
    rows = row(1, text("A1", "Title"), text("B1", "x"), text("C1", "TITLE ")) + row(2, text("A2", "a"))

    assert problems_of(excel_file(tmp_path / "a.xlsx", {"S": rows})) == {
        (1, "C"): "is also the header of column A: rename or remove one of them"
    }


def test_hidden_and_filtered_rows_count_and_are_said_so(tmp_path: Path) -> None:
    """A filter hides rows from the eye, not from the plan."""
    rows = HEADER + row(2, number("A2", "1")) + row(3, number("A3", "2"), hidden=True)
    path = excel_file(tmp_path / "a.xlsx", {"S": rows}, after='<autoFilter ref="A1:C3"/>')
    table = read_source(path)

    assert [each.cells["ID"] for each in table.rows] == [1, 2]
    assert table.notes == ("S: 1 rows are hidden by a filter or by hand and count like all others",)


def test_a_hidden_second_row_tells_the_codes(tmp_path: Path) -> None:
    """Labels above, codes below them: the codes decide, and are no row of data."""
    rows = (
        row(1, text("A1", "Number"), text("B1", "Deal name"))
        + row(2, text("A2", "ID"), text("B2", "TITLE"), hidden=True)
        + row(3, number("A3", "1"), text("B3", "x"))
    )
    table = read_source(excel_file(tmp_path / "a.xlsx", {"S": rows}))

    assert table.codes == {"Number": "ID", "Deal name": "TITLE"}
    assert [each.number for each in table.rows] == [3]


def test_the_header_is_found_below_titles_and_blank_rows(tmp_path: Path) -> None:
    """A report's title is no header, and a blank row is no record."""
    rows = (
        row(2, text("C2", "Deals of March"))
        + row(4, text("C4", "ID"), text("D4", "TITLE"), text("E4", "AMOUNT"))
        + row(5, number("C5", "1"))
        + row(8, number("C8", "2"), text("D8", "x"))
    )
    path = tmp_path / "a.xlsx"
    table = read_source(excel_file(path, {"S": rows}))
    broken = rows + row(9, '<c r="D9" t="e"><v>#N/A</v></c>')

    assert table.headers == ("ID", "TITLE", "AMOUNT")
    assert [each.number for each in table.rows] == [5, 8]
    assert table.notes == ("S: the header is row 4; the rows above it are not read",)
    assert list(problems_of(excel_file(path, {"S": broken}))) == [(9, "TITLE")]


def test_of_several_sheets_one_has_to_be_named(tmp_path: Path) -> None:
    """Sheets without content do not count."""
    path = excel_file(tmp_path / "a.xlsx", {"March": HEADER, "April": HEADER, "Empty": ""})

    with pytest.raises(UsageError, match=r"March, April.*--sheet"):
        read_source(path)
    with pytest.raises(UsageError, match="has no sheet 'May'"):
        read_source(path, sheet="May")
    assert read_source(path, sheet="April").headers == ("ID", "TITLE", "AMOUNT")


def test_a_workbook_that_another_program_made_is_read(tmp_path: Path) -> None:
    """What openpyxl writes, with a formula as text and columns of results, which are left out."""
    book = openpyxl.Workbook()
    book.active.append(["ID", "TITLE", "_status", "_error"])
    book.active.append([5, "=SUM(A1)", "rejected", "no"])
    book.active["B2"].data_type = "s"
    book.save(tmp_path / "a.xlsx")
    table = read_source(tmp_path / "a.xlsx")

    assert [dict(each.cells) for each in table.rows] == [{"ID": 5, "TITLE": "=SUM(A1)"}]
    assert table.notes == ("Sheet: _status, _error: columns of results, not read",)


def test_a_file_that_is_no_workbook_is_told_so(tmp_path: Path) -> None:
    """One sentence, no traceback of a library."""
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 broken")

    with pytest.raises(UsageError, match="cannot be read as a workbook"):
        read_source(tmp_path / "a.xlsx")


def test_many_problems_are_told_shortly_and_kept_whole() -> None:
    """The message has the first ones on one line; the error has all of them."""
    problems = [Problem(Place("S", number, "A"), "x\ny" * 50, "is wrong") for number in range(9)]
    error = InvalidRowsError(problems)

    assert len(error.problems) == 9
    assert str(error).endswith("; and 4 more")
    assert "\n" not in str(error)
    assert str(error.problems[1]).startswith("S, row 1, column A: 'x yx y")
