"""Definitions of custom fields, and the values that come and go with them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from . import php
from .entities import ENTITIES
from .fields import custom_field
from .item_columns import Owned
from .item_forms import to_universal
from .records import Records
from .seed_custom import SETTINGS, option
from .table import Row, Table

FIRST_OPTION = 9_000
_CLASSIC = frozenset(entity.custom_entity for entity in ENTITIES)


class CustomFieldRecords(Records):
    """The definitions; `tables(ENTITY_ID)` gives the rows that have the field.

    Nothing here moves DATE_MODIFY of a record: a new field, its values, another label, type or list are
    changes of the portal's settings.
    """

    def __init__(self, table: Table, tables: Callable[[str], Table | None]) -> None:
        super().__init__(table)
        self._tables = tables
        self._option = FIRST_OPTION

    def add(self, fields: Mapping[str, object]) -> int:
        """Add a definition; every record has the field at once, without a value."""
        number = super().add(fields)
        self.fill(php.to_text(fields.get("ENTITY_ID")), php.to_text(fields.get("FIELD_NAME")), {})
        return number

    def delete(self, row_id: int | str) -> None:
        """Delete a definition and the values of all records."""
        row = self.table.get(int(row_id))
        super().delete(row_id)
        table = self._tables(php.to_text((row or {}).get("ENTITY_ID")))
        if table is not None and row is not None:
            table.drop_column(php.to_text(row["FIELD_NAME"]))

    def create(
        self,
        entity: str,
        name: str,
        kind: str,
        *,
        label: str | None = None,
        multiple: bool = False,
        options: Sequence[str] = (),
        values: Mapping[int, object] | None = None,
    ) -> int:
        """Make a field (`CRM_DEAL`, `UF_CRM_X`, `string`) and give its id.

        `values` maps ids of records to values in the form in which lists answer them; the others have none.
        """
        row: Row = {
            **dict.fromkeys(("XML_ID", "ERROR_MESSAGE", "HELP_MESSAGE")),
            "ENTITY_ID": entity,
            "FIELD_NAME": name,
            "USER_TYPE_ID": kind,
            "SORT": "100",
            "MULTIPLE": "Y" if multiple else "N",
            "MANDATORY": "N",
            "SHOW_FILTER": "N",
            "SHOW_IN_LIST": "Y",
            "EDIT_IN_LIST": "Y",
            "IS_SEARCHABLE": "N",
            "SETTINGS": SETTINGS.get(kind, {}),
            **dict.fromkeys(("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL"), label or name),
        }
        if kind == "enumeration":
            row["LIST"] = [self._made(place, text) for place, text in enumerate(options)]
        number = self.add(row)
        self.fill(entity, name, values or {})
        return number

    def fill(self, entity: str, name: str, values: Mapping[int, object]) -> None:
        """Set the values of a field in all records at once, without touching anything else of them.

        Records that are not named get the empty form of the field.
        """
        table = self._tables(entity)
        if table is None:
            return
        default = self._empty(entity, name)
        ids = np.array(sorted(values), dtype=np.int64)
        at, seeded = table.seeded_at(ids)
        pairs = zip(at[seeded].tolist(), ids[seeded].tolist(), strict=True)
        table.set_column(name, Owned({place: values[number] for place, number in pairs}, default))
        table.fill(name, values, default)

    def rename(self, row_id: int | str, label: str) -> None:
        """Give a field another label."""
        labels = ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL")
        self.update(row_id, dict.fromkeys(labels, label))

    def retype(
        self,
        row_id: int | str,
        kind: str,
        *,
        multiple: bool | None = None,
        values: Mapping[int, object] | None = None,
    ) -> None:
        """Give a field another type: it is deleted and made anew under its name, so values are lost."""
        row = self.get(row_id)
        if row is None:
            raise KeyError(row_id)
        many = row["MULTIPLE"] == "Y" if multiple is None else multiple
        changed = {"USER_TYPE_ID": kind, "MULTIPLE": "Y" if many else "N", "SETTINGS": SETTINGS.get(kind, {})}
        self.table.put({key: value for key, value in (row | changed).items() if key != "LIST"})
        self.fill(php.to_text(row["ENTITY_ID"]), php.to_text(row["FIELD_NAME"]), values or {})

    def add_option(self, row_id: int | str, text: str) -> int:
        """Add a value to a list field and give its id."""
        row = self.get(row_id) or {}
        options = _options(row)
        made = self._made(len(options), text)
        self.update(row_id, {"LIST": [*options, made]})
        return int(made["ID"])

    def rename_option(self, row_id: int | str, option_id: int, text: str) -> None:
        """Give a value of a list field another text."""
        options = _options(self.get(row_id) or {})
        renamed = [one | {"VALUE": text} if one["ID"] == str(option_id) else one for one in options]
        self.update(row_id, {"LIST": renamed})

    def delete_option(self, row_id: int | str, option_id: int) -> None:
        """Take a value out of a list field; records that have it keep its id."""
        options = _options(self.get(row_id) or {})
        self.update(row_id, {"LIST": [one for one in options if one["ID"] != str(option_id)]})

    def next_option(self) -> int:
        """Reserve the id of a list value."""
        self._option += 2
        return self._option

    def _empty(self, entity: str, name: str) -> object:
        row = next(row for row in self.rows() if row.get("ENTITY_ID") == entity and row["FIELD_NAME"] == name)
        field = custom_field(row)
        if entity in _CLASSIC:
            return False if field.multiple else None
        return to_universal(field)(None)

    def _made(self, place: int, text: str) -> dict[str, str]:
        return option(self.next_option(), place, text)


def _options(row: Mapping[str, object]) -> list[dict[str, object]]:
    options = row.get("LIST")
    return [dict(one) for one in options] if isinstance(options, list) else []
