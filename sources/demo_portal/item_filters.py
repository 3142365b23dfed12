"""Filters of crm.item.*: strict about names, conditions nested to any depth with AND and OR."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from . import php
from .errors import PortalError
from .fields import Field
from .filters import Condition, compile_filter, split_key
from .item_view import Linked
from .table import Ids, Table
from .zone import Zone


@dataclass(frozen=True)
class Group:
    """Conditions and further groups, all of which have to hold, or any of them."""

    any_of: bool
    conditions: tuple[Condition, ...]
    groups: tuple["Group", ...]

    def ids(self, table: Table) -> Ids:
        """Give the ids of the rows that pass, ascending."""
        if not self.any_of:
            found = table.select(self.conditions)
            inner = [group.ids(table) for group in self.groups]
            return reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), inner, found)
        parts = [table.select([one]) for one in self.conditions] + [group.ids(table) for group in self.groups]
        return reduce(np.union1d, parts) if parts else table.ids


def compile_group(
    filters: object, fields: Mapping[str, Field], zone: Zone, linked: Linked | None, key: str
) -> Group:
    """Read a filter; a name that is no field of the object is refused."""
    conditions: list[Condition] = []
    groups: list[Group] = []
    any_of = False
    for name, value in php.items_of(filters):
        if name.isdigit() and isinstance(value, list | dict):
            groups.append(compile_group(value, fields, zone, linked, key))
        elif name.lower() == "logic":
            any_of = php.to_text(value).upper() == "OR"
        else:
            conditions.append(_condition(name, value, fields, zone, linked, key))
    return Group(any_of, tuple(conditions), tuple(groups))


def _condition(
    name: str, value: object, fields: Mapping[str, Field], zone: Zone, linked: Linked | None, key: str
) -> Condition:
    _, negated, code = split_key(name)
    field = fields.get(code)
    if field is None:
        raise PortalError("INVALID_ARG_VALUE", f"Invalid filter: field '{code}' is not allowed in filter")
    if linked is not None and code == linked.name:
        return _of_links(value, linked, zone, key, negated=negated)
    return compile_filter({name: _operand(field, value)}, {code: field}, zone)[0]


def _operand(field: Field, value: object) -> object:
    """Give a value as the database compares it: custom yes/no fields know 1 and 0 only."""
    if not (field.custom and field.type in ("boolean", "char")):
        return value
    flags = [php.to_int(item) for item in (value if isinstance(value, list) else [value])]
    if field.type == "char":
        return ["Y" if flag else "N" for flag in flags]
    return [str(flag) for flag in flags]


def _of_links(value: object, linked: Linked, zone: Zone, key: str, *, negated: bool) -> Condition:
    wanted = [php.to_int(item) for item in (value if isinstance(value, list) else [value])]
    bindings = linked.bindings
    found = {
        row_id
        for one in wanted
        for row_id in (bindings.others(one) if linked.backwards else bindings.bound_to(one))
    }
    return Condition(key, "integer", "=", negated, tuple(map(float, sorted(found))) or (-1.0,), zone)


def read_strict_order(order: object, fields: Mapping[str, Field]) -> list[tuple[str, bool]]:
    """Read sort fields and directions; unknown ones are refused."""
    found = []
    for name, direction in php.items_of(order):
        way = php.to_text(direction).upper()
        if name not in fields or way not in ("ASC", "DESC"):
            raise PortalError("INVALID_ARG_VALUE", f"Invalid order: field '{name}' is not allowed in order")
        found.append((fields[name].code, way == "DESC"))
    return found
