"""What a sync costs and what it tells: requests, rows, tombstones, odd values."""

import json
from pathlib import Path

import pytest

from tests.pipelines.rig import CRM, MovableClock, rig_with, small_portal

pytestmark = pytest.mark.slow

DICTIONARIES = ("users", "departments", "statuses", "pipelines", "currencies", "custom_fields")


class TestCosts:
    """An incremental sync costs what has changed."""

    def test_requests_follow_the_changes(self, tmp_path: Path) -> None:
        """Nothing changed: one round of questions and one of counts. One in a hundred: about as many rows."""
        clock = MovableClock()
        portal = small_portal(2_000, clock=clock)
        names = (*CRM, *DICTIONARIES)
        with rig_with(portal, tmp_path) as rig:
            first = rig.sync(*names)
            clock.skew += 600
            quiet = rig.sync(*names)
            assert portal.stats.requests - first.totals.http_requests == quiet.totals.http_requests <= 5
            unchanged = {e.entity for e in quiet.entities if e.status == "unchanged"}
            assert unchanged >= set(DICTIONARIES)
            assert sum(entity.rows_changed for entity in quiet.entities) == 0
            clock.skew += 600
            for number in rig.portal_ids()[::100]:
                portal.store.table("deals").update(number, {"TITLE": "changed"})
            before = portal.stats.by_method["crm.deal.list"]
            changed = rig.sync(*names)
            deals = next(entity for entity in changed.entities if entity.entity == "deals")
            assert deals.rows_read == deals.rows_changed == 20
            assert portal.stats.by_method["crm.deal.list"] - before <= 4
            assert changed.totals.http_requests <= 6
            assert rig.differences("deals") == []

    def test_changed_dictionary_is_loaded_again(self, tmp_path: Path) -> None:
        """The one that changed, and what it lost is marked."""
        portal = small_portal(5)
        with rig_with(portal, tmp_path) as rig:
            rig.sync("departments", "currencies")
            gone = portal.store.table("departments").rows()[-1]
            portal.store.table("departments").delete(str(gone["ID"]))
            report = rig.sync("departments", "currencies")
            assert {e.entity: e.status for e in report.entities} == {
                "departments": "done",
                "currencies": "unchanged",
            }
            found = rig.fetch("SELECT id FROM bitrix24.departments WHERE _deleted_at IS NOT NULL")
            assert found == [(int(str(gone["ID"])),)]


class TestTombstones:
    """Raw rows are marked, never dropped."""

    def test_full_read_marks_what_vanished_and_restores_what_returned(self, tmp_path: Path) -> None:
        """A deleted row keeps its values under _deleted_at; one that is there again is live again."""
        portal = small_portal(60)
        with rig_with(portal, tmp_path) as rig:
            rig.sync("deals")
            number = rig.portal_ids()[7]
            row = portal.store.table("deals").get(number) or {}
            portal.store.table("deals").delete(number)
            report = rig.sync("deals", full=True)
            assert report.entities[0].rows_deleted == 1
            assert rig.live_ids() == rig.portal_ids()
            ((title, deleted),) = rig.fetch(
                f"SELECT title, _deleted_at IS NOT NULL FROM bitrix24.deals WHERE id = {number}"
            )
            assert (title, deleted) == (row["TITLE"], True)
            portal.store.records("deals").table.put(row)
            assert rig.sync("deals", full=True).entities[0].rows_deleted == 0
            assert rig.live_ids() == rig.portal_ids()
            assert rig.differences("deals") == []

    def test_replaced_phone_leaves_a_tombstone(self, tmp_path: Path) -> None:
        """A contact's old number is no contact point any more, the new one is; nobody else's is touched."""
        portal = small_portal(20)
        with rig_with(portal, tmp_path) as rig:
            rig.sync("contacts")
            rows = portal.store.table("contacts").rows()
            row = next(each for each in rows if isinstance(each.get("PHONE"), list))
            phone = row["PHONE"][0]["ID"]  # type: ignore[index]
            change = [{"ID": phone, "DELETE": "Y"}, {"VALUE": "+49 30 999", "VALUE_TYPE": "WORK"}]
            portal.store.table("contacts").update(str(row["ID"]), {"PHONE": change})
            rig.sync("contacts")
            gone = rig.fetch("SELECT id FROM bitrix24.contact_points WHERE _deleted_at IS NOT NULL")
            assert gone == [(int(phone),)]
            live = rig.fetch(
                f"SELECT value FROM bitrix24.contact_points WHERE owner_id = {row['ID']} "
                "AND owner_type = 'contact' AND type_id = 'PHONE' AND _deleted_at IS NULL"
            )
            assert ("+49 30 999",) in live

    def test_rewritten_history_leaves_a_tombstone(self, tmp_path: Path) -> None:
        """A deal taken back from a final stage loses that row on the portal, so also here."""
        portal = small_portal(60)
        with rig_with(portal, tmp_path) as rig:
            final = next(
                row
                for row in portal.store.table("deal_stage_history").rows()
                if row["TYPE_ID"] == 3  # the portal's number for a final stage
            )
            rig.sync("deals", "deal_stage_history")
            deal = portal.store.table("deals").get(int(str(final["OWNER_ID"]))) or {}
            category = str(deal["CATEGORY_ID"])
            directory = "DEAL_STAGE" if category in ("", "0") else f"DEAL_STAGE_{category}"
            stages = [
                row["STATUS_ID"]
                for row in portal.store.table("statuses").rows()
                if row["ENTITY_ID"] == directory and not row["SEMANTICS"]
            ]
            portal.store.table("deals").update(str(deal["ID"]), {"STAGE_ID": stages[0]})
            rig.sync("deals", "deal_stage_history")
            expected = sorted(row["ID"] for row in portal.store.table("deal_stage_history").rows())
            assert rig.live_ids("deal_stage_history") == expected
            assert rig.fetch("SELECT id FROM bitrix24.deal_stage_history WHERE _deleted_at IS NOT NULL") == [
                (final["ID"],)
            ]


class TestSchema:
    """The tables move with the portal."""

    def test_odd_values_are_reported(self, tmp_path: Path) -> None:
        """What no typed column could hold is counted in the receipt and kept beside the row."""
        portal = small_portal(10)
        number = int(portal.store.records("deals").table.ids[0])
        row = portal.store.table("deals").get(number) or {}
        odd = {"OPPORTUNITY": "1.005", "DATE_CREATE": "0000-00-00 00:00:00", "COMPANY_ID": "1.5"}
        portal.store.records("deals").table.put({**row, **odd})
        with rig_with(portal, tmp_path) as rig:
            rig.sync("deals")
            assert rig.fetch("SELECT odd_values FROM ops.sync_entities WHERE entity = 'deals'") == [(3,)]
            ((kept,),) = rig.fetch(f"SELECT _raw_values FROM bitrix24.deals WHERE id = {number}")
            assert {code: json.loads(kept)[code] for code in odd} == odd
            assert rig.differences("deals") == []
