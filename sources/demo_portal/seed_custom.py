"""Custom fields of the demo portal: every type, single and multiple, with every empty form a portal sends."""
# ruff: noqa: RUF001, PLR2004  texts in two scripts; shares of demo data are plain numbers

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from .columns import Choice, Column
from .table import Row
from .zone import DAY, Zone

_SPECS = """
CRM_DEAL string UF_CRM_1700000001 N Order number
CRM_DEAL integer UF_CRM_1700000002 N Seats
CRM_DEAL double UF_CRM_1700000003 N Discount, %
CRM_DEAL boolean UF_CRM_1700000004 N Framework contract
CRM_DEAL date UF_CRM_1700000005 N Delivery date
CRM_DEAL datetime UF_CRM_1700000006 N Demo held at
CRM_DEAL money UF_CRM_1700000007 N Budget
CRM_DEAL url UF_CRM_1700000008 N Tender page
CRM_DEAL address UF_CRM_1700000009 N Delivery address
CRM_DEAL enumeration UF_CRM_1700000010 N Size class
CRM_DEAL enumeration UF_CRM_1700000011 Y Competitors
CRM_DEAL file UF_CRM_1700000012 N Contract scan
CRM_DEAL file UF_CRM_1700000013 Y Attachments
CRM_DEAL employee UF_CRM_1700000014 N Engineer
CRM_DEAL employee UF_CRM_1700000015 Y Project team
CRM_DEAL crm_status UF_CRM_1700000016 N Branch
CRM_DEAL iblock_section UF_CRM_1700000017 N Catalogue section
CRM_DEAL iblock_element UF_CRM_1700000018 N Catalogue item
CRM_DEAL crm UF_CRM_1700000019 N Parent project
CRM_DEAL crm UF_CRM_1700000020 Y Related records
CRM_DEAL string UF_CRM_64A29A1CD5CC2 Y Tags
CRM_DEAL double UF_CRM_1700000022 Y Measurements
CRM_DEAL date UF_CRM_1700000023 Y Instalments
CRM_DEAL string UF_CRM_1700000024 N Причина отказа
CRM_DEAL string UF_CRM_1700000025 N Order number
CRM_CONTACT string UF_CRM_1710000001 N Nickname
CRM_CONTACT boolean UF_CRM_1710000002 N Newsletter
CRM_CONTACT enumeration UF_CRM_1710000003 Y Interests
CRM_CONTACT date UF_CRM_1710000004 N Client since
CRM_CONTACT money UF_CRM_1710000005 N Credit limit
CRM_CONTACT crm UF_CRM_1710000006 N Referred by
CRM_CONTACT integer UF_CRM_1710000007 Y Loyalty cards
CRM_COMPANY string UF_CRM_1720000001 N Tax number
CRM_COMPANY url UF_CRM_1720000002 Y Shops
CRM_COMPANY employee UF_CRM_1720000003 N Key account
CRM_COMPANY enumeration UF_CRM_1720000004 N Rating
CRM_COMPANY address UF_CRM_1720000005 N Warehouse
CRM_LEAD boolean UF_CRM_1730000001 N Consent given
CRM_LEAD string UF_CRM_1730000002 N Landing page
CRM_LEAD crm_status UF_CRM_1730000003 Y Branches
CRM_LEAD datetime UF_CRM_1730000004 N Call back at
CRM_LEAD enumeration UF_CRM_1730000005 N Urgency
"""
_OPTIONS = (
    ("Small", "Medium", "Large", "Очень большой"),
    ("Acme", "Globex", 'Initech "Pro"', "Ромашка & Ко", "Other"),
    ("A", "B", "C – low"),
)
SETTINGS: dict[str, dict[str, object] | list[object]] = {
    "string": {"SIZE": 20, "ROWS": 1, "REGEXP": "", "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": ""},
    "integer": {"SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": None},
    "double": {"PRECISION": 2, "SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": None},
    "boolean": {"DEFAULT_VALUE": 0, "DISPLAY": "CHECKBOX", "LABEL": ["No", "Yes"], "LABEL_CHECKBOX": ""},
    "date": {"DEFAULT_VALUE": {"VALUE": "", "TYPE": "NONE"}},
    "datetime": {"DEFAULT_VALUE": {"VALUE": "", "TYPE": "NONE"}, "USE_SECOND": "Y", "USE_TIMEZONE": "N"},
    "money": {"DEFAULT_VALUE": ""},
    "url": {"POPUP": "Y", "SIZE": 20, "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": "", "ROWS": 1},
    "address": {"SHOW_MAP": "Y"},
    "enumeration": {"DISPLAY": "LIST", "LIST_HEIGHT": 1, "CAPTION_NO_VALUE": "", "SHOW_NO_VALUE": "Y"},
    "file": {"SIZE": 20, "LIST_WIDTH": 0, "LIST_HEIGHT": 0, "MAX_ALLOWED_SIZE": 0, "EXTENSIONS": []},
    "employee": [],
    "crm_status": {"ENTITY_TYPE": "INDUSTRY"},
    "iblock_section": {
        "DISPLAY": "LIST",
        "LIST_HEIGHT": 5,
        "IBLOCK_ID": 14,
        "DEFAULT_VALUE": "",
        "ACTIVE_FILTER": "N",
    },
    "iblock_element": {
        "DISPLAY": "LIST",
        "LIST_HEIGHT": 5,
        "IBLOCK_ID": 14,
        "DEFAULT_VALUE": "",
        "ACTIVE_FILTER": "N",
    },
    "crm": {"LEAD": "Y", "CONTACT": "Y", "COMPANY": "Y", "DEAL": "Y"},
}
_VALUES = 48


@dataclass(frozen=True)
class CustomFields:
    """The definitions as crm.*.userfield.list answers them."""

    rows: tuple[Row, ...]


def definitions(most: int | None = None) -> CustomFields:
    """Make the definitions of the custom fields: all of them, or the first so many of each entity.

    Deals get further ones where more are asked for than there are.
    """
    rows: list[Row] = []
    made: Counter[str] = Counter()
    option = 40
    lines = _SPECS.strip().splitlines()
    for place, line in enumerate([*lines, *_further(lines, most or 0)]):
        entity = line.split(maxsplit=1)[0]
        made[entity] += 1
        if most is not None and made[entity] > most:
            continue
        row = definition(line, 501 + 2 * place, place, option)
        options = row.get("LIST")
        if isinstance(options, list):
            option += 2 * len(options) + 6
        rows.append(row)
    return CustomFields(tuple(rows))


def _further(lines: list[str], wanted: int) -> list[str]:
    """Make specifications of more fields of deals; every third of the labels is another field's already."""
    known = [line.split(maxsplit=4) for line in lines if line.startswith("CRM_DEAL ")]
    found = []
    for number in range(len(known), wanted):
        _, kind, _, multiple, label = known[number % len(known)]
        label = label if number % 3 == 0 else f"{'Поле' if number % 2 else 'Field'} {number}"
        found.append(f"CRM_DEAL {kind} UF_CRM_18{number:08d} {multiple} {label}")
    return found


def definition(line: str, number: int, place: int, first_option: int) -> Row:
    """Make one definition from `ENTITY type NAME multiple Label`."""
    entity, kind, name, multiple, label = line.split(maxsplit=4)
    row: Row = {
        "ID": str(number),
        "ENTITY_ID": entity,
        "FIELD_NAME": name,
        "USER_TYPE_ID": kind,
        "XML_ID": None if place % 3 else name,
        "SORT": str(100 + 10 * (place % 7)),
        "MULTIPLE": multiple,
        "MANDATORY": "N",
        "SHOW_FILTER": "E" if kind != "crm_status" else "I",
        "SHOW_IN_LIST": "Y",
        "EDIT_IN_LIST": "Y",
        "IS_SEARCHABLE": "N",
        "SETTINGS": SETTINGS[kind],
        "EDIT_FORM_LABEL": label,
        "LIST_COLUMN_LABEL": label,
        "LIST_FILTER_LABEL": label,
        "ERROR_MESSAGE": None,
        "HELP_MESSAGE": None,
    }
    if kind == "enumeration":
        texts = _OPTIONS[place % len(_OPTIONS)]
        row["LIST"] = [option(first_option + 2 * index, index, text) for index, text in enumerate(texts)]
    return row


def option(number: int, index: int, text: str) -> dict[str, str]:
    """Make one value of a list."""
    xml_id = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return {"ID": str(number), "SORT": str(10 * (index + 1)), "VALUE": text, "DEF": "N", "XML_ID": xml_id}


def custom_columns(
    entity: str, rows: int, rng: np.random.Generator, epoch: int, zone: Zone, defined: CustomFields
) -> dict[str, Column]:
    """Make a column of chosen values for each custom field of an entity."""
    columns: dict[str, Column] = {}
    for row in defined.rows:
        if row["ENTITY_ID"] == entity:
            values = _palette(row, rng, epoch, zone)
            codes = rng.integers(0, len(values), rows).astype(np.uint8)
            columns[str(row["FIELD_NAME"])] = Choice(codes, values)
    return columns


def _palette(row: Row, rng: np.random.Generator, epoch: int, zone: Zone) -> tuple[object, ...]:
    kind = str(row["USER_TYPE_ID"])
    made = [_value(kind, row, rng, epoch, zone) for _ in range(_VALUES)]
    rare = 20 if kind == "file" else 4
    if row["MULTIPLE"] == "Y":
        groups = [
            made[index : index + 1 + index % 3] for index in range(0, _VALUES - 3, 2 if rare == 4 else 9)
        ]
        return (*(False, []) * rare, *(_listed(kind, group) for group in groups))
    empties: tuple[object, ...] = {
        "boolean": (False, True, None),
        "date": ("", ""),
        "datetime": ("", ""),
        "enumeration": ("", None),
        "file": (None, ""),
        "crm": ("", None),
    }.get(kind, (None, "", None))
    return (*empties * rare, *made[: 6 if kind == "file" else _VALUES])


def _listed(kind: str, values: list[object]) -> list[object]:
    # ids inside multiple fields are integers, though the same field is text when it is single
    if kind in ("enumeration", "employee", "integer", "iblock_section", "iblock_element"):
        return [int(str(value)) for value in values]
    if kind == "double":
        return [float(str(value)) for value in values]
    return values


def _value(kind: str, row: Row, rng: np.random.Generator, epoch: int, zone: Zone) -> object:
    number = int(rng.integers(1, 5000))
    if kind == "enumeration":
        options = row["LIST"]
        assert isinstance(options, list)  # noqa: S101  made above
        return str(options[number % len(options)]["ID"])
    if kind in ("date", "datetime"):
        moment = epoch - number * 6 * 3600
        return zone.text(moment // DAY * DAY if kind == "date" else moment + number)
    if kind == "file":
        path = f"/bitrix/components/bitrix/crm.show/show_file.php?owner={number}&field={row['FIELD_NAME']}"
        return {"id": 9000 + number, "showUrl": path, "downloadUrl": f"{path}&auth=filetoken{number}"}
    texts = {
        "string": (f"PO-{number:05d}", 'ä/ö "quoted"', "Перенос\nстроки", "007", "1e5", "  x  ")[number % 6],
        "integer": str(number - 2000),
        "double": f"{number / 8:.3f}".rstrip("0").rstrip("."),
        "money": f"{number * 5}|{('EUR', 'USD', 'RUB')[number % 3]}" if number % 5 else f"{number}.5|EUR",
        "url": f"https://shop.example/item?id={number}&lang=de",
        "address": f"Allee {number % 90}, Berlin|52.{number};13.{number}|{number}",
        "employee": str((1, 3, 4, 9, 15)[number % 5]),
        "crm_status": ("IT", "MANUFACTURING", "TRADE")[number % 3],
        "iblock_section": str(100 + number % 9),
        "iblock_element": str(2000 + number % 99),
        "crm": f"{('D', 'C', 'CO', 'L')[number % 4]}_{20 + number}",
    }
    return number % 2 == 0 if kind == "boolean" else texts[kind]
