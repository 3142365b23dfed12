"""Other ways to read all deals, each as a process of its own: `python -m pipelines.bench_peers WAY`.

Every way ends with a list of all rows in memory, as scripts do that go on to use them.
"""

import argparse
import asyncio
import os
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

Row = dict[str, Any]

_REFUSED: Final = 503
_SELECT: Final = ["*", "UF_*"]
_NO_LIMIT: Final = 10**6


@dataclass(frozen=True)
class Pace:
    """What the portal allows, for ways that can be told; a `rate` of 0 is no limit, None is up to them."""

    rate: float | None = None
    bucket: int = 50
    most_requests: int | None = None


def naive(url: str, pace: Pace) -> list[Row]:
    """Read page after page by `start`, as most scripts do, waiting a second after a refusal."""
    rows: list[Row] = []
    start, requests, slot = 0, 0, time.monotonic()
    with httpx.Client(timeout=120, trust_env=False) as http:
        while pace.most_requests is None or requests < pace.most_requests:
            if pace.rate:
                time.sleep(max(0.0, slot - time.monotonic()))
                slot = max(slot, time.monotonic()) + 1 / pace.rate
            answer = http.post(f"{url}crm.deal.list", json={"start": start, "select": _SELECT})
            requests += 1
            if answer.status_code == _REFUSED:
                time.sleep(1)
                continue
            page = answer.raise_for_status().json()
            rows.extend(page["result"])
            if "next" not in page:
                break
            start = page["next"]
    return rows


def fast_bitrix24(url: str, pace: Pace) -> list[Row]:
    """Read with that library's own way of getting everything."""
    return asyncio.run(_get_all(_bitrix(url, pace)))


def fast_bitrix24_slow(url: str, pace: Pace) -> list[Row]:
    """The same with one request at a time, which that library calls slow."""
    client = _bitrix(url, pace)
    with client.slow():
        return asyncio.run(_get_all(client))


def b24pysdk(url: str, pace: Pace) -> list[Row]:  # noqa: ARG001 - it cannot be told of limits
    """Read with the vendor's SDK, by ascending id; it talks https and nothing else."""
    from b24pysdk import BitrixWebhook, Client  # noqa: PLC0415 - only where the extra `bench` is installed

    address = urlsplit(url)
    token = address.path.removeprefix("/rest/").strip("/")
    client = Client(BitrixWebhook(domain=address.netloc, webhook_token=token))
    return list(client.crm.deal.list(select=_SELECT).as_list_fast().result)


WAYS: Final[dict[str, Callable[[str, Pace], list[Row]]]] = {
    each.__name__: each for each in (naive, fast_bitrix24, fast_bitrix24_slow, b24pysdk)
}


def _bitrix(url: str, pace: Pace) -> Any:  # noqa: ANN401 - it ships no types
    from fast_bitrix24 import BitrixAsync  # noqa: PLC0415 - only where the extra `bench` is installed

    if pace.rate is None:
        return BitrixAsync(url, verbose=False)
    limits = (pace.bucket, float(pace.rate)) if pace.rate else (_NO_LIMIT, float(_NO_LIMIT))
    return BitrixAsync(url, verbose=False, request_pool_size=limits[0], requests_per_second=limits[1])


async def _get_all(client: Any) -> list[Row]:  # noqa: ANN401 - likewise
    rows: list[Row] = await client.get_all("crm.deal.list", {"select": _SELECT})
    return rows


def main(words: Sequence[str] | None = None) -> None:
    """Print the number of rows read; with `--ids` write their ids, 8 bytes each, in the order they came."""
    options = argparse.ArgumentParser(prog="python -m pipelines.bench_peers", description=__doc__)
    options.add_argument("way", choices=sorted(WAYS))
    options.add_argument("most_requests", type=int, nargs="?", help="where the loop stops")
    options.add_argument("--rate", type=float, help="requests a second that the portal allows; 0 for any")
    options.add_argument("--bucket", type=int, default=50, help="requests that it takes at once")
    options.add_argument("--ids", type=Path, help="file to write")
    chosen = options.parse_args(words)
    pace = Pace(chosen.rate, chosen.bucket, chosen.most_requests)
    rows = WAYS[chosen.way](os.environ["BITRIX24_WEBHOOK_URL"], pace)
    if chosen.ids is not None:
        chosen.ids.write_bytes(array("q", (int(row["ID"]) for row in rows)).tobytes())
    sys.stdout.write(f"{len(rows)}\n")


if __name__ == "__main__":
    main()
