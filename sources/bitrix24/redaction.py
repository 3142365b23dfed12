"""Masks the webhook's secret wherever text leaves the client: errors, reprs, logs."""

import logging
import re
from typing import Final

MASK: Final = "***"

# The secret is a path segment, so it is found by its place: /rest/<user>/<secret>, /rest/api/<user>/<secret>.
# Slashes also arrive percent-encoded (once or twice) and escaped by PHP's JSON.
_SLASH = r"(?:\\*/|%(?:25)*2[Ff])"
_WEBHOOK_PATH = re.compile(
    rf"(?P<head>{_SLASH}rest{_SLASH}(?:api{_SLASH})?\d+{_SLASH})(?P<secret>[^\s/\\%?#\"'<>&,;)\]}}]+)",
)
# File links carry a token of their own in the query.
_TOKEN_PARAMETER = re.compile(
    r"(?P<head>[?&](?:auth|token|access_token|refresh_token|application_token|sessid)=)[^&\s\"'<>]+",
    re.IGNORECASE,
)
# Shorter ones are common words: masking them everywhere would garble texts, and their path is masked anyway.
_SHORTEST_SECRET: Final = 6

_HTTP_LOGGERS: Final = (
    "httpx",
    "httpcore",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)

_secrets: set[str] = set()


def register_secret(secret: str) -> None:
    """Make `redact` mask this text wherever it stands, not only inside a webhook's path."""
    if len(secret) >= _SHORTEST_SECRET:
        _secrets.add(secret)


def redact(text: str) -> str:
    """Return the text with every webhook secret replaced by three asterisks."""
    for secret in _secrets:
        text = text.replace(secret, MASK)
    text = _WEBHOOK_PATH.sub(rf"\g<head>{MASK}", text)
    return _TOKEN_PARAMETER.sub(rf"\g<head>{MASK}", text)


class RedactingFilter(logging.Filter):
    """Rewrites a log record so that no handler can print a secret; keeps the record's shape where it can."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact message, arguments and traceback; every record passes."""
        if isinstance(record.args, tuple):
            record.args = tuple(_redacted_argument(argument) for argument in record.args)
        message = _message(record)
        if redact(message) != message:
            record.msg, record.args = redact(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


def install_log_redaction() -> None:
    """Guard the HTTP libraries' loggers and every handler that exists now; safe to call again."""
    guard_http_loggers()
    handlers = set(logging.getLogger().handlers)
    for logger in logging.getLogger().manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            handlers.update(logger.handlers)
    if logging.lastResort is not None:
        handlers.add(logging.lastResort)
    for handler in handlers:
        _add_filter(handler)


def guard_http_loggers() -> None:
    """Guard the loggers that print URLs: httpx at INFO, httpcore at DEBUG; filters are not inherited."""
    for name in _HTTP_LOGGERS:
        _add_filter(logging.getLogger(name))


def _add_filter(target: logging.Filterer) -> None:
    if not any(isinstance(existing, RedactingFilter) for existing in target.filters):
        target.addFilter(RedactingFilter())


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit: logging reports it; nothing to redact twice
        return f"{record.msg} {record.args}"


def _redacted_argument(argument: object) -> object:
    text = str(argument)
    clean = redact(text)
    return argument if clean == text else clean
