"""A Bitrix24 portal to try things on: no account, no network, the same rows for the same seed."""

from .app import DemoPortal
from .clock import Clock, SystemClock
from .costs import CostModel
from .faults import Fault
from .seed import Size
from .serve import serve
from .store import Store

__all__ = ["Clock", "CostModel", "DemoPortal", "Fault", "Size", "Store", "SystemClock", "serve"]
