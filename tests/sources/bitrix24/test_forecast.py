"""How long a read will take, told before it begins."""

import pytest

from sources.bitrix24.forecast import Forecast, Pace, forecast

STANDARD = Pace(
    requests_per_second=2.0, bucket=50, batch=50, at_once=2, limit_seconds=480.0, left_seconds=480.0
)


def test_requests_are_what_a_cheap_read_waits_for() -> None:
    """300,000 rows of a portal that costs nothing: 120 requests, 70 of them at two a second."""
    assert forecast(300_000, 6_000, 0.0, STANDARD) == Forecast(300_000, 35.0)


def test_server_time_is_what_a_dear_read_waits_for() -> None:
    """1.2 million rows at 40 ms a page need 960 s: half of that at once, the rest ten minutes later."""
    told = forecast(1_200_000, 24_000, 0.04, STANDARD)

    assert (told.waits, told.wait_seconds) == (1, 600 - 480 / 2)
    assert told.seconds == 600 + 480 / 2


@pytest.mark.parametrize(("left", "waits"), [(480.0, 0), (479.0, 1), (0.0, 1)])
def test_what_is_left_of_the_server_time_counts(left: float, waits: int) -> None:
    """480 s fit into what is left, or wait for the next ten minutes."""
    pace = Pace(2.0, 50, 50, 2, 480.0, left)

    assert forecast(600_000, 12_000, 0.04, pace).waits == waits


def test_without_limits_only_the_portal_itself_takes_time() -> None:
    """Two requests under way together halve its seconds."""
    assert forecast(5_000, 100, 0.1, Pace(0, 50, 50, 2, 0, 0)).seconds == 5.0


def test_nothing_to_read_takes_no_time() -> None:
    """No commands, no seconds."""
    assert forecast(0, 0, 0.04, STANDARD) == Forecast(0, 0.0)
