"""Tells what a measurement found, each figure beside the least or the most that it could be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.cli import tables

if TYPE_CHECKING:
    from pipelines.bench import Measured
    from pipelines.bench_figures import Figure


def tell_bench(measured: "Measured") -> None:
    """A line a way, beside the floor."""
    console, bench = tables.stdout(), measured.bench
    numbers = ("rows", "requests", "commands", "server s", "wall s", "rows/s", "peak MB", "requests / floor")
    made = tables.table("way", *numbers, numbers=numbers)
    for result in measured.results:
        mark = " (extrapolated)" if result.extrapolated else ""
        whole = result.rows >= bench.rows
        made.add_row(
            result.way + mark,
            tables.number(result.rows),
            tables.number(result.requests),
            tables.number(result.commands),
            f"{result.operating_seconds:,.1f}",
            f"{result.seconds:,.1f}",
            tables.number(result.rows_per_second),
            tables.number(result.peak_mb),
            f"{result.requests / bench.floor_requests:.2f}" if whole else "",
        )
    floor = bench.floor_seconds(bench.floor_requests)
    console.print(made)
    console.print(
        f"The floor for {bench.rows:,} deals: {bench.floor_requests:,} requests of 50 x 50 rows, "
        f"{floor:,.1f} s at {bench.rate:g} a second behind a bucket of {bench.bucket}."
    )
    first = measured.results[0]
    if first.run_seconds:
        console.print(
            f"Without the start of the process the full sync took {first.run_seconds:,.1f} s: "
            f"{first.rows / first.run_seconds:,.0f} rows a second from the first request to the loaded table."
        )
    if floor > 0:
        console.print(f"A full sync took {first.seconds / floor:.2f} times the floor.")


def tell_figures(figures: Sequence["Figure"]) -> None:
    """A line a figure: what it is, its bound, the ratio, and where the bound comes from."""
    made = tables.table(
        "measured", "value", "bound", "ratio", "", "the bound", numbers=("value", "bound", "ratio")
    )
    for each in figures:
        made.add_row(
            each.what,
            _value(each.value, each.unit),
            "-" if each.bound is None else _value(each.bound, each.unit),
            "-" if each.ratio is None else f"{each.ratio:.2f}",
            tables.status_text("ok" if each.reached else "failed") if each.limit is not None else "",
            each.why,
        )
    tables.stdout().print(made)


def _value(value: float, unit: str) -> str:
    shown = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"  # noqa: PLR2004
    return f"{shown} {unit}".rstrip()
