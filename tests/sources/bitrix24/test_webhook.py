from pathlib import Path

import pytest

from sources.bitrix24.errors import ConfigurationError
from sources.bitrix24.webhook import Webhook, webhook_from_environment

SECRET = "a1b2c3d4e5f6g7h8"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (f"https://p.bitrix24.de/rest/1/{SECRET}/", f"https://p.bitrix24.de/rest/1/{SECRET}/"),
        (f"  'https://p.bitrix24.de/rest/1/{SECRET}' \n", f"https://p.bitrix24.de/rest/1/{SECRET}/"),
        (f"https://p.bitrix24.de/rest/1/{SECRET}/profile.json", f"https://p.bitrix24.de/rest/1/{SECRET}/"),
        (f"https://P.Bitrix24.de:443/rest/1/{SECRET}/", f"https://p.bitrix24.de/rest/1/{SECRET}/"),
        (f"https://p.local:8443/rest/1/{SECRET}/", f"https://p.local:8443/rest/1/{SECRET}/"),
        (f"https://p.local/b/rest/1/{SECRET}/", f"https://p.local/b/rest/1/{SECRET}/"),
        (f"https://p.bitrix24.de/rest/api/1/{SECRET}/", f"https://p.bitrix24.de/rest/api/1/{SECRET}/"),
        (f"https://портал.рф/rest/1/{SECRET}/", f"https://xn--80atabmf.xn--p1ai/rest/1/{SECRET}/"),
        (f"http://127.0.0.1:8000/rest/1/{SECRET}/", f"http://127.0.0.1:8000/rest/1/{SECRET}/"),
        (f"http://[::1]:8000/rest/1/{SECRET}/", f"http://[::1]:8000/rest/1/{SECRET}/"),
    ],
)
def test_a_webhook_is_understood_as_people_paste_it(url: str, base: str) -> None:
    """Spaces, quotes, a method behind it, a missing slash and other alphabets do not matter."""
    webhook = Webhook.parse(url)
    assert webhook.user_id == 1
    assert webhook.url("profile").endswith(f"{SECRET}/profile")
    if "портал" not in url:
        assert webhook.base_url == base
    else:
        assert webhook.host.startswith("xn--")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "profile",
        "https://p.bitrix24.de/",
        "https://p.bitrix24.de/rest/",
        "https://p.bitrix24.de/rest/1/",
        f"https://p.bitrix24.de/rest/one/{SECRET}/",
        f"ftp://p.bitrix24.de/rest/1/{SECRET}/",
        f"https:///rest/1/{SECRET}/",
        f"https://user:pass@p.bitrix24.de/rest/1/{SECRET}/",
        f"https://p.bitrix24.de:port/rest/1/{SECRET}/",
        f"https://p.bitrix24.de/rest/1/{SECRET}/?x=1",
        f"https://p.bitrix24.de/rest/1/{SECRET}/#x",
        f"//p.bitrix24.de/rest/1/{SECRET}/",
    ],
)
def test_what_is_no_webhook_is_refused_with_an_example(url: str) -> None:
    """The error says what a webhook looks like and repeats no secret."""
    with pytest.raises(ConfigurationError) as caught:
        Webhook.parse(url)
    assert "https://your-portal.bitrix24.com/rest/<user id>/<secret>/" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_plain_http_is_refused_unless_it_is_this_machine_or_allowed() -> None:
    """The secret travels in clear only where the user says so."""
    url = f"http://portal.example/rest/1/{SECRET}/"
    with pytest.raises(ConfigurationError, match="in clear"):
        Webhook.parse(url)
    assert Webhook.parse(url, allow_http=True).host == "portal.example"
    assert Webhook.parse(f"http://localhost:1/rest/1/{SECRET}/").host == "localhost:1"


def test_showing_a_webhook_shows_no_secret() -> None:
    """Neither repr, str nor a format of the object or of what holds it has the secret."""
    webhook = Webhook.parse(f"https://p.bitrix24.de/rest/1/{SECRET}/")
    assert SECRET not in f"{webhook} {webhook!r} {[webhook]} {webhook.host} {webhook.portal}"
    assert repr(webhook) == "Webhook(https://p.bitrix24.de/rest/1/***/)"
    assert webhook.portal == "p.bitrix24.de:443"


def test_the_environment_names_the_webhook_or_a_file_with_it(tmp_path: Path) -> None:
    """The address wins over the file; the file's first line counts; nothing set is nothing found."""
    file = tmp_path / "webhook"
    file.write_text("https://file/\nsecond line\n", encoding="utf-8")
    named = {"BITRIX24_WEBHOOK_FILE": str(file)}
    assert webhook_from_environment({}) is None
    assert webhook_from_environment(named) == "https://file/"
    assert webhook_from_environment({**named, "BITRIX24_WEBHOOK_URL": " https://url/ "}) == "https://url/"


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_a_webhook_is_a_configuration_error(tmp_path: Path, content: bytes | None) -> None:
    """A missing, empty or unreadable file is named in the error."""
    file = tmp_path / "webhook"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="BITRIX24_WEBHOOK_FILE names"):
        webhook_from_environment({"BITRIX24_WEBHOOK_FILE": str(file)})
