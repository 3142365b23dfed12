"""One seeded portal a test, small enough to be made in no time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sources.demo_portal import DemoPortal
from tests.pipelines.writeback.desk import Desk, JumpingClock


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Desk]:
    """Make a desk with a portal of its own."""

    def build(deals: int = 60, **settings: object) -> Desk:
        clock = JumpingClock()
        portal = DemoPortal(deals=deals, clock=clock, **{"rate": 0, "operating_limit": 0, **settings})
        return Desk(portal, tmp_path, clock)

    return build


@pytest.fixture
def desk(make: Callable[..., Desk]) -> Desk:
    return make()
