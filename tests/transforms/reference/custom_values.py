"""The values of custom fields, one a row."""

import json
from collections.abc import Callable

from tests.transforms.reference.portal import Portal
from tests.transforms.reference.stages import deal_rows
from tests.transforms.reference.values import Cell, Row, flag, instant, midnight, text


def fct_deal_custom_value(portal: Portal) -> list[Row]:
    """Every value that a custom field of a deal has, as people read it."""
    fields = [row for row in portal.rows("custom_fields") if row["entity_id"] == "CRM_DEAL"]
    rows = []
    for deal in deal_rows(portal):
        for field in fields:
            texts = [
                _decoded(field, value) for value in _values(field, deal.get(field["field_name"].lower()))
            ]
            rows += [
                {
                    "deal_id": deal["id"],
                    "field_code": field["field_name"],
                    "field_label": text(field.get("label")) or field["field_name"],
                    "value_index": place,
                    "value_text": known,
                }
                for place, known in enumerate((known for known in texts if known is not None), start=1)
            ]
    return rows


def _values(field: Row, raw: Cell) -> list[Cell]:
    if not flag(field["multiple"]):
        return [raw]
    return json.loads(raw) or [] if text(raw) is not None else []


def _decoded(field: Row, value: Cell) -> str | None:
    """What people read instead of a value; None where it is empty."""
    kind = field["user_type_id"]
    if kind == "boolean":
        return None if value in (None, "") else str(flag(value)).lower()
    known = text(value)
    if known is None:
        return None
    if kind == "enumeration":
        labels = {str(option["ID"]): str(option["VALUE"]) for option in json.loads(field["list"] or "[]")}
        return labels.get(known, f"(deleted) {known}")
    return WAYS.get(kind, str)(known)


def _money(known: str) -> str | None:
    amount, _, currency = known.partition("|")
    return f"{amount} {currency}".strip() if amount else None


def _moment(known: str) -> str | None:
    moment = instant(known)
    return moment.isoformat() if moment else None


def _file(known: str) -> str:
    return str(json.loads(known)["id"]) if known.startswith("{") else known


WAYS: dict[str, Callable[[str], str | None]] = {
    "money": _money,
    "double": lambda known: known.removesuffix(".0"),
    "date": lambda known: str(midnight(known)),
    "datetime": _moment,
    "file": _file,
}
