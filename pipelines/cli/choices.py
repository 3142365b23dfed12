"""Words that options take."""

from enum import StrEnum


class LogFormat(StrEnum):
    """What `--log` takes."""

    TEXT = "text"
    JSON = "json"


class Database(StrEnum):
    """What `--destination` and `--target` take."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"


class Size(StrEnum):
    """How large a demo portal is; the names of `sources.demo_portal.Size`."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class OnConflict(StrEnum):
    """Which side a cell keeps that both have changed."""

    SKIP = "skip"
    MINE = "mine"
    THEIRS = "theirs"
    STOP = "stop"


class Subject(StrEnum):
    """What `b24 bench` measures; but for deals the names of `pipelines.benchmarks.BENCHMARKS`."""

    DEALS = "deals"
    EVERYTHING = "everything"
    DELETES = "deletes"
    FIELDS = "fields"
    BUILD = "build"
    OPERATING = "operating"
    RESUME = "resume"
