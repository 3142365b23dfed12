"""Runs asynchronous work from ordinary code, also inside a notebook, whose thread has an event loop."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def completed(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end and return the result; an interrupt cancels the work and goes on its way."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            failures.append(error)

    thread = threading.Thread(target=run, name="b24-writeback")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]
