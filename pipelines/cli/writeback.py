"""The commands of write-back: export, plan, apply, undo, retry, runs."""

# ruff: noqa: FBT002 - an option that is off unless it is typed is how typer says "flag"
# ruff: noqa: PLC0415 - `b24 --help` must not wait for the libraries of every command

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.choices import LogFormat, OnConflict
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pipelines.cli.progress import Narrator

Narrating = Callable[[LogFormat], AbstractContextManager["Narrator"]]

Db = Annotated[Path, typer.Option("--db", help="The warehouse file.", metavar="FILE")]
Log = Annotated[LogFormat, typer.Option("--log", help="json: one line per event on stdout.")]
Out = Annotated[Path, typer.Option("--output", "-o", help="Folder of the plan.", metavar="PLAN/")]
Sql = Annotated[str | None, typer.Option(help="A query on the warehouse instead.", metavar="QUERY")]
Run = Annotated[str, typer.Argument(help="Id of a run, as `b24 runs` lists it.", metavar="RUN")]
WAREHOUSE = Path("warehouse.duckdb")


def register(app: typer.Typer, narrating: Narrating) -> None:
    """Add the commands to `b24`."""
    _register_export(app)
    _register_plan(app, narrating)
    _register_apply(app, narrating)
    _register_inverse(app, narrating)
    _register_runs(app)


def _register_export(app: typer.Typer) -> None:
    @app.command()
    def export(
        output: Annotated[
            Path, typer.Option("--output", "-o", help="A .xlsx, .csv or .parquet.", metavar="FILE")
        ],
        entity: Annotated[
            str | None, typer.Argument(help="A raw table, such as deals.", metavar="[ENTITY]")
        ] = None,
        sql: Sql = None,
        db: Db = WAREHOUSE,
    ) -> None:
        """Write a workbook to edit and plan from, or a plain file."""
        from pipelines.cli import writeback_outcomes
        from pipelines.writeback.export import export as export_

        writeback_outcomes.tell_export(export_(entity, output, db=db, sql=sql))


def _register_plan(app: typer.Typer, narrating: Narrating) -> None:
    @app.command()
    def plan(  # noqa: PLR0913, PLR0917 - each option is one decision of the person
        output: Out,
        to: Annotated[
            str, typer.Option(help="What is written: deals, tasks, items_31 ...", metavar="ENTITY")
        ],
        source: Annotated[
            str | None,
            typer.Argument(help="Workbook, CSV, Parquet, JSON lines, or a model.", metavar="[SOURCE]"),
        ] = None,
        key: Annotated[
            str | None, typer.Option(help="Column that finds records; the id without.", metavar="COLUMN")
        ] = None,
        mode: Annotated[
            str | None,
            typer.Option(
                help="update, insert, upsert, delete; tasks also complete, renew, start, defer.",
                metavar="MODE",
            ),
        ] = None,
        mapping: Annotated[
            Path | None, typer.Option(help="YAML: which column is which field.", metavar="FILE")
        ] = None,
        sql: Sql = None,
        sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.", metavar="NAME")] = None,
        on_conflict: Annotated[
            OnConflict, typer.Option(help="Where both sides changed a cell.")
        ] = OnConflict.SKIP,
        allow_clear: Annotated[
            bool,
            typer.Option(
                "--allow-clear",
                help="Cells that became empty empty their fields; "
                "#CLEAR as product or contact takes all of a record's away.",
            ),
        ] = False,
        skip_invalid: Annotated[
            bool, typer.Option("--skip-invalid", help="Leave rows out that cannot be used.")
        ] = False,
        no_automation: Annotated[
            bool, typer.Option("--no-automation", help="Create without starting robots, where possible.")
        ] = False,
        limit: Annotated[int | None, typer.Option(help="Only so many changes, for a try.")] = None,
        max_rows: Annotated[int | None, typer.Option(help="Most records that may change.")] = None,
        max_creates: Annotated[int | None, typer.Option(help="Most records that may be created.")] = None,
        max_deletes: Annotated[int | None, typer.Option(help="Most records that may be deleted.")] = None,
        max_changed_pct: Annotated[
            float | None, typer.Option(help="Largest share of the source's records that may change.")
        ] = None,
        db: Db = WAREHOUSE,
        log: Log = LogFormat.TEXT,
    ) -> None:
        """Find out what a file would change on the portal; send nothing."""
        from pipelines.cli import writeback_outcomes
        from pipelines.settings import Settings
        from pipelines.writeback.make_plan import plan as plan_
        from pipelines.writeback.rules import Caps

        if (source is None) == (sql is None):
            raise UsageError("Name a source, or a query with --sql; not both, and not neither")
        with writeback_outcomes.problems_told(), narrating(log) as narrator:
            caps = Caps(max_rows, max_creates, Settings.load().max_deletes, max_changed_pct)
            made = plan_(
                source,
                to=to,
                key=key,
                mode=mode,
                out=output,
                sql=sql,
                sheet=sheet,
                db=db,
                observer=narrator,
                caps=caps if max_deletes is None else replace(caps, max_deletes=max_deletes),
                mapping=mapping,
                on_conflict=on_conflict.value,
                allow_clear=allow_clear,
                skip_invalid=skip_invalid,
                automation=not no_automation,
                limit=limit,
            )
        writeback_outcomes.tell_plan(made, output, log)
        raise typer.Exit(made.exit_code)


def _register_apply(app: typer.Typer, narrating: Narrating) -> None:
    @app.command()
    def apply(
        folder: Annotated[Path, typer.Argument(help="Folder of the plan.", metavar="PLAN/")],
        on_conflict: Annotated[OnConflict | None, typer.Option(help="Instead of what the plan says.")] = None,
        no_sync: Annotated[
            bool, typer.Option("--no-sync", help="Leave reading what was written to the next sync.")
        ] = False,
        db: Db = WAREHOUSE,
        log: Log = LogFormat.TEXT,
    ) -> None:
        """Carry out a plan, exactly once; interrupted, the same command goes on."""
        from pipelines.cli import writeback_outcomes
        from pipelines.writeback.carry_out import apply as apply_

        with narrating(log) as narrator:
            report = apply_(
                folder,
                db=db,
                observer=narrator,
                sync=not no_sync,
                on_conflict=on_conflict.value if on_conflict is not None else None,
            )
        writeback_outcomes.tell_apply(report, log)
        raise typer.Exit(report.exit_code)


def _register_inverse(app: typer.Typer, narrating: Narrating) -> None:
    @app.command()
    def undo(
        run: Run,
        output: Out,
        on_conflict: Annotated[
            OnConflict, typer.Option(help="Where somebody changed a record after the run.")
        ] = OnConflict.SKIP,
        max_deletes: Annotated[
            int, typer.Option(help="Most records that may be deleted because the run created them.")
        ] = 1_000,
        log: Log = LogFormat.TEXT,
    ) -> None:
        """Make the plan that undoes a run; `b24 apply` carries it out."""
        from pipelines.writeback.inverse import undo as undo_

        _tell(
            narrating,
            log,
            output,
            lambda narrator: undo_(
                run, out=output, observer=narrator, max_deletes=max_deletes, on_conflict=on_conflict.value
            ),
        )

    @app.command()
    def retry(run: Run, output: Out, log: Log = LogFormat.TEXT) -> None:
        """Make a plan of the rows that a run could not write."""
        from pipelines.writeback.inverse import retry as retry_

        _tell(narrating, log, output, lambda narrator: retry_(run, out=output, observer=narrator))


def _tell(narrating: Narrating, log: LogFormat, output: Path, make: Callable[["Narrator"], Any]) -> None:
    from pipelines.cli import writeback_outcomes

    with narrating(log) as narrator:
        made = make(narrator)
    writeback_outcomes.tell_plan(made, output, log)
    raise typer.Exit(made.exit_code)


def _register_runs(app: typer.Typer) -> None:
    @app.command()
    def runs(
        run: Annotated[str | None, typer.Argument(help="Show the rows of this run.", metavar="[RUN]")] = None,
        json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    ) -> None:
        """List the plans that were carried out, or the rows of one of them."""
        from pipelines.cli import writeback_outcomes
        from pipelines.writeback.history import runs as runs_

        writeback_outcomes.tell_runs(runs_(run), as_json=json)
