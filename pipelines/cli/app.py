"""The commands of `b24`: their options, and which function each calls; what they print is in `outcomes`."""

# ruff: noqa: FBT002 - an option that is off unless it is typed is how typer says "flag"
# ruff: noqa: PLC0415 - `b24 --help` must not wait for the libraries of every command

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli import bench, docs, writeback
from pipelines.cli.choices import Database, LogFormat, Size
from pipelines.cli.failures import failure_of
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pipelines.cli.progress import Narrator

app = typer.Typer(
    name="b24",
    help="Own your Bitrix24 data: from a portal to reporting tables in a DuckDB file.",
    epilog="New here? `b24 demo` needs no portal. Then set BITRIX24_WEBHOOK_URL and type `b24 check`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # an error in a box is four lines in a log
    context_settings={"help_option_names": ["-h", "--help"]},
)

Db = Annotated[Path, typer.Option("--db", help="The warehouse file.", metavar="FILE")]
Log = Annotated[LogFormat, typer.Option("--log", help="json: one line per event on stdout.")]
WAREHOUSE = Path("warehouse.duckdb")


@app.command()
def demo(
    size: Annotated[Size, typer.Option(help="How much data the demo portal has.")] = Size.SMALL,
    db: Annotated[Path, typer.Option("--db", help="The file to make.", metavar="FILE")] = Path("demo.duckdb"),
) -> None:
    """Try everything on a built-in portal: no account, no network."""
    from pipelines.cli.demo import run_demo

    with _narrating(LogFormat.TEXT) as narrator:
        run_demo(size, db, narrator)


@app.command()
def portal(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    seed: Annotated[int, typer.Option(help="The same number makes the same data.")] = 42,
    size: Annotated[Size, typer.Option(help="How much data.")] = Size.SMALL,
    rate: Annotated[float, typer.Option(help="Requests a second; 0 for no limit.", min=0)] = 2.0,
    bucket: Annotated[int, typer.Option(help="Requests taken at once.", min=1)] = 50,
) -> None:
    """Run a demo portal until Ctrl-C; prints READY and its webhook."""
    from pipelines.cli.portal import serve_until_interrupted

    serve_until_interrupted(port, seed, size, rate, bucket)


@app.command()
def check() -> None:
    """Look at the webhook and its portal; say what to mend."""
    import asyncio

    from pipelines.cli import doctor, tables
    from pipelines.settings import Settings

    with _narrating(LogFormat.TEXT):
        found = asyncio.run(doctor.examine(Settings.load().connection()))
    tables.stdout().print(tables.findings(found), doctor.verdict(found))
    raise typer.Exit(doctor.exit_code(found))


@app.command()
def call(
    method: Annotated[str, typer.Argument(help="For example crm.deal.list", metavar="METHOD")],
    pairs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Parameters: id=5 select[]=ID filter[>OPPORTUNITY]=50000", metavar="[KEY=VALUE]..."
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Parameters as a JSON object; - reads it from stdin.", metavar="JSON|-")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All pages, one row a line.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Allow a method that may change something.")] = False,
) -> None:
    """Call any REST method, under the limits and retries of a sync."""
    from pipelines.cli import arguments

    name = arguments.checked_method(method)
    reads = arguments.only_reads(name)
    if not reads and not write:
        raise UsageError(
            f"{name} may change something on the portal (its name does not end in a verb known to read): "
            "add --write if that is what you want"
        )
    if every and not reads:
        raise UsageError(f"--all repeats a call for every page, and {name} may change something each time")
    text = sys.stdin.read() if data == "-" else data
    _call(name, arguments.parameters(pairs or (), text), every=every, write=not reads)


@app.command()
def sync(
    entities: Annotated[
        list[str] | None,
        typer.Argument(help="Names such as deals users; all without.", metavar="[ENTITY]..."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every row again and mark what is gone as deleted.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(help="Read what was modified from this date on.", metavar="DATE")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare every row with the portal's; mend what differs.")
    ] = False,
    destination: Annotated[
        Database,
        typer.Option(help="postgres: bring the tables there as well; dlt's configuration says where."),
    ] = Database.DUCKDB,
    db: Db = WAREHOUSE,
    log: Log = LogFormat.TEXT,
) -> None:
    """Load the raw tables: at first everything, then what changed."""
    from pipelines import sync as sync_
    from pipelines.cli import outcomes

    with _narrating(log) as narrator:
        report = sync_(
            entities or (),
            db=db,
            full=full,
            since=since,
            verify=verify,
            observer=narrator,
            destination=destination.value,
        )
    outcomes.tell_sync(report, log)
    raise typer.Exit(report.exit_code)


@app.command()
def build(
    as_of: Annotated[
        str | None, typer.Option(help="The moment the reports speak of; now without.", metavar="TIME")
    ] = None,
    var: Annotated[
        list[str] | None, typer.Option(help="A setting of the reports.", metavar="NAME=VALUE")
    ] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Build only this, e.g. rpt_deal_funnel.", metavar="MODEL")
    ] = None,
    target: Annotated[
        Database, typer.Option(help="postgres: build there, from what sync --destination postgres brought.")
    ] = Database.DUCKDB,
    db: Db = WAREHOUSE,
    log: Log = LogFormat.TEXT,
) -> None:
    """Build the reports from the raw tables, and test them."""
    from pipelines import build as build_
    from pipelines.cli import outcomes

    moment, variables = _moment(as_of), _variables(var or [])
    selection = [word for part in select or [] for word in part.split()]
    with _narrating(log) as narrator:
        report = build_(
            db,
            as_of=moment,
            variables=variables,
            select=selection,
            progress=narrator.built,
            target=target.value,
        )
    outcomes.tell_build(report, log)
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def run(db: Db = WAREHOUSE, log: Log = LogFormat.TEXT) -> None:
    """Sync and build: what a scheduler calls."""
    from pipelines import run as run_
    from pipelines.cli import outcomes

    with _narrating(log) as narrator:
        report = run_(db, observer=narrator, progress=narrator.built)
    outcomes.tell_sync(report.sync, log)
    outcomes.tell_build(report.build, log)
    raise typer.Exit(report.exit_code)


@app.command()
def status(
    json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    db: Db = WAREHOUSE,
) -> None:
    """Show the last runs, and how fresh each table is."""
    from pipelines import status as status_
    from pipelines.cli.status_outcomes import tell_status

    tell_status(status_(db), as_json=json)


@contextmanager
def _narrating(log: LogFormat) -> "Iterator[Narrator]":
    from pipelines.cli.progress import narrating
    from pipelines.settings import Settings

    with narrating(log, Settings.load().progress) as narrator:
        try:
            yield narrator
        except KeyboardInterrupt as stop:
            narrator.step(str(stop) or "Stopped")
            raise
        except Exception as error:
            failure = failure_of(error)
            narrator.event("failed", {"text": failure.line, "exit_code": failure.exit_code})
            raise


def _call(method: str, params: dict[str, object], *, every: bool, write: bool) -> None:
    import asyncio

    from pipelines.cli import calls
    from pipelines.settings import Settings

    connection = Settings.load().connection()

    async def all_pages() -> None:
        async for row in calls.rows_of_all_pages(connection, method, params):
            typer.echo(row)

    if every:
        asyncio.run(all_pages())
        return
    text, remark = asyncio.run(calls.result_of(connection, method, params, write=write))
    typer.echo(text)
    if remark:
        typer.echo(f"b24: {remark}", err=True)


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text}: write it as 2026-01-31 or 2026-01-31T09:00:00+02:00") from None


def _variables(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"--var {pair}: write it as NAME=VALUE, such as portal_timezone=Europe/Berlin")
    return dict(pair.split("=", 1) for pair in pairs)


for more in (bench, writeback, docs):
    more.register(app, _narrating)
