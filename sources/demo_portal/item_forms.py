"""Values as crm.item.* shows them (integers, numbers, null, Y, N), from those of the classic methods."""

from collections.abc import Callable

from . import php
from .fields import Field
from .product_rows import number

Convert = Callable[[object], object]


def to_universal(field: Field) -> Convert:
    """Give the function that converts one value of a field (the description is the classic one)."""
    one = _of_one(field)
    if not field.multiple:
        return one

    def many(value: object) -> object:
        return [one(item) for item in value] if isinstance(value, list) else []

    return many


def _of_one(field: Field) -> Convert:
    if field.type == "file":
        return _file
    if field.kind == "integer" or field.type == "integer":
        return _integer
    if field.kind == "flag":
        return _flag
    return {"number": _number, "moment": _moment, "day": _moment}.get(field.kind, _same)


def _same(value: object) -> object:
    return value


def _integer(value: object) -> object:
    return None if value in (None, "", False) else php.to_int(value)


def _number(value: object) -> object:
    return None if value in (None, "", False) else number(php.to_float(value))


def _moment(value: object) -> object:
    return value or None


def _flag(value: object) -> object:
    return "Y" if value is True or value == "Y" else "N"


def _file(value: object) -> object:
    if not isinstance(value, dict):
        return None
    path = f"/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&fileId={value.get('id')}"
    return {"id": value.get("id"), "url": path, "urlMachine": f"{path}&auth=filetoken{value.get('id')}"}
