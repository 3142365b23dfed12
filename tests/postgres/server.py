"""A PostgreSQL 15 server of our own: in a folder of its own, on loopback, for as long as a test needs it."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

DEBIAN = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "not-for-messages"
USER = "b24"
# In English words stand in another order than their bytes: what depends on it must not get into a report.
INITDB = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync")
SETTINGS = {"fsync": "off", "shared_buffers": "32MB", "max_connections": "30", "autovacuum": "off"}


@dataclass(frozen=True)
class PostgresServer:
    """Where it listens."""

    port: int

    def url(self, database: str, password: str = PASSWORD) -> str:
        """The address of a database, as dlt is given it."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database; return its address."""
        with self.connect("postgres") as connection:
            connection.autocommit = True
            connection.cursor().execute(f'create database "{database}"')
        return self.url(database)

    @contextmanager
    def connect(self, database: str) -> "Iterator[psycopg2.extensions.connection]":
        """A connection whose clock is that of Greenwich."""
        connection = psycopg2.connect(self.url(database), options="-c timezone=UTC")
        try:
            yield connection
        finally:
            connection.close()


def programs() -> Path | None:
    """The folder with initdb and postgres; None where no server is installed."""
    found = [DEBIAN]
    with suppress(OSError, subprocess.CalledProcessError):
        told = subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True)
        found.append(Path(told.stdout.strip()))
    return next((folder for folder in found if (folder / "initdb").exists()), None)


@contextmanager
def running(folder: Path, bin_folder: Path) -> Iterator[PostgresServer]:
    """The server in the folder, until the block ends."""
    data, password_file = folder / "data", folder / "password"
    password_file.write_text(PASSWORD)
    account = _account(folder)
    subprocess.run(
        [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            USER,
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            *INITDB,
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **account,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = SETTINGS | {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder)}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [bin_folder / "postgres", "-D", data, "-p", str(port), *words],
            stdout=log,
            stderr=log,
            cwd=folder,
            **account,
        )
    try:
        _wait_until_ready(bin_folder, port, process)
        yield PostgresServer(port)
    finally:
        process.send_signal(2)  # the fast way: whoever is still connected is sent away
        process.wait(timeout=30)


def _account(folder: Path) -> dict[str, Any]:
    """The server refuses to run as root: then a system user runs it, and the folder is his."""
    if os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415 - there is none on other systems

    names = [entry.pw_name for entry in pwd.getpwall()]
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait_until_ready(bin_folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    ready = [bin_folder / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "10"]
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("the server ended at once")
        if subprocess.run(ready, check=False).returncode == 0:
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
    raise RuntimeError("the server does not answer")
