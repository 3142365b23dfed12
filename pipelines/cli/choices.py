"""Words that options take."""

from enum import StrEnum


class LogFormat(StrEnum):
    """What `--log` takes."""

    TEXT = "text"
    JSON = "json"


class Size(StrEnum):
    """How large a demo portal is; the names of `sources.demo_portal.Size`."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
