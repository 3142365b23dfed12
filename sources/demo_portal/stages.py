"""Stage moves: what the portal writes into a row and its history, and what it takes out of the history."""

from .entities import CrmEntity
from .table import Row, Table
from .zone import Zone

CREATED, MOVED, FINAL, PIPELINE = 1, 2, 3, 5


def stages_in(statuses: Table, directory: str) -> dict[str, str]:
    """Give code and semantic (P, S, F) of the stages of a directory, in order."""
    rows = [row for row in statuses.rows() if row["ENTITY_ID"] == directory]
    rows.sort(key=lambda row: int(str(row["SORT"])))
    return {str(row["STATUS_ID"]): str(row["SEMANTICS"] or "P") for row in rows}


class StageBook:
    """Keeps stage history as the portal does."""

    def __init__(self, statuses: Table, history: Table, entity: CrmEntity, zone: Zone) -> None:
        self._statuses = statuses
        self._history = history
        self._entity = entity
        self._zone = zone

    def directory(self, category: str) -> str:
        """Name the directory of the stages a row may be in."""
        if self._entity.name == "lead":
            return "STATUS"
        return "DEAL_STAGE" if category in ("", "0") else f"DEAL_STAGE_{category}"

    def stages(self, category: str) -> dict[str, str]:
        """Give code and semantic (P, S, F) of the stages of a pipeline, in order."""
        return stages_in(self._statuses, self.directory(category))

    def entered(self, row: Row, now: float) -> None:
        """Register a new row: a single row of type 3 where it is born finished."""
        self._add(row, CREATED, now)

    def moved(self, row: Row, now: float, *, pipeline_changed: bool) -> None:
        """Register a move; a move away from a final stage deletes the final row."""
        mine = self._of(row)
        if mine and mine[-1]["TYPE_ID"] == FINAL:
            self._history.remove(int(str(mine[-1]["ID"])))
        self._add(row, PIPELINE if pipeline_changed else MOVED, now)

    def forget(self, owner: int) -> None:
        """Delete the history of a deleted row."""
        for number in self._numbers_of(owner):
            self._history.remove(number)

    def _add(self, row: Row, kind: int, now: float) -> None:
        semantic = str(row[self._entity.semantic_field])
        entry: Row = {
            "ID": self._history.next_id(),
            "TYPE_ID": FINAL if semantic != "P" else kind,
            "OWNER_ID": int(str(row["ID"])),
            "CREATED_TIME": self._zone.text(now),
        }
        if self._entity.name == "deal":
            entry["CATEGORY_ID"] = int(str(row["CATEGORY_ID"] or 0))
        entry[self._entity.semantic_field] = semantic
        entry[self._entity.stage_field] = row[self._entity.stage_field]
        self._history.put(entry)

    def _numbers_of(self, owner: int) -> list[int]:
        return self._history.where_number("OWNER_ID", owner)

    def _of(self, row: Row) -> list[Row]:
        found = [self._history.get(number) for number in self._numbers_of(int(str(row["ID"])))]
        return [entry for entry in found if entry is not None]
