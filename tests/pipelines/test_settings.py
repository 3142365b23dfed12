from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.settings import REPORTING, SETTINGS, Settings
from sources.bitrix24.errors import ConfigurationError

WEBHOOK = "http://127.0.0.1:9/rest/1/abcdefgh/"


def test_settings_are_told_apart_by_name() -> None:
    """No setting stands in the table twice."""
    assert len({setting.key for setting in SETTINGS}) == len(SETTINGS)


def test_an_environment_variable_sets_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number, switch and text can be set from the environment, under the name that the docs tell."""
    monkeypatch.delenv("BITRIX24_WEBHOOK_URL", raising=False)
    special = {
        "progress": "off",
        "verify": __file__,
        "history": "deals",
        "webhook_url": WEBHOOK,
        "memory_mb": "256",
    }
    texts = {int: "7", float: "7.5", bool: "true", str: "EUR"}
    values = {setting: special.get(setting.name, texts[setting.kind]) for setting in SETTINGS}
    for setting, value in values.items():
        monkeypatch.setenv(setting.env, value)
    settings = Settings.load()

    for setting, value in values.items():
        if setting.section == REPORTING:
            assert settings.variables[setting.name] == value
        else:
            expected = value == "true" if setting.kind is bool else setting.kind(value)
            assert getattr(settings, setting.name) == expected
    connection = settings.connection()
    assert (connection.limits.requests_per_second, connection.limits.bucket) == (7.5, 7)
    assert not connection.detect_limits


def test_the_webhook_of_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """BITRIX24_WEBHOOK_URL is what somebody has just typed, so it stands above every file."""
    monkeypatch.setenv("SOURCES__BITRIX24__WEBHOOK_URL", "http://127.0.0.1:9/rest/1/fromfile/")
    monkeypatch.setenv("BITRIX24_WEBHOOK_URL", WEBHOOK)

    assert Settings.load().webhook_url == WEBHOOK
    assert (
        Settings.load("https://given.test/rest/1/abcdefgh/").webhook_url
        == "https://given.test/rest/1/abcdefgh/"
    )


def test_the_webhook_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line of the file that BITRIX24_WEBHOOK_FILE names, where nothing else is set."""
    (tmp_path / "webhook").write_text(f"{WEBHOOK}\nmade by Anna\n")
    monkeypatch.delenv("BITRIX24_WEBHOOK_URL", raising=False)
    monkeypatch.setenv("BITRIX24_WEBHOOK_FILE", str(tmp_path / "webhook"))

    assert Settings.load().webhook_url == WEBHOOK


def test_without_settings_the_limits_are_detected() -> None:
    """A portal's plan decides its limits unless somebody does."""
    connection = Settings(webhook_url=WEBHOOK).connection()

    assert connection.detect_limits
    assert (connection.limits.requests_per_second, connection.limits.bucket) == (2.0, 50)


def test_no_webhook_is_told_where_one_is_needed() -> None:
    """Settings without a webhook are fine until somebody wants to connect."""
    with pytest.raises(ConfigurationError, match="Inbound webhook"):
        Settings().connection()


def test_the_secret_is_not_in_the_repr() -> None:
    """Settings may be printed."""
    assert "abcdefgh" not in repr(Settings(webhook_url=WEBHOOK))


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests_per_second": -1.0},
        {"bucket": 0},
        {"operating_seconds": -1.0},
        {"overlap_seconds": -1},
        {"progress": "loud"},
        {"verify": "no-such-file.pem"},
    ],
)
def test_values_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    """A setting that no portal and no disk could make sense of is wrong usage."""
    with pytest.raises(UsageError):
        Settings(**wrong)
