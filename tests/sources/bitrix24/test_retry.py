from random import Random

import pytest

from sources.bitrix24.errors import (
    AuthError,
    BatchLengthError,
    Bitrix24Error,
    ConnectError,
    MalformedReplyError,
    MethodError,
    OperatingLimitError,
    RateLimitError,
    ServerError,
    TransportError,
)
from sources.bitrix24.retry import Ledger, RetryPolicy
from sources.demo_portal.virtual_time import VirtualClock

FOREVER = 1000


def tries(error: Bitrix24Error, *, write: bool, stranger: bool = False) -> int:
    """Return how often something that always fails this way is sent, with four attempts and frozen time."""
    ledger = Ledger(RetryPolicy(attempts=4), VirtualClock(), write=write)
    count = 1
    while count < FOREVER and ledger.permits(error, stranger=stranger):
        count += 1
    return count


@pytest.mark.parametrize(
    ("kind", "read", "write"),
    [
        (ServerError, 4, 1),
        (TransportError, 4, 1),
        (MalformedReplyError, 4, 1),
        (ConnectError, 4, 4),
        (BatchLengthError, 4, 4),
        (RateLimitError, FOREVER, FOREVER),
        (OperatingLimitError, FOREVER, FOREVER),
        (MethodError, 1, 1),
        (AuthError, 1, 1),
    ],
)
def test_each_class_of_error_is_sent_again_as_often_as_is_safe(
    kind: type[Bitrix24Error], read: int, write: int
) -> None:
    """Reads may be repeated after anything unclear, writes only after what surely did not run."""
    assert (tries(kind("x"), write=False), tries(kind("x"), write=True)) == (read, write)


def test_an_address_that_never_was_a_portal_is_given_up_soon() -> None:
    """A login page is not asked for data again and again."""
    assert tries(MalformedReplyError("x"), write=False, stranger=True) == 3
    assert tries(ServerError("x"), write=False, stranger=True) == 4


def test_patience_ends_refusals_that_never_end() -> None:
    """Refusals for a limit do not count as attempts, but their time is bounded."""
    clock = VirtualClock()
    ledger = Ledger(RetryPolicy(attempts=1, patience=100.0), clock, write=True)
    assert ledger.permits(RateLimitError("x"))
    clock.elapsed += 99
    assert ledger.permits(OperatingLimitError("x"))
    clock.elapsed += 2
    assert not ledger.permits(RateLimitError("x"))


def test_waits_double_up_to_a_bound_and_are_spread() -> None:
    """Each wait lies in the upper half of twice the one before, the same for the same seed."""
    policy = RetryPolicy(first_wait=1.0, longest_wait=30.0, random=Random(1))  # noqa: S311
    waits = [policy.backoff(times) for times in range(1, 9)]
    bounds = [min(30.0, 2.0**power) for power in range(8)]
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(waits, bounds, strict=True))
    twin = RetryPolicy(first_wait=1.0, longest_wait=30.0, random=Random(1))  # noqa: S311
    assert waits == [twin.backoff(times) for times in range(1, 9)]
    assert policy.backoff(10_000) <= 30.0
