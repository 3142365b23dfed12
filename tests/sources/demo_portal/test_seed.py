"""The data of the demo portal: the same for the same seed, alive, and as untidy as real data."""
# ruff: noqa: ANN001, ANN201  fixtures are typed where they are made

from datetime import datetime

import pytest

from sources.demo_portal import DemoPortal

EPOCH = 1_790_000_000


@pytest.fixture(scope="module")
def store():
    """The tables of a small portal."""
    return DemoPortal(seed=7, epoch=EPOCH).store


def test_same_seed_same_rows() -> None:
    """Seed, size and epoch decide every value of every table; another seed gives other rows."""
    first, same, other = (DemoPortal(seed=seed, deals=120, epoch=EPOCH).store for seed in (1, 1, 2))
    for name in first.names():
        assert first.table(name).rows() == same.table(name).rows()
    assert first.table("deals").rows() != other.table("deals").rows()


def test_tables_have_their_sizes(store) -> None:
    """Small means 2,000 deals, half as many contacts and leads, a sixth companies, 3-4 visits a deal."""
    sizes = {name: len(store.table(name).rows()) for name in store.names()}
    assert (sizes["deals"], sizes["contacts"], sizes["leads"], sizes["companies"]) == (2000, 1000, 1000, 333)
    assert 3 * 2000 <= sizes["deal_stage_history"] <= 4 * 2000
    alone = DemoPortal(counts={"deals": 50, "contacts": 0, "companies": 0, "leads": 0}).store
    assert [len(alone.table(name).rows()) for name in ("deals", "contacts", "leads")] == [50, 0, 0]


def test_no_row_is_from_after_the_epoch(store) -> None:
    """All seeded times lie before the epoch, creation before modification."""
    for row in store.table("deals").rows():
        created, modified = (
            datetime.fromisoformat(row[code]).timestamp() for code in ("DATE_CREATE", "DATE_MODIFY")
        )
        assert created <= modified < EPOCH


def test_ids_ascend_with_gaps(store) -> None:
    """Ids follow creation and some are missing, as after deletions."""
    rows = store.table("deals").rows()
    ids = [int(row["ID"]) for row in rows]
    assert ids == sorted(set(ids))
    assert ids[-1] - ids[0] > len(ids)
    assert [row["DATE_CREATE"] for row in rows[:3]] == sorted(row["DATE_CREATE"] for row in rows[:3])


def test_history_agrees_with_the_deals(store) -> None:
    """The last visit of a deal is its stage and time of move; every deal has one, finals are of type 3."""
    last = {}
    for row in store.table("deal_stage_history").rows():
        last[row["OWNER_ID"]] = row
        assert (row["TYPE_ID"] == 3) == (row["STAGE_SEMANTIC_ID"] != "P")
    for deal in store.table("deals").rows():
        row = last[int(deal["ID"])]
        assert (deal["STAGE_ID"], deal["MOVED_TIME"]) == (row["STAGE_ID"], row["CREATED_TIME"])
        assert (deal["CATEGORY_ID"], deal["STAGE_SEMANTIC_ID"]) == (
            str(row["CATEGORY_ID"]),
            row["STAGE_SEMANTIC_ID"],
        )
        assert (deal["CLOSED"] == "Y") == (deal["STAGE_SEMANTIC_ID"] != "P")


def test_no_visit_follows_a_final_one(store) -> None:
    """The portal deletes a final row when another follows, so it can only be the last."""
    finished = set()
    for row in store.table("deal_stage_history").rows():
        assert row["OWNER_ID"] not in finished
        if row["TYPE_ID"] == 3:
            finished.add(row["OWNER_ID"])


def test_reports_will_look_alive(store) -> None:
    """Won, lost and open deals, four pipelines, several currencies, moves between pipelines."""
    rows = store.table("deals").rows()
    for code, least in (
        ("STAGE_SEMANTIC_ID", 3),
        ("CATEGORY_ID", 4),
        ("CURRENCY_ID", 6),
        ("IS_RECURRING", 2),
    ):
        assert len({row[code] for row in rows}) >= least
    types = {row["TYPE_ID"] for row in store.table("deal_stage_history").rows()}
    assert types == {1, 2, 3, 5}
    months = {row["DATE_CREATE"][:7] for row in rows}
    assert len(months) >= 18


def test_some_references_point_nowhere(store) -> None:
    """Users, a stage, a source and a currency that deals use are in no list."""
    rows = store.table("deals").rows()
    users = {row["ID"] for row in store.table("users").rows()}
    codes = {row["STATUS_ID"] for row in store.table("statuses").rows()}
    currencies = {row["CURRENCY"] for row in store.table("currencies").rows()}
    assert {row["ASSIGNED_BY_ID"] for row in rows} - users
    assert {row["STAGE_ID"] for row in rows} - codes
    assert {row["SOURCE_ID"] for row in rows if row["SOURCE_ID"]} - codes
    assert {row["CURRENCY_ID"] for row in rows} - currencies
    assert not all(row["ACTIVE"] for row in store.table("users").rows())


def test_links_point_at_rows(store) -> None:
    """Companies, contacts and leads of deals exist; leads that deals come from are converted."""
    ids = {name: {row["ID"] for row in store.table(name).rows()} for name in ("companies", "contacts")}
    leads = {row["ID"]: row["STATUS_ID"] for row in store.table("leads").rows()}
    for row in store.table("deals").rows():
        assert row["COMPANY_ID"] in ids["companies"] | {None, "0"}
        assert row["CONTACT_ID"] in ids["contacts"] | {None, "0"}
        assert row["LEAD_ID"] in (None, "0") or leads[row["LEAD_ID"]] == "CONVERTED"


def test_many_rows_share_one_second(store) -> None:
    """A mass update left rows on the same DATE_MODIFY, in more than a page's number."""
    times = [row["DATE_MODIFY"] for row in store.table("deals").rows()]
    assert max(times.count(one) for one in set(times)) > 30


def test_texts_hold_what_breaks_parsers(store) -> None:
    """Newlines, quotes, tabs, backslashes, emoji, other scripts and would-be references occur."""
    rows = store.table("deals").rows()
    text = "".join(row["COMMENTS"] or "" for row in rows) + "".join(row["TITLE"] for row in rows)
    for piece in ("\r\n", '"', "\t", "\\", "😀", "Скидка", "\u2028", "$result[", "&lt;", "三和"):
        assert piece in text


def test_day_fields_show_a_technical_time_of_the_zone() -> None:
    """A date-only field is UTC midnight in portal time: the evening before in the west."""
    for zone, ends in (
        ("Europe/Berlin", ("T01:00:00+01:00", "T02:00:00+02:00")),
        ("America/New_York", ("00",)),
    ):
        rows = DemoPortal(deals=50, timezone=zone, epoch=EPOCH).store.table("deals").rows()
        assert all(row["BEGINDATE"].endswith(ends) for row in rows)
        assert zone.startswith("E") or rows[0]["BEGINDATE"][10:13] in ("T19", "T20")
