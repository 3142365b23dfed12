"""How the suite is spread over its workers: no file is split, what takes long begins first."""

import gc
import os
import shutil
import tempfile

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/transforms/",)
"""Folders whose session fixtures are too expensive to be made by each worker."""


def pytest_configure(config: pytest.Config) -> None:
    """Have all tests share one parsed dbt project, and none the user's."""
    if not hasattr(config, "workerinput"):
        os.environ["B24_CACHE_DIR"] = tempfile.mkdtemp(prefix="b24-cache-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop("B24_CACHE_DIR"), ignore_errors=True)


def pytest_collection_finish() -> None:
    """Have the garbage collector come less often: a tenth of a build is its work, and memory is not short."""
    gc.set_threshold(20_000, 20, 50)


class ByFile(LoadFileScheduling):
    """A worker gets whole files, because most fixtures belong to a file; and some folders whole."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Take the place of `--dist loadfile`."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what is long first, and of that the whole project's before a part's."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(
        key=lambda item: (not item.nodeid.startswith(TOGETHER), item.path not in slow, len(item.path.parts))
    )
