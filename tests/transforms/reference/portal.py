"""The raw tables of a portal and the settings of a build: what every table of the reference is made from."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from tests.transforms.reference.values import Row, decimal, text


class Portal:
    """Raw rows as they were written into the file, and the moment the reports speak of."""

    velocity_window_days = 90
    stuck_min_days = 14
    stuck_median_factor = 2

    def __init__(
        self,
        tables: Mapping[str, Sequence[Row]],
        as_of: datetime,
        *,
        zone: str = "Europe/Berlin",
        country_code: str | None = None,
    ) -> None:
        self.tables = tables
        self.as_of = as_of
        self.zone = ZoneInfo(zone)
        self.country_code = country_code
        self.today = as_of.astimezone(self.zone).date()

    def rows(self, name: str) -> list[Row]:
        """The rows of a raw table that the portal still has."""
        return [row for row in self.tables.get(name, ()) if not row.get("_deleted_at")]

    def day(self, moment: datetime | None) -> date | None:
        """The day of a moment in the portal's timezone."""
        return moment.astimezone(self.zone).date() if moment else None

    def midnight(self, day: date) -> datetime:
        """The moment at which a day begins in the portal's timezone."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    @property
    def window(self) -> tuple[date, date]:
        """The days between which series are expanded: a year either side of today."""
        return self.today - timedelta(days=365), self.today + timedelta(days=365)

    @property
    def period_start(self) -> date:
        """The first of the twelve months that end with today's."""
        eleven_back = self.today.year * 12 + self.today.month - 1 - 11
        return date(eleven_back // 12, eleven_back % 12 + 1, 1)

    @cached_property
    def rates(self) -> dict[str, Decimal]:
        """What a unit of a currency is in the base currency."""
        return {
            row["currency"]: rate / int(row["amount_cnt"])
            for row in self.rows("currencies")
            if (rate := decimal(row.get("amount"))) and text(row.get("amount_cnt"))
        }
