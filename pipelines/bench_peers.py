"""Other ways to read all deals, each as a process of its own: `python -m pipelines.bench_peers WAY`."""

import os
import sys
import time
from collections.abc import Sequence

import httpx

_REFUSED = 503


def naive(url: str, most_requests: int) -> int:
    """Read page after page by `start`, as most scripts do, waiting a second after a refusal."""
    rows, start, requests = 0, 0, 0
    with httpx.Client(timeout=120, trust_env=False) as http:
        while requests < most_requests:
            answer = http.post(f"{url}crm.deal.list", json={"start": start, "select": ["*", "UF_*"]})
            requests += 1
            if answer.status_code == _REFUSED:
                time.sleep(1)
                continue
            page = answer.raise_for_status().json()
            rows += len(page["result"])
            if "next" not in page:
                break
            start = page["next"]
    return rows


def fast_bitrix24(url: str) -> int:
    """Read with that library's own way of getting everything."""
    from fast_bitrix24 import Bitrix  # noqa: PLC0415 - only where the extra `bench` is installed

    return len(Bitrix(url, verbose=False).get_all("crm.deal.list", {"select": ["*", "UF_*"]}))


def main(words: Sequence[str]) -> None:
    """Print the number of rows read."""
    url = os.environ["BITRIX24_WEBHOOK_URL"]
    rows = naive(url, int(words[1])) if words[0] == "naive" else fast_bitrix24(url)
    sys.stdout.write(f"{rows}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
