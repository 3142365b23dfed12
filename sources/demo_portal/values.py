"""What the portal makes of a value that is written: the stored form of each field type."""

from collections.abc import Callable

from . import php
from .fields import Field
from .zone import Zone, written_day

KEEP = object()  # the value is dropped silently, the old one stays


class ValueWriter:
    """Turns values of requests into values of rows."""

    def __init__(self, zone: Zone, new_file_id: Callable[[], int]) -> None:
        self._zone = zone
        self._new_file_id = new_file_id

    def stored(self, field: Field, value: object) -> object:
        """Give the form in which answers will show the value, or KEEP."""
        if field.multiple:
            return self._many(field, value)
        return self._one(field, value)

    def _many(self, field: Field, value: object) -> object:
        if isinstance(value, list | dict) and not value:
            # an empty list does not clear a multiple list field; no documented way does
            return KEEP if field.type == "enumeration" else []
        values = [item for _, item in php.items_of(value)] or [value]
        kept = [self._one(field, item) for item in values if item not in (None, "", False)]
        kept = [item for item in kept if item is not KEEP]
        if field.type in ("enumeration", "employee", "integer", "iblock_section", "iblock_element"):
            kept = [php.to_int(item) for item in kept]
        if field.type == "double":
            kept = [php.to_float(item) for item in kept]
        return kept or False

    def _one(self, field: Field, value: object) -> object:
        if field.kind == "flag":
            return php.truthy(value) and value not in ("N", "n", "false")
        if field.type == "file":
            return self._file(field, value)
        if isinstance(value, list | dict):
            return KEEP
        return self._of_text(field, php.to_text(value))

    def _of_text(self, field: Field, text: str) -> object:
        if field.type == "char":
            return "Y" if text in ("Y", "y", "1") else "N"
        if field.type == "money":
            return text if "|" in text or not text else f"{text}|EUR"
        writers = {"integer": self._integer, "number": self._decimal, "moment": self._date, "day": self._date}
        writer = writers.get(field.kind)
        return writer(field, text) if writer else text

    def _integer(self, field: Field, text: str) -> object:
        if not text:
            return None if field.custom else "0"
        return str(php.to_int(text))

    def _decimal(self, field: Field, text: str) -> object:
        if field.custom:
            return text.replace(",", ".") if text else ""
        return f"{php.to_float(text):.2f}"

    def _date(self, field: Field, text: str) -> object:
        if not text:
            return ""
        if field.kind == "day":
            day = written_day(text)
            return KEEP if day is None else self._zone.day_text(day)
        seconds = self._zone.parse(text)
        return KEEP if seconds is None else self._zone.text(seconds)

    def _file(self, field: Field, value: object) -> object:
        if isinstance(value, dict) and "fileData" in value:
            number = self._new_file_id()
            path = f"/bitrix/components/bitrix/crm.show/show_file.php?fieldName={field.code}&fileId={number}"
            return {"id": number, "showUrl": path, "downloadUrl": f"{path}&auth=filetoken{number}"}
        if isinstance(value, dict) and "id" in value:
            return value
        return None if value in (None, "", False) else KEEP
