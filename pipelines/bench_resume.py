"""Measures what a killed read costs: pages read twice, and whether the table is the same in the end."""

import hashlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from pipelines.bench_figures import Figure
from pipelines.bench_process import PortalProcess, cost_of, portal_process, sync_command, synced
from pipelines.errors import PipelineError

SHARES: Final = (0.1, 0.5, 0.9)
_TWICE: Final = 0.05  # of the commands may be sent twice
_LOOK_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Resumed:
    """A read that was killed when so great a share of its commands had been sent, and run again."""

    share: float
    commands: int
    equal: bool


@dataclass(frozen=True)
class Resumes:
    """A quiet read, and those that were killed."""

    rows: int
    commands: int
    killed: tuple[Resumed, ...]

    def figures(self) -> list[Figure]:
        """Commands of each beside those of the quiet read."""
        made = [Figure("rows", self.rows), Figure("commands of a quiet read", self.commands)]
        for one in self.killed:
            at = f"killed at {one.share:.0%}"
            made += [
                Figure(f"{at}: commands", one.commands, "", self.commands, "a quiet read", 1 + _TWICE),
                Figure(f"{at}: equal table", float(one.equal), "", 1, "value for value", 1.0, at_least=True),
            ]
        return made


def measure_resume(rows: int, step: Callable[[str], object]) -> Resumes:
    """Read the deals of one portal quietly, then killed at each of `SHARES`.

    Raises:
        PipelineError: a process failed, or ended before it could be killed.
    """
    words = ("--deals", str(rows), "--custom-fields", "10")
    with tempfile.TemporaryDirectory(prefix="b24-bench-") as name, portal_process(0, 50, *words) as portal:
        folder = Path(name)
        step(f"A quiet read of {rows:,} deals")
        quiet = folder / "quiet.duckdb"
        cost = cost_of(portal, sync_command(str(quiet), "deals"), synced, "b24 sync")
        expected = _digest(quiet)
        killed = []
        for share in SHARES:
            step(f"Killed at {share:.0%}, and run again")
            db = folder / f"killed-{share * 100:.0f}.duckdb"
            before = portal.stats()["commands"]
            _kill_at(portal, sync_command(str(db), "deals"), before + int(cost.commands * share))
            cost_of(portal, sync_command(str(db), "deals"), synced, "b24 sync")
            killed.append(Resumed(share, portal.stats()["commands"] - before, _digest(db) == expected))
    return Resumes(cost.told.rows, cost.commands, tuple(killed))


def _kill_at(portal: PortalProcess, command: list[str], commands: int) -> None:
    """Start a command and kill it once the portal has carried out so many commands."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=portal.environment) as process:  # noqa: S603
        while portal.stats()["commands"] < commands:
            if process.poll() is not None:
                raise PipelineError("the read was over before it could be killed: take more rows")
            time.sleep(_LOOK_SECONDS)
        os.kill(process.pid, signal.SIGKILL)


def _digest(db: Path) -> str:
    """Every value of every row, in the order of the ids; not when it was read and by which load."""
    with duckdb.connect(str(db), read_only=True) as connection:
        rows = connection.execute(
            "SELECT hash(COLUMNS(* EXCLUDE (_synced_at))) FROM bitrix24.deals ORDER BY id"
        )
        digest = hashlib.blake2s()
        while some := rows.fetchmany(10_000):
            digest.update(repr(some).encode())
    return digest.hexdigest()
