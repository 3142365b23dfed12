import io
import logging

import httpx
import pytest

from sources.bitrix24.redaction import (
    RedactingFilter,
    guard_http_loggers,
    install_log_redaction,
    redact,
    register_secret,
)

SECRET = "q1w2e3r4t5y6u7i8"


@pytest.mark.parametrize(
    "text",
    [
        f"https://p.bitrix24.com/rest/1/{SECRET}/",
        f"https://p.bitrix24.com/rest/1/{SECRET}/crm.deal.list?x=1",
        f"https://p.bitrix24.com/rest/api/27/{SECRET}/tasks.task.list",
        f"https://p.bitrix24.com/rest/1/{SECRET}",
        f"https%3A%2F%2Fp.bitrix24.com%2Frest%2F1%2F{SECRET}%2Fcrm.deal.list",
        f"https%253A%252F%252Fp.bitrix24.com%252Frest%252F1%252F{SECRET}%252F",
        rf'{{"url":"https:\/\/p.bitrix24.com\/rest\/1\/{SECRET}\/"}}',
        f"('GET', '/rest/1/{SECRET}', 'HTTP/1.1')",
        f"/rest/1/{SECRET}, then more",
        f"https://p.bitrix24.com/disk/download/?auth={SECRET}&x=1",
        f"https://p.bitrix24.com/download.php?a=1&token={SECRET}",
    ],
)
def test_a_secret_is_masked_wherever_a_webhook_can_stand(text: str) -> None:
    """The secret goes, whatever the encoding around it; redacting twice changes nothing more."""
    clean = redact(text)
    assert SECRET not in clean
    assert "***" in clean
    assert redact(clean) == clean


@pytest.mark.parametrize("text", ["", "/rest/", "deal: Not found", "https://p.bitrix24.com/crm/1/"])
def test_other_text_stays_as_it_is(text: str) -> None:
    """What holds no secret is not touched."""
    assert redact(text) == text


def test_a_registered_secret_is_masked_outside_its_path_too() -> None:
    """A secret once seen is masked even where it stands alone; a short one only in its path."""
    register_secret("zz9-alone-secret")
    register_secret("list")
    assert redact("token zz9-alone-secret in list") == "token *** in list"


def _logged(logger: logging.Logger, write: object, level: int = logging.DEBUG) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    before = logger.level
    logger.setLevel(level)
    try:
        write()  # type: ignore[operator]
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"])
def test_http_libraries_log_no_secret_at_any_level(name: str) -> None:
    """Loggers that print addresses are guarded themselves, whatever handlers a program adds later."""
    guard_http_loggers()
    logger = logging.getLogger(name)
    url = httpx.URL(f"https://p.bitrix24.com/rest/1/{SECRET}/profile")
    text = _logged(logger, lambda: logger.debug('HTTP Request: %s %s "%s %d"', "POST", url, "HTTP/1.1", 200))
    assert SECRET not in text
    assert 'POST https://p.bitrix24.com/rest/1/***/profile "HTTP/1.1 200"' in text


def test_every_handler_that_exists_is_guarded_tracebacks_included() -> None:
    """After installing, a record of any logger is clean: message, arguments and traceback."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("somebody.elses.logger")
    logger.addHandler(handler)
    try:
        install_log_redaction()
        install_log_redaction()
        try:
            int(f"https://p.bitrix24.com/rest/1/{SECRET}/")
        except ValueError:
            logger.exception("while calling %s", {"url": f"/rest/1/{SECRET}/"})
    finally:
        logger.removeHandler(handler)
    assert SECRET not in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert sum(isinstance(each, RedactingFilter) for each in handler.filters) == 1


def test_a_clean_record_keeps_its_arguments() -> None:
    """Handlers that read a record's arguments, such as an access log, still find them."""
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "%s %d", ("path", 200), None)
    RedactingFilter().filter(record)
    assert (record.msg, record.args) == ("%s %d", ("path", 200))


def test_a_broken_record_is_redacted_as_well() -> None:
    """Arguments that do not fit the message neither raise nor leak."""
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "%d %d", (f"/rest/1/{SECRET}/",), None)
    RedactingFilter().filter(record)
    assert SECRET not in f"{record.msg} {record.args}"
