from dataclasses import dataclass


@dataclass(frozen=True)
class CostModel:
    """Seconds a call takes on the portal, after the figures of the vendor's page on large lists."""

    base: float = 0.020
    row: float = 0.0004
    counted_row: float = 21e-6  # the count of 2.39 million rows took 49.9 s
    offset_row: float = 2e-6
    write: float = 0.0
    sleep: bool = False

    def seconds(self, *, rows: int, counted: int, offset: int, writes: bool) -> float:
        """Charge one call: rows answered, rows looked at to count the `total`, rows skipped."""
        charged = self.base + self.row * rows + self.counted_row * counted + self.offset_row * offset
        return charged + (self.write if writes else 0.0)
