"""What rows were: versions where they are wished for, labels of fields and rates of currencies always."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.settings import Settings
from tests.pipelines.rig import MovableClock, Rig, rig_with, small_portal

pytestmark = pytest.mark.slow

NAMES = ("deals", "items_31", "currencies")


@dataclass(frozen=True)
class Story:
    """A portal with two changes, a deletion and a return, synced after each."""

    rig: Rig
    number: int
    deleted: int
    counts: list[int]
    days: list[str]

    def versions(self, number: int, column: str) -> list[Any]:
        """What `deals_history` holds of a deal, the oldest first."""
        found = self.rig.fetch(
            f"SELECT {column} FROM bitrix24.deals_history WHERE id = {number} ORDER BY _synced_at"
        )
        return [value for (value,) in found]


def count(rig: Rig, table: str) -> int:
    """The rows of a raw table."""
    ((rows,),) = rig.fetch(f"SELECT count(*) FROM bitrix24.{table}")
    return int(rows)


def portal_day(rig: Rig) -> str:
    """Today, where the portal is."""
    return rig.portal.zone.text(rig.portal.clock.time())[:10]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Four syncs of one portal, the first without versions; the tests only read what they left."""
    folder = tmp_path_factory.mktemp("story")
    # half an hour before midnight of the portal
    clock = MovableClock()
    portal = small_portal(20, clock=clock)
    clock.skew += 86_400 - 1_800 - _seconds_of_day(portal.zone.text(clock.time()))
    with pytest.MonkeyPatch.context() as environment, rig_with(portal, folder) as rig:
        environment.setenv("B24_STATE_DIR", str(folder / "state"))
        environment.setenv("HOME", str(folder / "home"))
        environment.setenv("SOURCES__BITRIX24__OVERLAP_SECONDS", "7200")
        deals, items = portal.store.table("deals"), portal.store.table("items_31")
        first, last = rig.portal_ids()[0], rig.portal_ids()[-1]
        days, counts = [portal_day(rig)], []
        rig.sync(*NAMES)
        ((without,),) = rig.fetch("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '%_history'")
        environment.setenv("SOURCES__BITRIX24__HISTORY", "deals, items")
        deals.update(first, {"OPPORTUNITY": "1.50"})
        items.update(portal.store.records("items_31").table.ids[0], {"title": "changed"})
        rig.sync(*NAMES)
        counts += [without, count(rig, "deals_history"), count(rig, "items_31_history")]
        clock.skew += 1_200
        deals.update(first, {"OPPORTUNITY": "2.50"})
        row = portal.store.records("deals").table.get(last) or {}
        deals.delete(last)
        rig.sync("deals", "currencies")
        counts.append(count(rig, "deals_history"))
        clock.skew += 1_200
        days.append(portal_day(rig))
        portal.store.records("deals").table.put(row)
        rig.sync("deals", "currencies")
        counts.append(count(rig, "deals_history"))
        yield Story(rig, first, last, counts, days)


def _seconds_of_day(moment: str) -> int:
    hours, minutes, seconds = moment[11:19].split(":")
    return 3_600 * int(hours) + 60 * int(minutes) + int(seconds)


class TestVersions:
    """The setting `history`."""

    def test_nothing_is_kept_by_default(self, story: Story) -> None:
        """Tables of versions are made for what the setting names."""
        assert story.counts[0] == 0

    def test_every_value_that_was_seen_is_kept(self, story: Story) -> None:
        """From what the file held when the setting came: who looks finds each amount, and since when."""
        amounts = story.versions(story.number, "opportunity::VARCHAR")
        assert amounts[1:] == ["1.50", "2.50"]
        assert len(set(amounts)) == 3
        seen = story.versions(story.number, "_synced_at")
        assert seen == sorted(set(seen))

    def test_deletion_and_return_are_versions(self, story: Story) -> None:
        """Whole rows, so that what was deleted can be read."""
        assert story.versions(story.deleted, "_deleted_at IS NOT NULL") == [False, True, False]
        assert len(set(story.versions(story.deleted, "title"))) == 1

    def test_rows_that_are_read_again_are_no_versions(self, story: Story) -> None:
        """The overlap of two hours brings every deal in every run: a version is a change."""
        assert story.counts[1] == 21
        assert story.counts[3] == 23
        assert story.counts[4] == 24

    def test_items_mean_those_of_every_type(self, story: Story) -> None:
        """As everywhere else: `items` in the setting are all tables of items."""
        assert story.counts[2] == count(story.rig, "items_31") + 1


class TestRates:
    """`currency_rates`."""

    def test_every_day_has_a_rate_of_every_currency(self, story: Story) -> None:
        """The day is the portal's; a rate that did not change is kept all the same, once a day."""
        currencies = sorted(str(row["CURRENCY"]) for row in story.rig.portal.store.table("currencies").rows())
        found = story.rig.fetch(
            "SELECT rate_date::VARCHAR, currency FROM bitrix24.currency_rates ORDER BY 1, 2"
        )
        assert story.days[0] < story.days[1]
        assert found == [(day, currency) for day in story.days for currency in currencies]


def test_unknown_entity_in_the_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the pen must not mean that nothing is kept."""
    monkeypatch.setenv("SOURCES__BITRIX24__HISTORY", "deals, deal")
    with pytest.raises(UsageError, match="'deal'"):
        Settings.load()
