"""The benchmark of deletions measures what it says."""

from pipelines.bench_deletes import measure_deletes


def test_deletions_are_found_and_their_cost_is_told() -> None:
    """On a portal of its own, by requests that the portal itself has counted."""
    steps: list[str] = []
    measured = measure_deletes(rows=6_000, deleted=3, step=steps.append)
    assert len(steps) == 2
    assert measured.requests <= 5
    assert measured.commands < measured.listing_commands == 120
    assert "3 of 6,000 rows deleted" in str(measured)
