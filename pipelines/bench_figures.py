"""What a measurement says: figures beside their bounds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure.

    `bound` is the least (or, with `at_least`, the wanted) value and `why` says where it comes from; the
    ratio of figure to bound must not exceed `limit`, or with `at_least` not fall below it. Without a
    `limit` the figure is told and not judged.
    """

    what: str
    value: float
    unit: str = ""
    bound: float | None = None
    why: str = ""
    limit: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        """Figure to bound."""
        return self.value / self.bound if self.bound else None

    @property
    def reached(self) -> bool:
        """Whether the ratio is as it should be."""
        if self.limit is None or self.ratio is None:
            return True
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit
