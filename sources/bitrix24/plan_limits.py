"""The limits that come with a portal's plan, which a portal may or may not tell (API.md 4, 25)."""

import re
from dataclasses import replace
from typing import Any, Final

from .batch import Command, Outcome
from .client import Bitrix24Client

ASK_FOR_PLAN: Final = Command("app.info")
_ENTERPRISE_LIMITS: Final[dict[str, Any]] = {"requests_per_second": 5.0, "bucket": 250}


def license_of(outcome: Outcome) -> str | None:
    """The licence in the answer to `ASK_FOR_PLAN`; None where the portal does not say, or refuses."""
    told = outcome.result if outcome.ok and isinstance(outcome.result, dict) else {}
    return str(told.get("LICENSE") or "") or None


def is_enterprise(license_name: str | None) -> bool:
    """Whether the plan is one with the larger limits: `ent…` in the licence's name."""
    return re.search(r"(^|_)ent", license_name or "") is not None


def obey_plan(client: Bitrix24Client, license_name: str | None) -> None:
    """Let a client go as fast as the plan allows; the smaller limits stay where it is not known."""
    if is_enterprise(license_name):
        client.use_limits(replace(client.limits, **_ENTERPRISE_LIMITS))
