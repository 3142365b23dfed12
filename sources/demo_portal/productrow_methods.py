"""crm.item.productrow.* and crm.{deal,lead}.productrows.*: the products of one owner."""

from collections.abc import Mapping

from . import php
from .answers import Answer, RowPage
from .context import Context
from .crm_methods import Handler
from .entities import CrmEntity
from .errors import PortalError, classic
from .fields import Field, read_fields
from .filters import compile_filter, split_key
from .item_filters import read_strict_order
from .item_names import snake
from .paging import window
from .params import pick
from .product_rows import PERCENT, WRITABLE, classic_row
from .table import Row

FIELDS = read_fields("""
id integer r ID
ownerId integer qi Owner
ownerType string qi Type of the owner
productId integer q Product
productName string - Product name
price double - Price
priceAccount double rh Price in the base currency
priceExclusive double r Price after discount, without tax
priceNetto double r PRICE_NETTO
priceBrutto double r PRICE_BRUTTO
quantity double - Quantity
discountTypeId integer - Kind of discount
discountRate double - Discount, %
discountSum double - Discount
taxRate double - Tax, %
taxIncluded char - Tax included
customized char - Changed
measureCode integer - Unit code
measureName string - Unit
sort integer - Sorting
xmlId string rh External code
type integer r TYPE
storeId integer r STORE_ID
""")
_BY_NAME: Mapping[str, Field] = {field.code: field for field in FIELDS}
_NAMES = tuple(_BY_NAME)
_ONLY_STORED = frozenset({"storeId"})  # list and get show it, add, update and set do not


def productrow_list(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.productrow.list: only by owner, several ids at once if need be."""
    filters = dict(php.items_of(pick(params, "filter") or {}))
    for name in ("=ownerType", "=ownerId"):
        if name not in filters:
            raise PortalError("100", f"Could not find value for parameter {{{name}}}")
    if context.store.satellites.owner(php.to_text(filters["=ownerType"])) is None:
        raise PortalError("INVALID_ARG_VALUE", "Invalid value of filter field 'ownerType'")
    for key in filters:
        if split_key(key)[2] not in _BY_NAME:
            raise PortalError("INVALID_ARG_VALUE", f"Invalid filter: field '{key}' is not allowed in filter")
    order = read_strict_order(pick(params, "order") or {}, _BY_NAME)
    table = context.store.satellites.product_rows.table
    ids = table.select(compile_filter(filters, _BY_NAME, context.zone), order)
    part = window(params, context.page_size)
    first, stop = part.cut(len(ids))
    page = RowPage(table, ids[first:stop], _NAMES)
    # found by an index on the owner
    return part.answer({"productRows": page}, len(ids), shown=stop - first, table_rows=len(ids))


def productrow_get(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.productrow.get: one row."""
    return Answer({"productRow": _existing(context, params)})


def productrow_fields(context: Context, params: dict[str, object]) -> Answer:  # noqa: ARG001
    """crm.item.productrow.fields: what a row has."""
    return Answer({"fields": {field.code: field.described() for field in FIELDS if field.listed}})


def productrow_add(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.productrow.add: one more row of an owner."""
    fields = _fields(params, "fields")
    owner = (php.to_text(fields.get("ownerType")), php.to_int(fields.get("ownerId")))
    _owner_exists(context, *owner)
    _check_discount(fields)
    rows = context.store.satellites.product_rows
    number = rows.add({**_writable(fields), "ownerType": owner[0], "ownerId": owner[1]})
    return Answer({"productRow": _written(rows.get(number))}, writes=True)


def productrow_update(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.productrow.update: the owner stays whatever is sent."""
    row = _existing(context, params)
    fields = _fields(params, "fields")
    _check_discount({**row, **fields})
    rows = context.store.satellites.product_rows
    rows.update(php.to_int(row["id"]), _writable(fields))
    return Answer({"productRow": _written(rows.get(php.to_int(row["id"])))}, writes=True)


def productrow_delete(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.productrow.delete: answers null."""
    context.store.satellites.product_rows.delete(php.to_int(_existing(context, params)["id"]))
    return Answer(None, writes=True)


def productrow_set(context: Context, params: dict[str, object]) -> Answer:
    """crm.item.productrow.set: replaces all rows of an owner."""
    owner = (php.to_text(pick(params, "ownerType")), php.to_int(pick(params, "ownerId")))
    _owner_exists(context, *owner)
    sent = [item for _, item in php.items_of(pick(params, "productRows")) if isinstance(item, dict)]
    for fields in sent:
        _check_discount(fields)
    rows = [_writable(fields) | ({"id": fields["id"]} if "id" in fields else {}) for fields in sent]
    made = context.store.satellites.product_rows.replace(*owner, rows)
    return Answer({"productRows": [_written(row) for row in made]}, writes=True)


def classic_get(entity: CrmEntity) -> Handler:
    """crm.<object>.productrows.get: all rows of one owner in upper case."""

    def getting(context: Context, params: dict[str, object]) -> Answer:
        number = _classic_owner(context, entity, params)
        rows = context.store.satellites.product_rows.of(entity.name[0].upper(), number)
        return Answer([classic_row(row) for row in rows], rows=len(rows))

    return getting


def classic_set(entity: CrmEntity) -> Handler:
    """crm.<object>.productrows.set: rows that are not sent are removed."""

    def setting(context: Context, params: dict[str, object]) -> Answer:
        number = _classic_owner(context, entity, params)
        sent = pick(params, "rows")
        if not isinstance(sent, list | dict):
            raise classic("The parameter rows must be array.")
        rows = []
        for _, item in php.items_of(sent):
            named = (
                {code: item[snake(code)] for code in WRITABLE if snake(code) in item}
                if isinstance(item, dict)
                else {}
            )
            _check_discount(named)
            if isinstance(item, dict) and "ID" in item:
                named["id"] = item["ID"]
            rows.append(named)
        context.store.satellites.product_rows.replace(entity.name[0].upper(), number, rows)
        return Answer(True, writes=True)

    return setting


def _classic_owner(context: Context, entity: CrmEntity, params: dict[str, object]) -> int:
    number = php.to_int(pick(params, "id"))
    if number <= 0:
        raise classic("The parameter id is invalid or not defined.")
    if number not in context.store.crm(entity).table:
        raise classic("Not found.")
    return number


def _existing(context: Context, params: dict[str, object]) -> Row:
    row = context.store.satellites.product_rows.get(php.to_int(pick(params, "id")))
    if row is None:
        raise PortalError("NOT_FOUND", "Item not found")
    return row


def _owner_exists(context: Context, owner_type: str, owner_id: int) -> None:
    records = context.store.satellites.owner(owner_type)
    if records is None or owner_id not in records.table:
        raise PortalError("OWNER_NOT_FOUND", "Owner was not found")


def _fields(params: dict[str, object], name: str) -> dict[str, object]:
    value = pick(params, name)
    if not isinstance(value, list | dict):
        raise PortalError("100", f"Could not find value for parameter {{{name}}}")
    return dict(php.items_of(value))


def _writable(fields: Mapping[str, object]) -> dict[str, object]:
    return {code: fields[code] for code in WRITABLE if code in fields}


def _written(row: Row | None) -> Row:
    return {code: value for code, value in (row or {}).items() if code not in _ONLY_STORED}


def _check_discount(fields: Mapping[str, object]) -> None:
    kind = php.to_int(fields.get("discountTypeId")) or PERCENT
    full = php.to_float(fields.get("discountRate")) >= 100  # noqa: PLR2004
    if kind == PERCENT and full and fields.get("discountSum") in (None, ""):
        raise PortalError(
            "ERROR_CORE",
            "Discount Sum (DISCOUNT_SUM) is required if Percentage Discount Type (DISCOUNT_TYPE_ID) is"
            " defined and Discount Rate (DISCOUNT_RATE) is 100%<br>",
        )
