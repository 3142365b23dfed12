"""Shows stored rows as crm.item.* answers them, page by page without taking the rows apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import php
from .bindings import Bindings
from .columns import Column, Same
from .item_columns import Derived, Lists, converted
from .item_fields import CONSTANTS
from .item_fields_of import ItemFields
from .item_forms import to_universal
from .jsontext import encode
from .multifields import MULTIFIELDS
from .render import Renderer
from .table import Ids, Row, Table, pieces

Make = Callable[[Row], object]
_ALIASES = {
    "phone": ("PHONE", ""),
    "phoneMobile": ("PHONE", "MOBILE"),
    "phoneWork": ("PHONE", "WORK"),
    "phoneMailing": ("PHONE", "MAILING"),
    "email": ("EMAIL", ""),
    "emailHome": ("EMAIL", "HOME"),
    "emailWork": ("EMAIL", "WORK"),
    "emailMailing": ("EMAIL", "MAILING"),
    "imol": ("IM", "IMOL"),
}
_ROT13 = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm",
)


@dataclass(frozen=True)
class Linked:
    """A list of ids that comes from bindings: of the row itself, or of those that it is bound to."""

    name: str
    bindings: Bindings
    backwards: bool = False

    def ids(self, row_id: int) -> list[int]:
        """Give the list of one row."""
        return self.bindings.bound_to(row_id) if self.backwards else self.bindings.others(row_id)


class ItemView:
    """The rows of one object type under the names of crm.item.*; custom fields in both spellings."""

    key = "id"

    def __init__(self, table: Table, fields: Callable[[], ItemFields], linked: Linked | None = None) -> None:
        self.table = table
        self.fields = fields
        self.linked = linked
        self._state: object = None
        self._columns: dict[str, Column] = {}
        self._makers: dict[str, Make] = {}
        self._renderer = Renderer({}, 0)
        self._bindings_version = 0

    def render(self, ids: Ids, names: tuple[str, ...]) -> list[bytes | memoryview]:
        """Give the JSON of these rows with these fields."""
        self._refresh(names)
        at, clean = self.table.seeded_at(ids)
        if self.linked is not None and not self.linked.backwards and len(self.linked.bindings.touched):
            clean = clean & ~self.linked.bindings.touched[at]
        return pieces(self._renderer, names, at, clean, lambda place: self._written(int(ids[place]), names))

    def shown(self, row: Row, names: tuple[str, ...]) -> Row:
        """Give one stored row under these names."""
        self._refresh(names)
        return {name: self._makers[name](row) for name in names}

    def _written(self, row_id: int, names: tuple[str, ...]) -> bytes:
        row = self.table.get(row_id) or {}
        return encode({name: self._makers[name](row) for name in names}).encode()

    def _refresh(self, names: tuple[str, ...]) -> None:
        fields = self.fields()
        state = (fields.version, self.table.columns_version)
        if state != self._state:
            self._state = state
            self._columns, self._makers = {}, {}
            self._renderer = Renderer(self._columns, self.table.seeded_rows)
        linked = self.linked
        if linked is not None and linked.backwards and linked.bindings.version != self._bindings_version:
            self._bindings_version = linked.bindings.version
            self._renderer.forget(linked.name)
        for name in names:
            if name not in self._makers:
                self._columns[name], self._makers[name] = self._field(fields, name)

    def _field(self, fields: ItemFields, name: str) -> tuple[Column, Make]:
        """Give the column of seeded rows and the function for written ones."""
        rows = self.table.seeded_rows
        linked = self.linked
        if linked is not None and name == linked.name:
            make = self._of_links(linked)
            if linked.backwards:
                return Derived(self.table.columns, ("ID",), make), make
            return Lists(linked.bindings.seeded.starts, linked.bindings.seeded.others), make
        if name == "entityTypeId":
            return Same(fields.kind.type_id, rows), lambda _: fields.kind.type_id
        if fields.kind.entity is not None:
            special = _special(fields, name)
            if special is not None:
                return Derived(self.table.columns, *special), special[1]
        return self._stored(fields, name)

    def _of_links(self, linked: Linked) -> Make:
        return lambda row: linked.ids(php.to_int(row.get("ID")))

    def _stored(self, fields: ItemFields, name: str) -> tuple[Column, Make]:
        code = fields.spelling(original=False).get(name, name)
        custom = fields.custom.get(code)
        if custom is None:
            code = fields.stored_code(name)
        described = custom or fields.classic.get(code) or fields.system[name]
        own = fields.kind.entity is None
        convert = (lambda value: value) if own else to_universal(described)
        empty = CONSTANTS.get(name, [] if described.multiple else None)
        column = self.table.columns.get(code)
        if column is None:
            missing: Column = Same(empty, self.table.seeded_rows)
            return missing, lambda row: convert(row[code]) if code in row else empty
        shown = column if own else converted(column, convert)
        return shown, lambda row: convert(row[code]) if code in row else empty


def _special(fields: ItemFields, name: str) -> tuple[tuple[str, ...], Make] | None:
    """Give what a derived field of a classic object is made from, and how."""
    if name == "fm":
        return MULTIFIELDS, _fm
    if name in _ALIASES and "PHONE" in fields.classic:
        kind, value_type = _ALIASES[name]
        return (kind,), lambda row: _first(row.get(kind), value_type)
    if name == "contactIds":
        return ("CONTACT_ID",), lambda row: [n] if (n := php.to_int(row.get("CONTACT_ID"))) else []
    if name == "searchContent":
        needs = ("ID", "TITLE", "NAME", "LAST_NAME", "OPPORTUNITY", "COMMENTS", "PHONE", "EMAIL")
        return needs, _search_content
    if name == "categoryId" and "CATEGORY_ID" not in fields.classic:
        return (), lambda _: 0
    return None


def _elements(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _fm(row: Row) -> object:
    return [
        {
            "id": php.to_int(one["ID"]),
            "valueType": one["VALUE_TYPE"],
            "value": one["VALUE"],
            "typeId": one["TYPE_ID"],
        }
        for kind in MULTIFIELDS
        for one in _elements(row.get(kind))
    ]


def _first(value: object, value_type: str) -> object:
    found = (one["VALUE"] for one in _elements(value) if not value_type or one["VALUE_TYPE"] == value_type)
    return next(found, "")


def _search_content(row: Row) -> object:
    words = [php.to_text(row.get(code)) for code in ("ID", "TITLE", "LAST_NAME", "NAME", "OPPORTUNITY")]
    for one in _elements(row.get("PHONE")):
        digits = "".join(letter for letter in php.to_text(one["VALUE"]) if letter.isdigit())
        words += [digits, digits[2:], digits[4:]]
    words += [php.to_text(one["VALUE"]).translate(_ROT13) for one in _elements(row.get("EMAIL"))]
    return " ".join(word for word in words if word)
