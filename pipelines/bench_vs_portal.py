"""A demo portal whose deals change while they are read: `python -m pipelines.bench_vs_portal`.

The first line on stdout names its address; each line on stdin is answered with its figures; the end of
stdin ends it, so that it cannot outlive who started it.
"""

import argparse
import contextlib
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import uvicorn

from sources.demo_portal import CostModel, DemoPortal, serve
from sources.demo_portal.serve import bind

if TYPE_CHECKING:
    from sources.demo_portal.store import Store

METHOD: Final = "crm.deal.list"
CUSTOM_FIELDS: Final = 10  # beside 45 columns of the portal's own

_EDITED, _ADDED, _DELETED = 0.5, 0.7, 0.9  # shares of what happens, each on top of the one before
_START_SECONDS: Final = 30.0


class Disturber:
    """What users do while somebody reads: one change before each page of deals that is asked for, by seed.

    Half of them edit a deal, a fifth adds one, a fifth deletes one, a tenth takes one out of the recycle bin
    again, under its old id.
    """

    def __init__(self, portal: DemoPortal, seed: int = 1) -> None:
        self._chance = Random(seed)  # noqa: S311 - which deals change does not matter
        self._deals = portal.store.records("deals")
        self._before = set(self._deals.table.ids.tolist())
        self._bin: list[int] = []
        self._gone: set[int] = set()
        self.changes = 0

    def __call__(self, _: "Store") -> None:
        """Change something."""
        self.changes += 1
        kind = self._chance.random()
        if kind < _EDITED and len(self._deals):
            self._deals.update(self._one(), {"OPPORTUNITY": f"{self._chance.randrange(10**6)}.00"})
        elif kind < _ADDED or not len(self._deals):
            self._deals.add({"TITLE": f"Deal of the moment {self.changes}"})
        elif kind < _DELETED or not self._bin:
            number = self._one()
            self._deals.delete(number)
            self._bin.append(number)
            self._gone.add(number)
        else:
            number = self._bin.pop(self._chance.randrange(len(self._bin)))
            self._deals.add({"ID": number, "TITLE": f"Back again {self.changes}"})

    def lived(self) -> list[int]:
        """Ids of the deals that were there from the beginning to now."""
        return sorted(self._before - self._gone)

    def _one(self) -> int:
        ids = self._deals.table.ids
        return int(ids[self._chance.randrange(len(ids))])


def make_portal(
    rows: int, rate: float, bucket: int, *, cost: bool, operating_limit: float = 480.0
) -> DemoPortal:
    """A portal with deals and nothing else that is large."""
    return DemoPortal(
        deals=0,
        counts={"deals": rows},
        custom_fields=CUSTOM_FIELDS,
        rate=rate,
        bucket=bucket,
        operating_limit=operating_limit,
        cost=CostModel(sleep=True) if cost else None,
    )


@contextlib.contextmanager
def serve_https(portal: DemoPortal, key: Path, certificate: Path) -> Iterator[str]:
    """Serve the portal with a certificate and give its webhook URL."""
    with contextlib.closing(bind(0)) as taken:
        config = uvicorn.Config(
            portal,
            loop="asyncio",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_keep_alive=75,
            ssl_keyfile=str(key),
            ssl_certfile=str(certificate),
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        waited = threading.Event()
        for _ in range(int(_START_SECONDS / 0.01)):
            if server.started or not thread.is_alive():
                break
            waited.wait(0.01)
        if not server.started:
            raise RuntimeError("the demo portal did not start with its certificate")
        try:
            yield f"https://127.0.0.1:{taken.getsockname()[1]}{portal.path}"
        finally:
            server.should_exit = True
            server.force_exit = True
            thread.join(timeout=10)


def figures(portal: DemoPortal, disturber: Disturber) -> dict[str, object]:
    """What the portal has counted, and the ids that a reader must have."""
    stats = portal.stats
    return {
        "requests": stats.requests,
        "refused_503": stats.refused_503,
        "refused_429": stats.refused_429,
        "operating_seconds": sum(stats.operating.values()),
        "pages": stats.by_method.get(METHOD, 0),
        "changes": disturber.changes,
        "lived": disturber.lived(),
    }


def main(words: Sequence[str] | None = None) -> None:
    """Serve until stdin ends."""
    options = argparse.ArgumentParser(prog="python -m pipelines.bench_vs_portal", description=__doc__)
    options.add_argument("--rows", type=int, required=True)
    options.add_argument("--rate", type=float, default=2.0)
    options.add_argument("--bucket", type=int, default=50)
    options.add_argument("--operating-limit", type=float, default=480.0)
    options.add_argument("--cost", action="store_true", help="calls take as long as on a real portal")
    options.add_argument("--changing", action="store_true", help="deals change while they are read")
    options.add_argument("--https", type=Path, nargs=2, help="key and certificate; without them plain http")
    chosen = options.parse_args(words)
    portal = make_portal(
        chosen.rows,
        chosen.rate,
        chosen.bucket,
        cost=chosen.cost,
        operating_limit=chosen.operating_limit,
    )
    disturber = Disturber(portal)
    if chosen.changing:
        portal.before_each(METHOD, disturber)
    serving = serve_https(portal, *chosen.https) if chosen.https else serve(portal)
    with serving as url:
        _say({"url": url})
        for _ in sys.stdin:
            _say(figures(portal, disturber))


def _say(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
