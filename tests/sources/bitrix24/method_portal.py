"""A portal of a few methods, each a function of its parameters; and a warehouse of what was read from it."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from sources.bitrix24.bus import CommandBus
from sources.bitrix24.client import Bitrix24Client
from sources.bitrix24.convert import Converter
from sources.bitrix24.fields import column_name
from sources.bitrix24.portal_read import SilentObserver
from sources.bitrix24.reading import CalendarWindow, ReadResult, Vanished
from sources.bitrix24.session import Session
from sources.demo_portal.virtual_time import START
from tests.sources.bitrix24.scripted_portal import Answer, Call, ScriptedPortal, batch_answer, php_query

NOW = "2027-01-15T09:00:00+01:00"
_REFERENCE = re.compile(r"\$result\[(\w+)\]\[(\d+)\]\[(\w+)\]")

T = TypeVar("T")


class Refused(Exception):  # noqa: N818 - what a portal says, no failure of the test
    """What a method answers instead of a result."""

    def __init__(self, code: str = "", text: str = "Access denied") -> None:
        super().__init__(text)
        self.code = code


class MethodPortal(ScriptedPortal):
    """Answers every command of a batch with `answers[method](params)`: a result, or (result, total, next)."""

    def __init__(self, answers: Mapping[str, Callable[[dict[str, Any]], object]]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.otherwise = self._batch

    def _batch(self, call: Call) -> Answer:
        results: dict[str, Any] = {}
        errors, totals, nexts, times = {}, {}, {}, {}
        for key, line in call.body["cmd"].items():
            method, _, query = line.partition("?")
            params = php_query(query)
            params["filter"] = {
                name: _resolved(value, results) for name, value in params.get("filter", {}).items()
            }
            self.asked.append((method, params))
            times[key] = {"start": START, "duration": 0.01, "processing": 0.01, "date_start": NOW}
            try:
                answer = self.answers.get(method, lambda _: [])(params)
            except Refused as refusal:
                errors[key] = {"error": refusal.code, "error_description": str(refusal)}
                continue
            if isinstance(answer, tuple):
                answer, totals[key], following = answer
                nexts |= {} if following is None else {key: following}
            results[key] = answer
        return batch_answer(results or [], errors, totals, nexts, times)

    def read(
        self,
        folder: Path,
        what: Callable[[Session], Awaitable[T]],
        *,
        warehouse: "Loaded | None" = None,
        window: CalendarWindow | None = None,
    ) -> T:
        """Do this with a session of its own, its files in this folder."""

        async def main(client: Bitrix24Client) -> T:
            return await what(session_of(client, folder, warehouse, window))

        return self.use(main)


def session_of(
    client: Bitrix24Client,
    folder: Path,
    warehouse: "Loaded | None" = None,
    window: CalendarWindow | None = None,
) -> Session:
    """What reads share, as a reader makes it."""
    return Session(
        client=client,
        bus=CommandBus(client, 3),
        folder=folder,
        overlap_seconds=0,
        warehouse=warehouse,
        observer=SilentObserver(),
        synced_at="2026-01-01T00:00:00+00:00",  # far from the portal's clock: no read may depend on it
        converter=Converter("2026-01-01T00:00:00+00:00"),
        calendar_window=window or CalendarWindow(),
    )


def _resolved(value: Any, results: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever was sent
    """The id that a reference reaches, as PHP casts it; 1 where it reaches none (API.md 25)."""
    match = _REFERENCE.fullmatch(value)
    if match is None:
        return value
    rows, place = results.get(match[1], []), int(match[2])
    return rows[place][match[3]] or "0" if place < len(rows) else "1"


class Loaded:
    """A warehouse that holds what some reads brought, all of it live."""

    def __init__(self, *results: ReadResult) -> None:
        self._files: dict[str, list[str]] = {}
        for result in results:
            for chunk in result.chunks:
                self._files.setdefault(chunk.table, []).append(str(chunk.path))

    def write_vanished(self, search: Vanished, target: Path) -> int:
        """Find what is not among the files seen."""
        if search.table not in self._files:
            return 0
        where = [f"{name} = '{value}'" for name, value in search.among.items()]
        if search.owner_column:
            where.append(f"{search.owner_column} IN ({', '.join(map(str, search.owners))})")
        files, key = [str(path) for path in search.seen], ", ".join(search.key)
        with duckdb.connect() as db:
            db.execute(
                f"""CREATE TABLE gone AS SELECT * REPLACE (now() AS _deleted_at) FROM (
                    SELECT * FROM read_parquet({self._files[search.table]}, union_by_name = true)
                    WHERE {" AND ".join(where) or "true"}
                ) AS t {f"ANTI JOIN read_parquet({files}) AS s USING ({key})" if files else ""}"""
            )
            (count,) = db.execute("SELECT count(*) FROM gone").fetchone() or (0,)
            if count:
                db.execute(f"COPY gone TO '{target}' (FORMAT parquet)")
        return int(count)

    def live_ids(self, table: str, id_column: str, files: Sequence[Path]) -> Any:  # noqa: ANN401
        """Not asked for in these reads."""
        raise NotImplementedError

    def modified_times(self, table: str, id_column: str, modified: str, files: Sequence[Path]) -> Any:  # noqa: ANN401
        """Not asked for in these reads."""
        raise NotImplementedError

    def write_changed(self, table: str, key: Sequence[str], source: Path, target: Path) -> int:
        """Not asked for in these reads."""
        raise NotImplementedError

    def write_first_versions(self, table: str, history: str, target: Path) -> int:
        """Not asked for here."""
        raise NotImplementedError


def live(rows: Sequence[Mapping[str, Any]], *codes: str) -> list[tuple[Any, ...]]:
    """These columns of the rows that are not marked as deleted, in order."""
    names = [column_name(code) for code in codes]
    return sorted(tuple(row[name] for name in names) for row in rows if row["_deleted_at"] is None)


def gone(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The ids of the rows that are marked as deleted."""
    return sorted(row["id"] for row in rows if row["_deleted_at"] is not None)
