"""The command that documents the tables."""

# ruff: noqa: PLC0415 - `b24 --help` must not wait for the libraries of every command

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.choices import LogFormat

if TYPE_CHECKING:
    from pipelines.cli.progress import Narrator

_WAREHOUSE = Path("warehouse.duckdb")
_FOLDER = Path("warehouse-docs")


def register(app: typer.Typer, narrating: Callable[[LogFormat], AbstractContextManager["Narrator"]]) -> None:
    """Add the command to `b24`."""

    @app.command()
    def docs(
        output: Annotated[
            Path, typer.Option("--output", "-o", help="The folder to write it to.", metavar="DIR")
        ] = _FOLDER,
        db: Annotated[Path, typer.Option("--db", help="The warehouse file.", metavar="FILE")] = _WAREHOUSE,
    ) -> None:
        """Write a page on every table: columns, SQL, where it comes from."""
        from pipelines.documentation import docs as docs_

        with narrating(LogFormat.TEXT):
            page = docs_(db, output)
        typer.echo(str(page))
