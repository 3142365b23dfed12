"""The address of a portal and the secret in it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigurationError
from .redaction import MASK, register_secret

_LOOKS_LIKE: Final = "a webhook looks like https://your-portal.bitrix24.com/rest/<user id>/<secret>/"
# The portal's own page shows the address with a method behind it; people paste that, so it is cut off.
_PATH = re.compile(
    r"(?P<base>(?:/[\w.~-]+)*?/rest/(?:api/)?(?P<user>\d+)/(?P<secret>[A-Za-z0-9._~-]+))(?:/[\w.]*)?/?"
)
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Webhook:
    """An incoming webhook; its repr, unlike `base_url`, can be shown to anyone."""

    base_url: str = field(repr=False)
    user_id: int

    @classmethod
    def parse(cls, url: str, *, allow_http: bool = False) -> Self:
        """Return the webhook in this text, or raise ConfigurationError that says what a webhook looks like.

        Args:
            url: as copied from the portal; a method at its end is cut off.
            allow_http: accept plain http to a host that is not this machine.
        """
        text = url.strip().strip("\"'").strip()
        if not text:
            raise ConfigurationError(f"The webhook is empty; {_LOOKS_LIKE}")
        parts = _split(text)
        match = _PATH.fullmatch(parts.path)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or match is None or "@" in parts.netloc:
            raise ConfigurationError(f"This is not a webhook of Bitrix24; {_LOOKS_LIKE}")
        if parts.query or parts.fragment:
            raise ConfigurationError(f"A webhook ends after its secret, without ? or #; {_LOOKS_LIKE}")
        if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname):
            raise ConfigurationError(
                "The webhook starts with http://, so its secret would travel in clear: use https:// "
                "(or set allow_http for a portal in a network that you trust)"
            )
        register_secret(match["secret"])
        return cls(f"{parts.scheme}://{_netloc(parts)}{match['base']}/", int(match["user"]))

    @property
    def host(self) -> str:
        """Host of the portal, with its port where it is not the usual one."""
        return urlsplit(self.base_url).netloc

    @property
    def name(self) -> str:
        """The portal's host without its port, which a self-hosted portal may change."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def portal(self) -> str:
        """Host and port: what the portal's request limit is counted by."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"

    @property
    def secret(self) -> str:
        """The secret path segment; for hashing and searching, never for showing."""
        return self.base_url.rstrip("/").rsplit("/", 1)[1]

    def url(self, method: str) -> str:
        """Return the address to post a call to; it holds the secret."""
        return self.base_url + method

    def __repr__(self) -> str:
        """Show everything but the secret."""
        return f"Webhook({self.base_url.removesuffix(self.secret + '/')}{MASK}/)"


def webhook_from_environment(env: Mapping[str, str] = os.environ) -> str | None:
    """Return BITRIX24_WEBHOOK_URL, else the first line of the file in BITRIX24_WEBHOOK_FILE, else None."""
    url = env.get("BITRIX24_WEBHOOK_URL", "").strip()
    if url:
        return url
    name = env.get("BITRIX24_WEBHOOK_FILE", "").strip()
    if not name:
        return None
    try:
        lines = Path(name).read_text(encoding="utf-8-sig").splitlines()
        problem = "" if lines and lines[0].strip() else "its first line is empty"
    except (OSError, UnicodeDecodeError) as error:
        lines, problem = [], f"it cannot be read ({type(error).__name__})"
    if problem:
        raise ConfigurationError(
            f"BITRIX24_WEBHOOK_FILE names {name}, but {problem}; {_LOOKS_LIKE}"
        ) from None
    return lines[0].strip()


def is_loopback(host: str) -> bool:
    """Say whether the host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    return parts


def _netloc(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        host = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        host = ""
    if not host:
        raise ConfigurationError(f"The host of the webhook is not valid; {_LOOKS_LIKE}")
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{parts.port}"
