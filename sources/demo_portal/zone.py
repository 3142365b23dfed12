"""Portal time: unix seconds to the texts of answers and back, one value or a whole column."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.int64]
DAY = 86_400
_FIRST_YEAR, _LAST_YEAR = 2000, 2050


class Zone:
    """The portal's time zone with all its clock changes laid out for bulk conversion."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._info = ZoneInfo(name)
        self._starts, self._offsets = self._changes()
        self.starts: Seconds = np.array(self._starts, dtype=np.int64)
        self.offsets: Seconds = np.array(self._offsets, dtype=np.int64)

    def _offset_at(self, seconds: int) -> int:
        offset = datetime.fromtimestamp(seconds, self._info).utcoffset() or timedelta()
        return int(offset.total_seconds())

    def _changes(self) -> tuple[list[int], list[int]]:
        begin = int(datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp())
        end = int(datetime(_LAST_YEAR, 1, 1, tzinfo=UTC).timestamp())
        starts, offsets = [begin], [self._offset_at(begin)]
        for later in range(begin + 7 * DAY, end, 7 * DAY):
            if self._offset_at(later) != offsets[-1]:
                low, high = later - 7 * DAY, later
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if self._offset_at(middle) == offsets[-1] else (low, middle)
                starts.append(high)
                offsets.append(self._offset_at(high))
        return starts, offsets

    def offset(self, seconds: float) -> int:
        """Give the offset from UTC in seconds at that moment."""
        return self._offsets[max(0, bisect_right(self._starts, seconds) - 1)]

    def text(self, seconds: float) -> str:
        """Write a moment as answers do: 2024-08-30T14:29:00+02:00."""
        offset = self.offset(int(seconds))
        moment = datetime.fromtimestamp(int(seconds) + offset, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S") + offset_text(offset)

    def day_text(self, text: str) -> str:
        """Write a date-only value: midnight of the server's zone (UTC), shown in the portal's."""
        day = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return self.text(day.timestamp())

    def parse(self, text: str) -> float | None:
        """Read a moment; without an offset it is portal time; None where it is no date."""
        moment = _read(text.strip())
        if moment is None:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._info)
        return moment.timestamp()

    def parse_day(self, text: str) -> float | None:
        """Read a date-only value as UTC midnight of the day written; an offset moves it as for moments."""
        moment = _read(text.strip())
        if moment is None:
            return None
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC).timestamp()
        return moment.timestamp()


def written_day(text: str) -> str | None:
    """Give the calendar day of a date input, the time part discarded."""
    moment = _read(text.strip())
    return moment.date().isoformat() if moment else None


def _read(text: str) -> datetime | None:
    for reader in (_iso, _german, _american):
        moment = reader(text)
        if moment is not None:
            return moment
    return None


def _iso(text: str) -> datetime | None:
    if len(text) < len("2024-01-01") or not text[:4].isdigit() or text[4] != "-":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _german(text: str) -> datetime | None:
    return _strptime(text, ("%d.%m.%Y", "%d.%m.%Y %H:%M:%S"))


def _american(text: str) -> datetime | None:
    return _strptime(text, ("%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p"))


def _strptime(text: str, formats: tuple[str, ...]) -> datetime | None:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007  a zone is added by the caller
        except ValueError:
            continue
    return None


def offset_text(offset: int) -> str:
    """Write an offset as +02:00."""
    sign = "-" if offset < 0 else "+"
    minutes = abs(offset) // 60
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
