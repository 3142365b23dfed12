"""The command `b24 bench`."""

# ruff: noqa: FBT002 - an option that is off unless it is typed is how typer says "flag"
# ruff: noqa: PLC0415 - `b24 --help` must not wait for the libraries of every command

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.choices import LogFormat, Size, Subject

if TYPE_CHECKING:
    from pipelines.cli.progress import Narrator

Narrating = Callable[[LogFormat], "AbstractContextManager[Narrator]"]


def register(app: typer.Typer, narrating: Narrating) -> None:
    """Add the command to `b24`."""

    @app.command()
    def bench(  # noqa: PLR0913, PLR0917 - options are what a command has
        subject: Annotated[
            Subject,
            typer.Argument(
                help="deals, everything, deletes (10 of many), fields (200 custom), operating, resume, build."
            ),
        ] = Subject.DEALS,
        rows: Annotated[
            int | None, typer.Option(help="Deals on the portal; without: as many as show it.", min=100)
        ] = None,
        size: Annotated[Size, typer.Option(help="How much data, for everything.")] = Size.MEDIUM,
        rate: Annotated[
            float, typer.Option(help="Requests a second the portal allows; 0 for no limit.", min=0)
        ] = 2.0,
        bucket: Annotated[int, typer.Option(help="Requests it takes at once.", min=1)] = 50,
        cost: Annotated[bool, typer.Option("--cost", help="Calls take as long as on a real portal.")] = False,
        peers: Annotated[
            bool, typer.Option("--peers/--no-peers", help="Measure other ways to read deals as well.")
        ] = True,
        vs: Annotated[
            bool,
            typer.Option("--vs", help="Side by side with other readers; --cost: without and with costs."),
        ] = False,
        sizes: Annotated[
            str | None, typer.Option(help="Deals on the portals of --vs; 10000 without.", metavar="N,N,...")
        ] = None,
        max_minutes: Annotated[
            float, typer.Option(help="Minutes that a reader of --vs has.", min=0.1)
        ] = 15.0,
        operating_limit: Annotated[
            float, typer.Option(help="Server seconds that a method has in ten minutes, with --vs.", min=0)
        ] = 480.0,
        output: Annotated[
            Path | None,
            typer.Option("--output", "-o", help="The page of --vs as Markdown.", metavar="FILE.md"),
        ] = None,
    ) -> None:
        """Measure syncs on a demo portal against the least it allows."""
        from pipelines.cli import bench_outcomes, versus

        if vs:
            deals = sizes or str(rows or 10_000)
            asked = versus.Asked(deals, rate, bucket, cost, max_minutes, operating_limit, output)
            with narrating(LogFormat.TEXT) as narrator:
                scenes = versus.compare(subject, asked, narrator)
            versus.tell(scenes, asked)
        elif subject is Subject.DEALS:
            from pipelines.bench import Bench, measure

            wanted = Bench(rows or 50_000, rate, bucket, cost=cost, peers=peers)
            with narrating(LogFormat.TEXT) as narrator:
                measured = measure(wanted, narrator.step)
            bench_outcomes.tell_bench(measured)
        else:
            from pipelines.benchmarks import BENCHMARKS, Wishes

            with narrating(LogFormat.TEXT) as narrator:
                figures = BENCHMARKS[subject](Wishes(size, rows, rate, bucket), narrator.step)
            bench_outcomes.tell_figures(figures)
