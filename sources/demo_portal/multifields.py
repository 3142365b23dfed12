"""Phones, e-mails, sites and messengers of a row, changed as classic updates change them."""

from collections.abc import Callable

from . import php
from .table import Row

MULTIFIELDS = ("PHONE", "EMAIL", "WEB", "IM", "LINK")
_FLAGS = {"PHONE": "HAS_PHONE", "EMAIL": "HAS_EMAIL"}


def change_multifield(row: Row, kind: str, sent: object, next_id: Callable[[], int]) -> None:
    """Apply the elements sent for one kind: without ID added, with ID changed or deleted, not named kept."""
    if not isinstance(sent, list | dict):
        return  # a string instead of an array is ignored without a word
    stored = row.get(kind)
    kept: dict[str, dict[str, str]] = {}
    for element in stored if isinstance(stored, list) else []:
        kept[str(element["ID"])] = dict(element)
    for _, element in php.items_of(sent):
        if isinstance(element, dict):
            _apply(kept, kind, element, next_id)
    if kept:
        row[kind] = list(kept.values())
    else:
        row.pop(kind, None)
    if kind in _FLAGS:
        row[_FLAGS[kind]] = "Y" if kept else "N"


def _apply(
    kept: dict[str, dict[str, str]], kind: str, element: dict[str, object], next_id: Callable[[], int]
) -> None:
    number = php.to_int(element.get("ID"))
    value = php.to_text(element.get("VALUE"))
    deleted = php.to_text(element.get("DELETE")) == "Y" or not value
    if number and str(number) in kept:
        if deleted:
            del kept[str(number)]
            return
        kept[str(number)]["VALUE"] = value
        if "VALUE_TYPE" in element:
            kept[str(number)]["VALUE_TYPE"] = php.to_text(element["VALUE_TYPE"])
    elif not deleted:
        # an id that the row does not have makes a new entry
        made = str(next_id())
        value_type = php.to_text(element.get("VALUE_TYPE")) or "WORK"
        kept[made] = {"ID": made, "VALUE_TYPE": value_type, "VALUE": value, "TYPE_ID": kind}
