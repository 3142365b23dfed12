"""The methods around the classic records: items, products, bindings, activities, calls, types."""

from collections.abc import Iterator

from . import activity_methods as activities
from . import binding_methods as bindings
from . import item_methods as items
from . import item_writes as writes
from . import productrow_methods as products
from . import type_methods as types
from . import userfield_methods as userfields
from .crm_methods import Handler
from .entities import ENTITIES
from .telephony_methods import call_list


def _rows() -> Iterator[tuple[str, str, Handler]]:
    for verb, handler in {
        "list": items.item_list,
        "get": items.item_get,
        "fields": items.item_fields,
        "add": writes.item_add,
        "update": writes.item_update,
        "delete": writes.item_delete,
        "import": writes.item_import,
        "batchImport": writes.item_batch_import,
        "productrow.list": products.productrow_list,
        "productrow.get": products.productrow_get,
        "productrow.fields": products.productrow_fields,
        "productrow.add": products.productrow_add,
        "productrow.update": products.productrow_update,
        "productrow.delete": products.productrow_delete,
        "productrow.set": products.productrow_set,
    }.items():
        yield f"crm.item.{verb}", "crm", handler
    for verb, handler in {
        "list": activities.activity_list,
        "get": activities.activity_get,
        "fields": activities.activity_fields,
        "add": activities.activity_add,
        "update": activities.activity_update,
        "delete": activities.activity_delete,
    }.items():
        yield f"crm.activity.{verb}", "crm", handler
    for kind in bindings.KINDS:
        yield from ((name, "crm", handler) for name, handler in bindings.handlers(kind).items())
    for entity in ENTITIES:
        yield from ((name, "crm", handler) for name, handler in userfields.handlers(entity).items())
        if entity.history:
            yield f"crm.{entity.name}.productrows.get", "crm", products.classic_get(entity)
            yield f"crm.{entity.name}.productrows.set", "crm", products.classic_set(entity)
    yield "crm.type.list", "crm", types.type_list
    yield "crm.type.get", "crm", types.type_get
    yield "crm.type.getByEntityTypeId", "crm", types.type_by_number
    yield "crm.type.fields", "crm", types.type_fields
    yield "crm.enum.ownertype", "crm", types.owner_types
    yield "crm.status.entity.items", "crm", types.status_entity_items
    yield "voximplant.statistic.get", "telephony", call_list


SATELLITE_METHODS = tuple(_rows())
