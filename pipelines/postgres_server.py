"""The PostgreSQL server that dlt's own configuration names: its address, and a connection to it.

Nothing here writes a password down or puts one into a message.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pipelines.errors import LockedError, PipelineError, UsageError

if TYPE_CHECKING:
    import duckdb

SECTIONS: Final = ("destination", "postgres")
HOW_TO: Final = (
    "put its address into DESTINATION__POSTGRES__CREDENTIALS='postgresql://user:password@host:5432/database' "
    "or into .dlt/secrets.toml under [destination.postgres.credentials]"
)
_LOCK: Final = 0x62323477  # "b24w": one of ours at a time in a database


class PostgresError(PipelineError):
    """The PostgreSQL server cannot be used as it is."""


@dataclass(frozen=True)
class Server:
    """A database on a server, as dlt knows it."""

    credentials: Any = field(repr=False)

    @property
    def name(self) -> str:
        """Where it is, without user and password."""
        return f"{self.credentials.host}:{self.credentials.port}/{self.credentials.database}"

    @property
    def environment(self) -> dict[str, str]:
        """What transforms/profiles.yml reads, and the clock of every session."""
        known = self.credentials
        return {
            "B24_POSTGRES_HOST": str(known.host),
            "B24_POSTGRES_PORT": str(known.port),
            "B24_POSTGRES_DATABASE": str(known.database),
            "B24_POSTGRES_USER": str(known.username or ""),
            "B24_POSTGRES_SSLMODE": str((known.query or {}).get("sslmode", "prefer")),
            "B24_POSTGRES_CONNECT_TIMEOUT": str(known.connect_timeout),
            # dbt hides the values of variables with this prefix in its log
            "DBT_ENV_SECRET_B24_POSTGRES_PASSWORD": str(known.password or ""),
            "PGTZ": "UTC",
            # Compiling a query takes longer than most of ours. And PostgreSQL often expects one row of a step
            # of a query that has thousands: then it would walk through a table for each of them.
            "PGOPTIONS": "-c jit=off -c enable_nestloop=off",
        }

    @contextmanager
    def connect(self) -> "Iterator[Session]":
        """A session of its own; what it did is committed at its end, and undone by an exception.

        Raises:
            PostgresError: the server does not answer, or lets nobody in with these credentials.
        """
        import psycopg2  # noqa: PLC0415 - an optional dependency

        known = self.credentials
        try:
            connection = psycopg2.connect(
                host=known.host,
                port=known.port,
                dbname=known.database,
                user=known.username,
                password=known.password,
                sslmode=self.environment["B24_POSTGRES_SSLMODE"],
                connect_timeout=known.connect_timeout,
                options="-c timezone=UTC",
                application_name="b24",
            )
        except psycopg2.OperationalError as error:
            raise PostgresError(self._trouble(str(error))) from None
        try:
            with connection:
                yield Session(connection)
        except psycopg2.Error as error:
            raise PostgresError(
                f"PostgreSQL at {self.name}: {self.redacted(_first_line(str(error)))}"
            ) from None
        finally:
            connection.close()

    @contextmanager
    def alone(self) -> "Iterator[Server]":
        """This server, on which no other run of ours is at work in the meantime.

        Raises:
            LockedError: one is.
        """
        with self.connect() as session:
            if not session.rows("select pg_try_advisory_lock(%(lock)s)", {"lock": _LOCK})[0][0]:
                raise LockedError(
                    f"Another run is at work in PostgreSQL at {self.name}: wait until it is done"
                )
            session.connection.commit()
            yield self

    def redacted(self, text: str) -> str:
        """A text without the password, should a library have put it there."""
        password = self.credentials.password
        return text.replace(str(password), "***") if password else text

    def _trouble(self, said: str) -> str:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        reason = self.redacted(lines[0] if lines else "no reason given")
        if "password" in said or "authentication" in said or "no pg_hba.conf entry" in said:
            return (
                f"PostgreSQL at {self.name} lets {self.credentials.username} not in: "
                f"check user and password; {HOW_TO}"
            )
        if "does not exist" in said:
            what = reason.rpartition("FATAL:")[2].strip() or reason
            return f"PostgreSQL at {self.name}: {what}; create it, or {HOW_TO}"
        return f"PostgreSQL at {self.name} cannot be reached ({reason}): is the server running? Else {HOW_TO}"


@dataclass(frozen=True)
class Session:
    """An open transaction."""

    connection: Any

    def rows(self, query: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query; none of a statement that has no result."""
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall()) if cursor.description else []

    def columns(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The same, with the names of the columns."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return [column.name for column in cursor.description], list(cursor.fetchall())


def server() -> Server:
    """The server of dlt's configuration.

    Raises:
        UsageError: none is configured, or the libraries for it are not installed.
    """
    from dlt.common.configuration import resolve_configuration  # noqa: PLC0415
    from dlt.common.configuration.exceptions import ConfigurationException  # noqa: PLC0415

    try:
        import psycopg2  # noqa: F401, PLC0415
        from dlt.destinations.impl.postgres.configuration import PostgresCredentials  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            "PostgreSQL needs two more libraries: in the checkout type "
            "pip install -c constraints.txt '.[postgres]'"
        ) from None
    try:
        credentials = resolve_configuration(PostgresCredentials(), sections=SECTIONS)
    except (ConfigurationException, ValueError):
        raise UsageError(f"No PostgreSQL server is configured, or not wholly: {HOW_TO}") from None
    return Server(credentials)


def reachable_server() -> Server:
    """The same, once it has answered: a long sync must not end with a word about a password.

    Raises:
        UsageError: as `server`.
        PostgresError: it does not answer, or lets nobody in.
    """
    found = server()
    with found.connect():
        return found


@contextmanager
def described(server: Server) -> "Iterator[duckdb.DuckDBPyConnection]":
    """The portal and its currencies, against which settings are checked, in a DuckDB of nothing else."""
    import duckdb  # noqa: PLC0415 - the command line asks for this module's names alone

    with duckdb.connect() as connection, server.connect() as session:
        connection.execute("SET TimeZone = 'UTC'")
        for schema, table, column in (("ops", "portal", "timezone"), ("bitrix24", "currencies", "currency")):
            if session.rows("select to_regclass(%(name)s)", {"name": f"{schema}.{table}"}) == [(None,)]:
                continue
            connection.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.{table} ({column} VARCHAR)")
            for row in session.rows(f"select {column} from {schema}.{table}"):
                connection.execute(f"INSERT INTO {schema}.{table} VALUES (?)", row)
        yield connection


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
