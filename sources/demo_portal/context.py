from collections.abc import Mapping
from dataclasses import dataclass, field

from .clock import Clock
from .store import Store
from .zone import Zone


@dataclass(frozen=True)
class Context:
    """What a method may look at: the rows, the time and who is calling."""

    store: Store
    clock: Clock
    zone: Zone
    user_id: int
    scopes: tuple[str, ...]
    license: str
    app_info: bool
    page_size: int
    method_scopes: Mapping[str, str] = field(default_factory=dict)
    calendar_instances: bool = False
