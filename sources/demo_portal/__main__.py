"""`python -m sources.demo_portal`: the demo portal in the foreground."""

import argparse
import contextlib
import sys
from collections.abc import Sequence

from .app import DemoPortal
from .costs import CostModel
from .seed import DEALS
from .serve import bind, make_server, url_of


def parser() -> argparse.ArgumentParser:
    """Describe the options."""
    options = argparse.ArgumentParser(prog="python -m sources.demo_portal", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    options.add_argument("--seed", type=int, default=42, help="number that the data is made from")
    options.add_argument("--size", choices=sorted(DEALS), default="small", help="how much data")
    options.add_argument("--deals", type=int, help="number of deals, instead of the size's")
    options.add_argument("--custom-fields", type=int, help="at most so many custom fields an entity")
    options.add_argument("--rate", type=float, default=2.0, help="requests a second; 0 for no limit")
    options.add_argument("--bucket", type=int, default=50, help="requests the bucket holds")
    options.add_argument(
        "--operating-limit", type=float, default=480.0, help="seconds a method in ten minutes"
    )
    options.add_argument("--cost", action="store_true", help="calls take as long as on a real portal")
    options.add_argument("--gzip", action="store_true", help="compress answers")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; the first line on stdout says where."""
    chosen = parser().parse_args(arguments)
    portal = DemoPortal(
        chosen.seed,
        chosen.size,
        deals=chosen.deals,
        custom_fields=chosen.custom_fields,
        rate=chosen.rate,
        bucket=chosen.bucket,
        operating_limit=chosen.operating_limit,
        cost=CostModel(sleep=True) if chosen.cost else None,
        gzip=chosen.gzip,
    )
    taken = bind(chosen.port)
    taken.listen(128)
    sys.stdout.write(f"READY {url_of(portal, taken)}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        make_server(portal).run(sockets=[taken])
    return 0


if __name__ == "__main__":
    sys.exit(main())
