"""The webhook's token is in nothing that a run prints or leaves behind."""

# ruff: noqa: ANN001 - fixtures are typed where they are made

import gzip
import json
import subprocess
import zlib
from pathlib import Path

import duckdb
import pytest

from sources.demo_portal import DemoPortal, Fault, serve

pytestmark = pytest.mark.slow

TOKEN = "s3cr3t0t0k3n0s3cr3t"


def left_behind(folder: Path) -> list[str]:
    """The files under a folder that hold the token, plain or compressed, or in a table."""
    holding = []
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        pieces = [data]
        for unpack in (gzip.decompress, zlib.decompress):
            try:
                pieces.append(unpack(data))
            except (OSError, zlib.error, EOFError):
                continue
        if path.suffix == ".duckdb":
            pieces.append(tables(path))
        if any(TOKEN.encode() in piece for piece in pieces):
            holding.append(str(path.relative_to(folder)))
    return holding


def tables(path: Path) -> bytes:
    """Every value of every table as text: blocks in the file are compressed."""
    with duckdb.connect(str(path), read_only=True) as db:
        names = db.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return b"".join(
            str(db.execute(f'FROM "{schema}"."{name}"').fetchall()).encode() for schema, name in names
        )


@pytest.fixture(scope="module")
def typed(command_line, tmp_path_factory) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """The folder and the outputs of good runs and failing runs, with debug logs and tracebacks."""
    b24 = command_line(tmp_path_factory.mktemp("typed"))
    portal = DemoPortal(deals=60, rate=0, token=TOKEN)
    outputs = []

    def type_in(*words: str) -> None:
        outputs.append(b24(*words, webhook=url, RUNTIME__LOG_LEVEL="DEBUG", B24_TRACEBACK="1"))

    with serve(portal) as url:
        assert TOKEN in url
        type_in("run", "--log", "json")
        type_in("sync", "contacts", "users", "disk_files")
        type_in("sync", "deals", "--full", "--verify")
        type_in("check")
        type_in("status", "--json")
        type_in("call", "crm.deal.list", "--all")
        portal.faults.add(Fault("error", times=-1, status=401, code="NO_AUTH_FOUND", description=f"{TOKEN}?"))
        type_in("sync", "deals")
        type_in("call", "profile")
        portal.faults.clear()
        portal.faults.add(Fault("redirect", times=-1, location=f"https://evil.test/rest/1/{TOKEN}/profile"))
        type_in("sync")
    type_in("call", "nope nope")
    return b24.folder, outputs


def test_no_output_and_no_file_of_a_run_holds_the_token(typed) -> None:
    """Good runs, failing runs, debug logs and tracebacks: the token is in none of it."""
    folder, outputs = typed

    assert not [done.args for done in outputs if TOKEN in done.stdout + done.stderr]
    assert left_behind(folder) == []


def test_a_run_syncs_and_builds(typed) -> None:
    """`b24 run` leaves reports behind, and `--log json` tells of both halves."""
    done = typed[1][0]

    assert done.returncode == 0, done.stderr + done.stdout
    events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert events[-2:] == ["synced", "reports"]
    assert "built" in events


def test_the_search_would_find_a_token(tmp_path: Path) -> None:
    """The search above finds what it looks for: in files, in gzip, in tables."""
    (tmp_path / "log.txt").write_text(f"POST /rest/1/{TOKEN}/")
    (tmp_path / "log.gz").write_bytes(gzip.compress(TOKEN.encode()))
    with duckdb.connect(str(tmp_path / "a.duckdb")) as db:
        db.execute("CREATE TABLE t AS SELECT ? AS url FROM range(5000)", [f"x{TOKEN}x"])

    assert sorted(left_behind(tmp_path)) == ["a.duckdb", "log.gz", "log.txt"]
