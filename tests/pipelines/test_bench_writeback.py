"""Write-back beside the least number of requests that a portal allows."""

from pipelines.bench_writeback import WriteBench, measure_writeback


def test_requests_stay_near_the_floor() -> None:
    """Rows that differ are written in full batches, rows that do not are only read."""
    (measured,) = measure_writeback((WriteBench(600, 300),))

    assert (measured.done, measured.writes, measured.refused_429) == (300, 300, 0)
    assert measured.requests <= measured.bench.allowed_requests
