"""The fields of one object type as they are now, and how requests spell them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from .fields import Field
from .item_fields import CLASSIC_NAMES, OWN_CLASSIC_NAMES
from .item_names import snake, spellings
from .item_types import ItemType

_FOLLOWING = {"phone": "PHONE", "email": "EMAIL"}
_DISABLED = frozenset({"address", "shortName", "login"})  # the portal answers null whatever is stored


@dataclass(frozen=True)
class ItemFields:
    """Names as crm.item.* spells them; `classic` holds the fields of the classic methods, if any."""

    kind: ItemType
    version: int
    custom: Mapping[str, Field]
    classic: Mapping[str, Field] = field(default_factory=dict)

    @cached_property
    def short(self) -> dict[str, str]:
        """Give the default spelling of each custom field by its original name."""
        return spellings(self.custom)

    @cached_property
    def system(self) -> dict[str, Field]:
        """Give the system fields by name."""
        return {one.code: one for one in self.kind.fields if one.in_rows}

    def stored_code(self, name: str) -> str:
        """Name the column that a system field is stored in; empty where none is."""
        entity = self.kind.entity
        if entity is None:
            return name
        if name in _DISABLED:
            return ""
        own = OWN_CLASSIC_NAMES.get(entity.name, {})
        code = own.get(name) or CLASSIC_NAMES.get(name) or _FOLLOWING.get(name) or snake(name)
        return code if code in self.classic else ""

    def names(self, *, original: bool) -> tuple[str, ...]:
        """Give all names of a row, system fields first."""
        spelled = self.custom if original else self.short.values()
        return (*self.system, *spelled)

    def spelling(self, *, original: bool) -> dict[str, str]:
        """Give the stored name of each custom field by the name that requests use."""
        return {(code if original else short): code for code, short in self.short.items()}

    def described(self, *, original: bool) -> dict[str, object]:
        """Give the answer of crm.item.fields."""
        entries: dict[str, object] = {
            one.code: one.described() | {"upperName": snake(one.code)} for one in self.kind.fields
        }
        for name, code in self.spelling(original=original).items():
            one = self.custom[code]
            entry = one.described() | {"title": one.label, "upperName": code}
            entries[name] = entry | ({"items": list(one.items)} if one.items else {})
        return entries

    def filterable(self, *, original: bool) -> dict[str, Field]:
        """Give for each name of a request the field to compare, its code being that of the stored column."""
        found = {name: self._compared(name, one) for name, one in self.system.items()}
        for name, code in self.spelling(original=original).items():
            one = self.custom[code]
            own_flag = one.kind == "flag" and self.kind.entity is None
            found[name] = replace(one, type="char") if own_flag else one
        return found

    def _compared(self, name: str, one: Field) -> Field:
        code = self.stored_code(name)
        if code in self.classic:
            return self.classic[code]
        kind = "char" if one.type == "boolean" else one.type
        return replace(one, code=code or f"~{name}", type=kind)
