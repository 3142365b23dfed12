"""The demo portal in the foreground."""

import sys

from pipelines.cli.choices import Size
from pipelines.errors import UsageError


def serve_until_interrupted(port: int, seed: int, size: Size, rate: float, bucket: int) -> None:
    """Serve a demo portal; the first line on stdout is READY and its webhook, and nothing follows it there.

    Raises:
        UsageError: the port is taken.
    """
    from sources.demo_portal import DemoPortal  # noqa: PLC0415 - numpy, uvicorn
    from sources.demo_portal.serve import bind, make_server, url_of  # noqa: PLC0415

    try:
        taken = bind(port)
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be used ({error.strerror}): choose another, or 0 for a free one"
        ) from None
    with taken:
        portal = DemoPortal(seed, size.value, rate=rate, bucket=bucket)
        taken.listen(128)
        url = url_of(portal, taken)
        sys.stdout.write(f"READY {url}\n")
        sys.stdout.flush()
        sys.stderr.write(
            f"In another terminal: export BITRIX24_WEBHOOK_URL={url}\nCtrl-C stops the portal.\n"
        )
        make_server(portal).run(sockets=[taken])
