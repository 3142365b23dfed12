"""The switchboard of failures: what shall go wrong, at which request or method, how often."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

Kind = Literal[
    "rate",  # 503 QUERY_LIMIT_EXCEEDED, nothing executed
    "operating",  # 429 OPERATION_TIME_LIMIT, nothing executed
    "error",  # any `status`, `code` and `description`, nothing executed
    "server",  # an HTML page with `status` (500, 502, 504), nothing executed
    "html",  # an HTML page with status 200, nothing executed
    "cut",  # executed, the JSON ends in the middle
    "reset",  # the connection is reset, nothing executed
    "write_then_drop",  # executed, then the connection is reset
    "write_then_error",  # executed, then an HTML page with `status`
    "late",  # the connection is reset, `seconds` later it is executed all the same
    "slow",  # answered after `seconds`
    "redirect",  # 302 to `location` (default: the same address), nothing executed
    "command_error",  # one command of a batch fails with `code` and `description`
    "missing_key",  # one command of a batch is in neither map, not executed
]
KINDS: tuple[str, ...] = get_args(Kind)
IN_BATCH = ("command_error", "missing_key")


@dataclass(frozen=True)
class Fault:
    """One failure.

    Args:
        kind: what goes wrong.
        at: number of the HTTP request (from 1) that it happens to; None for the next that fits.
        method: only requests of this method, for kinds inside a batch only commands of it.
        times: how often; -1 for always.
        status: HTTP status for the kinds that have one.
        code: `error` of the answer.
        description: `error_description` of the answer.
        seconds: delay of `slow` and `late`.
        location: target of `redirect`.
        command: key of the command inside a batch; None for the first that fits.
    """

    kind: Kind
    at: int | None = None
    method: str | None = None
    times: int = 1
    status: int = 500
    code: str = "INTERNAL_SERVER_ERROR"
    description: str = "Internal server error"
    seconds: float = 0.0
    location: str | None = None
    command: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known are {', '.join(KINDS)}")

    def concerns(self, method: str) -> bool:
        """Tell whether a call of this method runs into the fault; the case of the name does not matter."""
        return self.method is None or self.method.lower() == method.lower()


class Faults:
    """All faults that are still to happen."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Arm a fault."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Disarm everything."""
        self._waiting.clear()

    def for_request(self, number: int, method: str) -> Fault | None:
        """Take the fault that this HTTP request runs into."""
        for index, fault in enumerate(self._waiting):
            if fault.kind not in IN_BATCH and fault.at in (None, number) and fault.concerns(method):
                return self._take(index)
        return None

    def for_command(self, number: int, method: str, key: str) -> Fault | None:
        """Take the fault that this command of a batch runs into."""
        for index, fault in enumerate(self._waiting):
            fits = fault.kind in IN_BATCH and fault.at in (None, number)
            if fits and fault.concerns(method) and fault.command in (None, key):
                return self._take(index)
        return None

    def _take(self, index: int) -> Fault:
        fault = self._waiting[index]
        if fault.times == 1:
            del self._waiting[index]
        elif fault.times > 1:
            self._waiting[index] = replace(fault, times=fault.times - 1)
        return fault
