"""The one table of methods: name, scope and handler; a CRM object is one entry of ENTITIES."""

from dataclasses import dataclass

from . import dictionary_methods as dictionaries
from . import service_methods as service
from .crm_methods import Handler, handlers, stage_history
from .entities import ENTITIES
from .office_methods import OFFICE_METHODS
from .satellite_methods import SATELLITE_METHODS

_USER = "user|user_basic|user_brief"


@dataclass(frozen=True)
class Method:
    """A method, the scope it needs (empty: none) and what carries it out."""

    name: str
    scope: str
    handler: Handler


def build_methods() -> dict[str, Method]:
    """Make the table, by lower-case name."""
    rows: list[tuple[str, str, Handler]] = [
        ("profile", "", service.profile),
        ("scope", "", service.scope),
        ("methods", "", service.methods),
        ("method.get", "", service.method_get),
        ("server.time", "", service.server_time),
        ("app.info", "", service.app_info),
        ("user.get", _USER, service.user_get),
        ("user.search", _USER, service.user_search),
        ("user.current", _USER, service.user_current),
        ("department.get", "department", service.department_get),
        ("crm.status.list", "crm", dictionaries.status_list),
        ("crm.status.entity.types", "crm", dictionaries.status_entity_types),
        ("crm.category.list", "crm", dictionaries.category_list),
        ("crm.currency.list", "crm", dictionaries.currency_list),
        ("crm.stagehistory.list", "crm", stage_history),
        *OFFICE_METHODS,
        *SATELLITE_METHODS,
    ]
    for entity in ENTITIES:
        rows.extend((name, "crm", handler) for name, handler in handlers(entity).items())
        rows.append((f"crm.{entity.name}.userfield.list", "crm", dictionaries.userfield_list(entity)))
    return {name.lower(): Method(name, needed, handler) for name, needed, handler in rows}
