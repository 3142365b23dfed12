"""The settings of one run: read from environment and files, checked, and turned into what they settle."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from pipelines.errors import UsageError
from pipelines.setting_table import REPORTING, SETTINGS, SOURCE, Setting

if TYPE_CHECKING:
    from sources.bitrix24.portal_read import Connection
    from sources.bitrix24.reading import Rules

__all__ = ["REPORTING", "SETTINGS", "SOURCE", "Setting", "Settings"]

_log = logging.getLogger(__name__)

PROGRESS: Final = ("auto", "on", "off")

NO_WEBHOOK: Final = (
    "No webhook is set: the address, with a secret in it, through which this program reads your portal. "
    "Make one in the portal under Developer resources -> Other -> Inbound webhook, with the scopes "
    "crm, user, department, task, calendar, disk and telephony, and set it: "
    "export BITRIX24_WEBHOOK_URL='https://your-portal.bitrix24.com/rest/<user id>/<secret>/' "
    "(`b24 demo` needs none)"
)


@dataclass(frozen=True)
class Settings:
    """The settings of one run, read once."""

    webhook_url: str | None = field(default=None, repr=False)
    requests_per_second: float | None = None
    bucket: int | None = None
    operating_seconds: float = 480.0
    overlap_seconds: int = 300
    count_hours: float = 6.0
    walk_hours: float = 24.0
    calendar_days_back: int = 365
    calendar_days_ahead: int = 365
    history: str | None = None
    verify: str | None = None
    allow_http: bool = False
    progress: str = "auto"
    memory_mb: int = 512
    custom_models: str = "transforms/models/custom"
    request_lifetime: float = 75.0
    max_deletes: int = 100
    feed: bool = False
    state_dir: str | None = None
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuses what no portal and no disk could make sense of."""
        _refuse_unless(
            self.requests_per_second is None or self.requests_per_second >= 0, "requests_per_second"
        )
        _refuse_unless(self.bucket is None or self.bucket >= 1, "bucket", "at least 1")
        _refuse_unless(self.operating_seconds >= 0, "operating_seconds")
        _refuse_unless(self.overlap_seconds >= 0, "overlap_seconds")
        _refuse_unless(self.memory_mb >= 128, "memory_mb", "at least 128")  # noqa: PLR2004 - said in words
        _refuse_unless(self.request_lifetime >= 0, "request_lifetime")
        _refuse_unless(self.max_deletes >= 0, "max_deletes")
        _refuse_unless(self.progress in PROGRESS, "progress", "one of " + ", ".join(PROGRESS))
        _refuse_unless(self.count_hours >= 0, "count_hours")
        _refuse_unless(self.walk_hours >= 0, "walk_hours")
        _refuse_unless(min(self.calendar_days_back, self.calendar_days_ahead) >= 0, "calendar_days_…")
        _check_history(self._kept)
        if self.verify and self.verify.lower() not in _SWITCHES and not Path(self.verify).is_file():
            raise UsageError(f"{SOURCE}.verify names {self.verify}, and there is no such file")

    @classmethod
    def load(cls, webhook_url: str | None = None) -> Self:
        """Return the settings from the environment, `.dlt/secrets.toml`, `.dlt/config.toml`, the defaults.

        Args:
            webhook_url: takes the place of every configured webhook.

        Raises:
            UsageError: a setting has a value that it cannot have.
            ConfigurationError: BITRIX24_WEBHOOK_FILE names a file that cannot be read.
        """
        known = {setting.key: value for setting in SETTINGS if (value := _configured(setting)) is not None}
        own = {
            setting.name: known[setting.key]
            for setting in SETTINGS
            if setting.section != REPORTING and setting.key in known
        }
        variables = {
            setting.name: str(known[setting.key])
            for setting in SETTINGS
            if setting.section == REPORTING and setting.key in known
        }
        configured = own.pop("webhook_url", None)
        return cls(
            webhook_url=webhook_url or _webhook(configured),
            variables=MappingProxyType(variables),
            **own,
        )

    @property
    def _kept(self) -> frozenset[str]:
        return frozenset(name.strip() for name in (self.history or "").split(",") if name.strip())

    def rules(self, *, verify: bool = False) -> "Rules":
        """How a run reads."""
        from sources.bitrix24.reading import CalendarWindow, Checks, Rules  # noqa: PLC0415

        return Rules(
            self.overlap_seconds,
            Checks(self.count_hours, self.walk_hours, verify),
            CalendarWindow(self.calendar_days_back, self.calendar_days_ahead),
            self._kept,
        )

    def connection(self) -> "Connection":
        """How the portal is reached.

        Raises:
            ConfigurationError: there is no webhook; the message tells where to make one.
        """
        from sources.bitrix24.client import Limits  # noqa: PLC0415 - help and usage errors need no client
        from sources.bitrix24.errors import ConfigurationError  # noqa: PLC0415
        from sources.bitrix24.portal_read import Connection  # noqa: PLC0415

        if not self.webhook_url:
            raise ConfigurationError(NO_WEBHOOK)
        verify: bool | str = _SWITCHES.get((self.verify or "true").lower(), self.verify or True)
        if verify is False:
            _log.warning("The portal's certificate is not checked (verify = false): anybody could pose as it")
        standard = Limits()
        rate, bucket = self.requests_per_second, self.bucket
        return Connection(
            self.webhook_url,
            limits=Limits(
                requests_per_second=standard.requests_per_second if rate is None else rate,
                bucket=standard.bucket if bucket is None else bucket,
                operating_seconds=self.operating_seconds,
            ),
            detect_limits=rate is None and bucket is None,
            verify=verify,
            allow_http=self.allow_http,
        )


_SWITCHES: Final[Mapping[str, bool]] = MappingProxyType({"true": True, "false": False})


def _check_history(names: Iterable[str]) -> None:
    from sources.bitrix24.entities import ENTITIES  # noqa: PLC0415

    for name in names:
        if name not in ENTITIES and not name.removeprefix("items_").isdigit():
            raise UsageError(f"{SOURCE}.history names {name!r}, and there is no such entity")


def _configured(setting: Setting) -> Any:  # noqa: ANN401 - of the setting's kind
    import dlt  # noqa: PLC0415 - most of a second
    from dlt.common.configuration.exceptions import ConfigurationException  # noqa: PLC0415
    from dlt.common.configuration.providers.toml import TomlProviderReadException  # noqa: PLC0415

    accessor = dlt.secrets if setting.secret else dlt.config
    try:
        value: Any = accessor.get(setting.key, setting.kind)
    except TomlProviderReadException as error:
        raise UsageError(f"A file in .dlt cannot be read: {error}") from None
    except ConfigurationException:
        given: object = accessor.get(setting.key)
        shown = "its value" if setting.secret else f"{given!r}"
        raise UsageError(
            f"{setting.key} (or {setting.env}): {shown} is not {_A_KIND[setting.kind]}"
        ) from None
    return None if value == "" else value


_A_KIND: Final[Mapping[type, str]] = MappingProxyType(
    {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
)


def _webhook(configured: str | None) -> str | None:
    import os  # noqa: PLC0415

    from sources.bitrix24.webhook import webhook_from_environment  # noqa: PLC0415

    if configured and not os.environ.get("BITRIX24_WEBHOOK_URL", "").strip():
        return configured
    return webhook_from_environment()


def _refuse_unless(fits: bool, name: str, expected: str = "0 or more") -> None:  # noqa: FBT001
    if not fits:
        raise UsageError(f"The setting {name} must be {expected}")
