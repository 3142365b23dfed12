"""What dbt says while it runs: to its log file and to whoever follows the build, never to the console."""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Progress = Callable[[str, str, float], None]


@dataclass
class Listener:
    """Follows a build by dbt's events."""

    progress: Progress | None = None
    first_query_at: datetime | None = None
    """When the first model was begun."""
    done: int = 0

    def __call__(self, event: Any) -> None:  # noqa: ANN401 - a protobuf message
        """Take note of an event."""
        if event.info.name == "LogStartLine" and self.first_query_at is None:
            self.first_query_at = event.info.ts.ToDatetime()
        if event.info.name == "LogModelResult":
            self.done += 1
            if self.progress is not None:
                self.progress("model", event.data.node_info.node_name, self.done / event.data.total)


def hush() -> None:
    """Let dbt make messages only of what is logged.

    It makes several for every query, each by way of JSON and protobuf: a fifth of a build of small tables.
    """
    from dbt_common.events.base_types import EventLevel  # noqa: PLC0415 - as slow as dbt itself
    from dbt_common.events.event_manager import EventManager  # noqa: PLC0415
    from dbt_common.events.event_manager_client import ctx_set_event_manager  # noqa: PLC0415

    class Hushed(EventManager):
        def fire_event(self, e: Any, level: Any = None, *rest: Any, **more: Any) -> None:  # noqa: ANN401
            if (level or e.level_tag()) not in {EventLevel.DEBUG, EventLevel.TEST}:
                super().fire_event(e, level, *rest, **more)

    ctx_set_event_manager(Hushed())


def unhush() -> None:
    """Let go of what dbt's messages are written to."""
    if "dbt_common.events.event_manager_client" in sys.modules:
        from dbt_common.events.event_manager_client import cleanup_event_logger  # noqa: PLC0415

        cleanup_event_logger()


def close_log() -> None:
    """Dbt would leave its log file to the garbage collector."""
    for handler in logging.getLogger("file_log").handlers[:]:
        logging.getLogger("file_log").removeHandler(handler)
        handler.close()
