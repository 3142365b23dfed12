"""Every setting of the project: one table, from which come the code's defaults, the docs and their test."""

from dataclasses import dataclass
from typing import Final

SOURCE: Final = "sources.bitrix24"
REPORTING: Final = "reporting"
WRITEBACK: Final = "writeback"


@dataclass(frozen=True)
class Setting:
    """One setting: where it stands in `.dlt/config.toml`, and what it is when it does not stand there."""

    name: str
    section: str
    default: str | float | bool | None
    help: str
    kind: type
    secret: bool = False

    @property
    def key(self) -> str:
        """Section and name, as dlt asks for it."""
        return f"{self.section}.{self.name}"

    @property
    def env(self) -> str:
        """The environment variable that overrides the files."""
        return self.key.replace(".", "__").upper()


SETTINGS: Final = (
    Setting(
        "webhook_url",
        SOURCE,
        None,
        "the inbound webhook; belongs into .dlt/secrets.toml or BITRIX24_WEBHOOK_URL, never into config.toml",
        str,
        secret=True,
    ),
    Setting(
        "requests_per_second",
        SOURCE,
        None,
        "requests the portal allows a second; without it 2, or 5 where the portal tells an Enterprise plan; "
        "0 for no limit",
        float,
    ),
    Setting(
        "bucket",
        SOURCE,
        None,
        "requests the portal takes at once; without it 50, or 250 where the portal tells an Enterprise plan",
        int,
    ),
    Setting(
        "operating_seconds",
        SOURCE,
        480.0,
        "server seconds that a method may use in ten minutes; 0 for no limit",
        float,
    ),
    Setting("overlap_seconds", SOURCE, 300, "how far behind its cursor an incremental read begins", int),
    Setting(
        "count_hours",
        SOURCE,
        6.0,
        "hours after which a table of more than 50,000 rows is counted again on the portal, to find what was "
        "deleted; smaller ones are counted in every run; 0 for every run",
        float,
    ),
    Setting(
        "walk_hours",
        SOURCE,
        24.0,
        "hours after which rows that tell no modification time (calendars, folders, checklists, products, "
        "calls) are all read again; what takes 100 commands or fewer is in every run; 0 for every run",
        float,
    ),
    Setting("calendar_days_back", SOURCE, 365, "days before today whose events are read", int),
    Setting("calendar_days_ahead", SOURCE, 365, "days after today whose events are read", int),
    Setting(
        "history",
        SOURCE,
        None,
        "entities, with commas between, of which every version of a row is kept in `<entity>_history`; "
        "custom fields always are",
        str,
    ),
    Setting(
        "verify",
        SOURCE,
        None,
        "a file of certificates to trust, for a self-hosted portal with an authority of its own; false "
        "trusts anybody, and every run says so",
        str,
    ),
    Setting("allow_http", SOURCE, False, "talk plain http to a host that is not this machine", bool),
    Setting(
        "request_lifetime",
        WRITEBACK,
        75.0,
        "seconds after which a write that was not answered can no longer happen; then the portal is asked",
        float,
    ),
    Setting("max_deletes", WRITEBACK, 100, "records that a plan may delete without --max-deletes", int),
    Setting("feed", WRITEBACK, False, "let what write-back changes appear in the portal's feed", bool),
    Setting(
        "state_dir",
        WRITEBACK,
        None,
        "folder of the journals of write-back; without it B24_STATE_DIR, or the user's own data",
        str,
    ),
    Setting("progress", "pipelines", "auto", "progress bars: auto (on a terminal), on or off", str),
    Setting(
        "memory_mb",
        "pipelines",
        512,
        "megabytes that the database may use in a sync, whatever the portal's size; Python takes about as "
        "much as half of that on top",
        int,
    ),
    Setting(
        "custom_models",
        "pipelines",
        "transforms/models/custom",
        "folder of your own models, which are built with ours, into the schema `custom`",
        str,
    ),
    Setting(
        "portal_timezone", REPORTING, None, "timezone of days and months; without it the portal's own", str
    ),
    Setting("base_currency", REPORTING, None, "amounts are compared in it; without it the portal's own", str),
    Setting(
        "default_country_code", REPORTING, None, "replaces the leading 0 of a phone number, such as 49", str
    ),
    Setting(
        "period_start",
        REPORTING,
        None,
        "flows of the scorecard count from this day; without it twelve months",
        str,
    ),
    Setting(
        "velocity_window_days", REPORTING, 90, "sales velocity looks at deals closed in so many days", int
    ),
    Setting(
        "calendar_window",
        REPORTING,
        None,
        "days between which calendar series are expanded, FROM/TO; without it a year either side",
        str,
    ),
    Setting("stuck_min_days", REPORTING, 14, "a deal is not stuck before so many days in its stage", float),
    Setting(
        "stuck_median_factor",
        REPORTING,
        2,
        "a deal is stuck after so many times the median days of its stage",
        float,
    ),
)
