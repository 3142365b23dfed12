"""Workbooks as Excel writes them, part by part: what openpyxl cannot make."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINKS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLES = {"general": 0, "day": 1, "moment": 2, "text": 3}
"""Numbers of the styles that cells name in `s`."""


def excel_file(
    path: Path,
    sheets: Mapping[str, str],
    *,
    date1904: bool = False,
    shared: Sequence[str] = (),
    after: str = "",
    before: str = "",
) -> Path:
    """Write a workbook: sheet name -> the XML of its rows; `before` and `after` stand around the first's."""
    numbered = list(enumerate(sheets.items(), 1))
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for number, _ in numbered
    )
    names = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>' for number, (name, _) in numbered
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number, _ in numbered
    )
    strings = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in shared)
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in (0, 14, 22, 49))
    epoch = ' date1904="1"' if date1904 else ""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{overrides}'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f"<Relationships {_LINKS}>"
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><workbookPr{epoch}/>'
        f"<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships {_LINKS}>{links}"
        f'<Relationship Id="rId90" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId91" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs count="4">{formats}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst {_MAIN} count="{len(shared)}">{strings}</sst>',
    }
    for number, (_, rows) in numbered:
        around = (before, after) if number == 1 else ("", "")
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f"<worksheet {_MAIN}>{around[0]}<sheetData>{rows}</sheetData>{around[1]}</worksheet>"
        )
    with ZipFile(path, "w") as book:
        for name, xml in parts.items():
            book.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{xml}')
    return path


def row(number: int, *cells: str, hidden: bool = False) -> str:
    """A row of cells."""
    return f'<row r="{number}"{" hidden=" + chr(34) + "1" + chr(34) if hidden else ""}>{"".join(cells)}</row>'


def text(place: str, value: str) -> str:
    """A text within its cell."""
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def shared_text(place: str, index: int) -> str:
    """A text by its number among the shared ones."""
    return f'<c r="{place}" t="s"><v>{index}</v></c>'


def number(place: str, value: str, style: str = "general") -> str:
    """A number as Excel stores it."""
    return f'<c r="{place}" s="{STYLES[style]}"><v>{value}</v></c>'


def formula(place: str, formula_text: str, value: str | None, kind: str = "") -> str:
    """A formula with what Excel calculated, if it did."""
    cached = "" if value is None else f"<v>{value}</v>"
    return f'<c r="{place}"{f" t={chr(34)}{kind}{chr(34)}" if kind else ""}><f>{formula_text}</f>{cached}</c>'
