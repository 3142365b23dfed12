"""A read beyond a method's server time, on a portal that charges for it, in virtual time."""

from pipelines.bench_operating import measure_operating


def test_a_read_beyond_the_server_time_waits_and_is_never_refused() -> None:
    """More than 480 s of pages: nothing lost, no 429, within a tenth of the least server time."""
    done = measure_operating(32_000, lambda _: None)

    assert done.read == 32_000
    assert done.seconds > 600  # it had to wait for the next ten minutes
    assert (done.refused_429, done.refused_503) == (0, 0)
    assert done.server_seconds <= 1.1 * done.least_server_seconds
    assert 0.7 <= done.foretold / done.seconds <= 1.3


def test_a_portal_that_gives_less_than_it_says_is_waited_out() -> None:
    """The threshold is a setting of the portal: refusals cost time, no row, and no page twice."""
    done = measure_operating(20_000, lambda _: None, limit=240.0)

    assert done.read == 20_000
    assert done.refused_429 > 0
    assert done.server_seconds <= 1.1 * done.least_server_seconds
