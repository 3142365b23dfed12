"""What `b24 build` says when it is done."""

from datetime import UTC, datetime

import pytest

from pipelines.cli.choices import LogFormat
from pipelines.cli.outcomes import tell_build
from pipelines.dbt_results import CheckResult, ModelResult
from pipelines.report import BuildReport

REPORT = BuildReport(
    as_of=datetime(2024, 6, 30, 12, tzinfo=UTC),
    models=(
        ModelResult("rpt_calls", "reporting", 0, 0.1, "success"),
        ModelResult("deal_owners", "custom", 12, 0.1, "success"),
        ModelResult("wrong", "custom", None, 0.1, "error", "(mine/wrong.sql) no such column"),
    ),
    tests=(
        CheckResult("key_of_deals", "fail", 7, tuple({"deal_id": number} for number in range(5))),
        CheckResult("few_owners", "warn", 1, ({"owner": 4},)),
        CheckResult("fine", "pass", 0),
    ),
    seconds=1.0,
    warnings=("the timezone is unknown",),
    absent=("bitrix24.calls",),
    empty=("rpt_calls",),
)


def test_everything_that_is_not_well_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings, absent raw tables, failed models and tests with their first rows have a line each."""
    tell_build(REPORT, LogFormat.TEXT)

    told = capsys.readouterr()
    assert "deal_owners" in told.out
    assert "2 of 3 models built, 1 of 3 tests passed" in told.out
    lacking = (
        "the database lacks bitrix24.calls (not synced yet, or no scope), so these have no rows: rpt_calls"
    )
    assert told.err.splitlines() == [
        "b24: warning: the timezone is unknown",
        f"b24: note: {lacking}",
        "b24: wrong: error: (mine/wrong.sql) no such column",
        "b24: key_of_deals: fail: 7 rows, such as deal_id=0; deal_id=1; deal_id=2",
        "b24: few_owners: warn: 1 row, such as owner=4",
    ]
