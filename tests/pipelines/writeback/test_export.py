"""From the warehouse to a file and back: an untouched workbook says what it said."""

import csv
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import sync
from pipelines.errors import UsageError, WarehouseError
from pipelines.warehouse import reading
from pipelines.writeback.cells import cell_text
from pipelines.writeback.export import export
from pipelines.writeback.raw_fields import RawField, raw_fields
from pipelines.writeback.read_source import read_source
from pipelines.writeback.results import RowResult, write_rejects, write_results
from pipelines.writeback.rows import InvalidRowsError, Origin, SourceRow
from pipelines.writeback.values import ValueProblem, canonical, live, same
from pipelines.writeback.workbook_write import SheetColumn, SheetRow, write_workbook
from sources.demo_portal import DemoPortal, serve

CRM = ("deals", "contacts", "leads", "companies")
OTHERS = ("users", "statuses", "pipelines", "currencies", "custom_fields", "tasks")
BERLIN = ZoneInfo("Europe/Berlin")
ODD = (
    '=HYPERLINK("http://x","y")',
    "a\r\nb\tc\rd",
    " _x000D_ is text ",
    "0012",
    "1e5",
    "+49 30",
    "𝄞 三和 <b>&amp;",
    "x" * 40_000,
    "\x01\x1f",
)


@pytest.fixture(scope="module")
def portal() -> DemoPortal:
    """Some deals have titles that spreadsheets like to change."""
    made = DemoPortal(deals=60, rate=0, operating_limit=0)
    deals = made.store.table("deals")
    for row, title in zip(deals.rows(), ODD, strict=False):
        deals.update(int(str(row["ID"])), {"TITLE": title})
    return made


@pytest.fixture(scope="module")
def warehouse(portal: DemoPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The portal's tables in a file."""
    folder = tmp_path_factory.mktemp("export")
    with pytest.MonkeyPatch.context() as patch, serve(portal) as url:
        patch.setenv("B24_STATE_DIR", str(folder / "state"))
        patch.chdir(folder)
        assert sync((*CRM, *OTHERS), db=folder / "w.duckdb", webhook_url=url)
        yield folder / "w.duckdb"


def edited(path: Path) -> list[tuple[int, str]]:
    """The cells that are not as they were exported."""
    rows = read_source(path).rows
    return [(row.number, name) for row in rows for name in (("?",) if row.edited is None else row.edited)]


def change(path: Path, **cells: object) -> None:
    """Edit a workbook as a person does, and save it with another program."""
    book = openpyxl.load_workbook(path)
    for place, value in cells.items():
        book.worksheets[0][place] = value
        if isinstance(value, str):
            book.worksheets[0][place].data_type = "s"
    book.save(path)


@pytest.mark.parametrize("entity", [*CRM, *OTHERS])
def test_an_untouched_workbook_is_what_the_warehouse_has(
    entity: str, warehouse: Path, tmp_path: Path
) -> None:
    """Every row comes back, each cell, odd ones too, is its own base; saving it elsewhere changes none."""
    path = tmp_path / "a.xlsx"
    exported = export(entity, path, db=warehouse)
    table = read_source(path)

    assert exported.rows == len(table.rows) > 0
    assert all(
        cell_text(row.cells[header]) == row.base[header] for row in table.rows for header in row.base or {}
    )
    assert edited(path) == []
    if entity == "deals":
        openpyxl.load_workbook(path).save(path)
        assert edited(path) == []


@pytest.mark.parametrize("entity", CRM)
def test_cells_mean_what_the_portal_has(
    entity: str, portal: DemoPortal, warehouse: Path, tmp_path: Path
) -> None:
    """Labels, days, lists, phones and amounts are understood as the very values of the portal."""
    export(entity, tmp_path / "a.xlsx", db=warehouse)
    with reading(warehouse) as connection:
        fields = {field.spec.code: field for field in raw_fields(connection, entity)}
    table = read_source(tmp_path / "a.xlsx")
    rows = {int(str(row["ID"])): row for row in portal.store.table(entity).rows()}

    wrong = []
    for row in table.rows:
        portals = rows[int(str(row.cells["ID"]))]
        for header, code in table.codes.items():
            if code in portals and not _is_meant(fields[code], row, header, portals):
                wrong.append(f"{row.cells['ID']} {code}: {row.cells[header]!r} is not {portals[code]!r}")
    assert wrong == []


def _is_meant(field: RawField, row: SourceRow, header: str, portals: dict[str, Any]) -> bool:
    spec, value = field.spec, row.cells[header]
    if spec.kind == "file" or str(value).startswith("#TOO LONG"):
        return True
    try:
        mine = canonical(spec, value, row=portals, decimal_sign=".")
    except ValueProblem:  # a status or currency that was deleted: its id stays, and nobody may choose it anew
        return spec.kind == "status" and value == portals[spec.code] not in spec.options
    return same(spec, mine, live(spec, portals[spec.code]))


def test_an_edited_cell_is_known_with_what_it_was(warehouse: Path, tmp_path: Path) -> None:
    """Changed, emptied and added cells are told apart from the others, wherever the row stands."""
    path = tmp_path / "a.xlsx"
    export("deals", path, db=warehouse)
    before = read_source(path)
    first, title = before.rows[0], before.headers.index("Title")
    change(path, B3="New title", G4=None, A70=None, B70="Added by hand")
    table = read_source(path)
    by_number = {row.number: row for row in table.rows}

    assert title == 1
    assert edited(path) == [(3, "Title"), (4, "Amount"), (70, "?")]
    assert (by_number[3].cells["Title"], (by_number[3].base or {})["Title"]) == (
        "New title",
        first.cells["Title"],
    )
    assert by_number[4].cells["Amount"] is None
    assert by_number[70].base is None
    assert "deals: 1 rows were not in the export" in table.notes


def test_a_text_of_digits_that_became_a_number_is_an_error(warehouse: Path, tmp_path: Path) -> None:
    """0012 that is 12 now is not what somebody meant."""
    path = tmp_path / "a.xlsx"
    export("deals", path, db=warehouse)
    place = next(row.number for row in read_source(path).rows if row.cells["Title"] == "0012")
    change(path, **{f"B{place}": 12})

    with pytest.raises(InvalidRowsError, match="was the text '0012' and is now the number 12"):
        read_source(path)


def test_moments_are_shown_in_the_portals_time_and_keep_their_instant(
    warehouse: Path, tmp_path: Path
) -> None:
    """A moment that a person types is one of the timezone in which the workbook shows moments."""
    path = tmp_path / "a.xlsx"
    export("deals", path, db=warehouse)
    table = read_source(path)
    place = table.headers.index("Demo held at")
    letters = openpyxl.utils.get_column_letter(place + 1)
    change(path, **{f"{letters}3": datetime(2026, 7, 1, 9, 30)})  # noqa: DTZ001 - as a person types it

    assert table.origin is not None
    assert table.origin.timezone == "Europe/Berlin"
    assert read_source(path).rows[0].cells["Demo held at"] == datetime(2026, 7, 1, 9, 30, tzinfo=BERLIN)


def test_the_sheet_helps_the_person(warehouse: Path, tmp_path: Path) -> None:
    """Ids are locked, what the portal sets is grey, choices drop down, texts are texts, codes are hidden."""
    path = tmp_path / "a.xlsx"
    export("deals", path, db=warehouse)
    book = openpyxl.load_workbook(path)
    sheet = book["deals"]
    codes = {cell.value: cell.column_letter for cell in sheet[2]}
    ruled = {
        str(rule.sqref).split(":")[0].rstrip("0123456789") for rule in sheet.data_validations.dataValidation
    }

    assert sheet.row_dimensions[2].hidden
    assert sheet.protection.sheet
    assert sheet["A3"].protection.locked
    assert not sheet[f"{codes['TITLE']}3"].protection.locked
    assert sheet[f"{codes['TITLE']}3"].number_format == "@"
    assert sheet[f"{codes['DATE_CREATE']}3"].fill.start_color.rgb == "00EDEDED"
    assert {
        codes[code] for code in ("STAGE_ID", "ASSIGNED_BY_ID", "CURRENCY_ID", "UF_CRM_1700000010")
    } <= ruled
    assert book["_base"].sheet_state == book["_lists"].sheet_state == "veryHidden"
    assert [sheet[f"{codes[f'UF_CRM_17000000{number}']}1"].value for number in ("01", "25")] == [
        "Order number [UF_CRM_1700000001]",
        "Order number [UF_CRM_1700000025]",
    ]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_a_hidden_sheet_that_was_edited_is_no_base(warehouse: Path, tmp_path: Path) -> None:
    """A base that is not what was exported would let a colleague's change be overwritten."""
    path = tmp_path / "a.xlsx"
    export("users", path, db=warehouse)
    book = openpyxl.load_workbook(path)
    book["_base"]["B3"] = "[]"
    book.save(path)

    with pytest.raises(InvalidRowsError, match="_base: was edited: export again"):
        read_source(path)


def test_plain_files_have_codes_as_headers_and_values_as_they_are(warehouse: Path, tmp_path: Path) -> None:
    """A CSV that spreadsheets know as UTF-8, a Parquet file with types; what looks like a formula is told."""
    noted = export("deals", tmp_path / "a.csv", db=warehouse).notes
    export("deals", tmp_path / "a.parquet", db=warehouse)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    titles = [row["TITLE"] for row in rows]

    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert ODD[0] in titles
    assert "begin like formulas" in noted[0]
    assert [str(row.cells["TITLE"]) for row in read_source(tmp_path / "a.parquet").rows] == titles
    assert json.loads(rows[0]["UF_CRM_1700000015"] or "[]") is not None


def test_a_query_becomes_a_plain_workbook(warehouse: Path, tmp_path: Path) -> None:
    """One header, values with their types, nothing hidden, formulas as text."""
    path = tmp_path / "a.xlsx"
    query = "SELECT '=1+1' AS t, 1.50::DECIMAL(9, 2) AS n, DATE '2024-01-31' AS d, [1, 2] AS l, NULL AS e;"
    exported = export(None, path, db=warehouse, sql=query)
    table = read_source(path)

    assert (exported.rows, exported.columns) == (1, 5)
    assert [list(row.cells.values()) for row in table.rows] == [
        ["=1+1", Decimal("1.5"), date(2024, 1, 31), "[1, 2]", None]
    ]
    assert openpyxl.load_workbook(path).sheetnames == ["rows"]


def test_somebodys_workbook_is_not_overwritten(warehouse: Path, tmp_path: Path) -> None:
    """It is kept under another name, which is told."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"edits")
    exported = export("users", path, db=warehouse)
    (kept,) = tmp_path.glob("a *.xlsx")

    assert kept.read_bytes() == b"edits"
    assert kept.name in " ".join(exported.notes)


def test_what_cannot_be_exported_is_refused(warehouse: Path, tmp_path: Path) -> None:
    """Unknown entities, suffixes and queries, each with what would do; nothing is left behind."""
    for arguments, told in (
        ({"entity": "dials", "target": "a.xlsx"}, "no such entity; it has .*deals"),
        ({"entity": "deals", "target": "a.ods"}, "must end in one of .xlsx"),
        ({"entity": "deals", "target": "no/a.csv"}, "there is no folder"),
        ({"entity": None, "target": "a.csv"}, "Name an entity"),
        ({"entity": None, "target": "a.csv", "sql": "DROP TABLE x"}, "one SELECT"),
        ({"entity": None, "target": "a.csv", "sql": "SELECT nothing"}, "query fails"),
    ):
        with pytest.raises(UsageError, match=told):
            export(**{**arguments, "target": tmp_path / str(arguments["target"])}, db=warehouse)  # type: ignore[arg-type]
    with pytest.raises(WarehouseError):
        export("deals", tmp_path / "a.xlsx", db=tmp_path / "no.duckdb")
    assert list(tmp_path.iterdir()) == []


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
MOMENTS = st.datetimes(datetime(1890, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - zone below
    lambda moment: moment.replace(microsecond=0, tzinfo=BERLIN, fold=0)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            TEXTS,
            st.integers(-(10**18), 10**18) | st.decimals(allow_nan=False, allow_infinity=False, places=9),
            st.dates(date(1800, 1, 1)),
            MOMENTS,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_value_survives_a_workbook(tmp_path: Path, rows: list[tuple[object, ...]]) -> None:
    """Whatever a text, number, day or moment is, the cell that comes back is told by the same text."""
    kinds = ("integer", "text", "decimal", "date", "datetime")
    columns = [SheetColumn(f"h{place}", f"C{place}", kind) for place, kind in enumerate(kinds)]
    origin = Origin("x", tuple(column.code for column in columns), kinds, ("C0",), BERLIN.key, "")
    made = [
        SheetRow(values, (str(values[0]),), [cell_text(value) for value in values])
        for values in ((number, *row) for number, row in enumerate(rows, 1))
    ]
    write_workbook(tmp_path / "p.xlsx", "x", columns, made, origin)
    table = read_source(tmp_path / "p.xlsx")

    assert [row.edited for row in table.rows] == [()] * len(rows)
    assert [cell_text(row.cells["h1"]) for row in table.rows] == [row[0] for row in rows]


def test_rejects_go_straight_back(warehouse: Path, tmp_path: Path) -> None:
    """They have the columns of their source, its codes and its base, so a correction is a correction."""
    export("deals", tmp_path / "a.xlsx", db=warehouse)
    change(tmp_path / "a.xlsx", B3="Wrong", B4="Right")
    table = read_source(tmp_path / "a.xlsx")
    results = {
        ("deals", 3): RowResult("rejected", "25", "Access denied"),
        ("deals", 4): RowResult("done", "26"),
    }
    write_results(tmp_path, table, results)
    rejects = write_rejects(tmp_path, table, results, ("rejected",))
    assert rejects is not None
    back, told = read_source(rejects), openpyxl.load_workbook(tmp_path / "results.xlsx").worksheets[0]

    assert back.codes == table.codes
    assert [(row.cells["Title"], row.edited) for row in back.rows] == [("Wrong", ("Title",))]
    assert dict(back.rows[0].base or {}) == dict(table.rows[0].base or {})
    assert [cell.value for cell in told[1]][-3:] == ["_status", "_id", "_error"]
    assert [cell.value for cell in told[3]][-3:] == ["rejected", "25", "Access denied"]
    assert told.max_row == len(table.rows) + 2
    assert write_rejects(tmp_path, table, {}, ("rejected",)) is None
    assert not (tmp_path / "rejects.xlsx").exists()


def test_rejects_of_a_plain_file_are_plain(tmp_path: Path) -> None:
    """A CSV's rows become a workbook of texts, zeros in front included."""
    (tmp_path / "a.csv").write_text("ID;Phone\n1;0049\n2;0050\n")
    table = read_source(tmp_path / "a.csv")
    rejects = write_rejects(tmp_path, table, {("", 3): RowResult("rejected")}, ("rejected",))
    assert rejects is not None

    assert [dict(row.cells) for row in read_source(rejects).rows] == [{"ID": "2", "Phone": "0050"}]


def test_an_hour_that_comes_twice_keeps_its_offset(tmp_path: Path) -> None:
    """In autumn 02:30 is two instants; the base knows which one it was."""
    second = datetime(2025, 10, 26, 2, 30, tzinfo=BERLIN, fold=1)
    columns = [SheetColumn("ID", "ID", "integer"), SheetColumn("At", "AT", "datetime")]
    origin = Origin("x", ("ID", "AT"), ("integer", "datetime"), ("ID",), BERLIN.key, "")
    rows = [SheetRow((1, second), ("1",), ("1", cell_text(second)))]
    write_workbook(tmp_path / "a.xlsx", "x", columns, rows, origin)
    (row,) = read_source(tmp_path / "a.xlsx").rows

    assert row.edited == ()
    assert isinstance(row.cells["At"], datetime)
    assert row.cells["At"].utcoffset() == timedelta(hours=1)
