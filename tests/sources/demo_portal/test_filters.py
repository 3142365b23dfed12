"""Filters against a plain scan over the rows of the store, written apart from the portal's own code."""
# ruff: noqa: ANN001, ANN201, ANN202  fixtures are typed where they are made

import asyncio
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.demo_portal import DemoPortal

OFFSET = re.compile(r"(.*)([+-]\d\d:\d\d)$")
NUMBERS = ("ID", "ASSIGNED_BY_ID", "COMPANY_ID", "LEAD_ID", "CATEGORY_ID")
TEXTS = ("TITLE", "ORIGIN_ID", "CURRENCY_ID", "UTM_SOURCE", "COMMENTS", "CLOSED")
DIRECTORIES = ("STAGE_ID", "SOURCE_ID", "TYPE_ID")
MOMENTS = ("DATE_MODIFY", "DATE_CREATE", "MOVED_TIME")
COMPARE = {
    "": lambda a, b: a == b,
    "=": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


@pytest.fixture(scope="module")
def portal():
    """One portal with some rows written after seeding."""
    made = DemoPortal(deals=400, rate=0, operating_limit=0, epoch=1_790_000_000)
    deals = made.store.table("deals")
    for place, row in enumerate(deals.rows()[::9]):
        if place % 5 == 4:
            deals.delete(row["ID"])
        else:
            deals.update(row["ID"], {"TITLE": f"changed {place}", "OPPORTUNITY": place, "SOURCE_ID": "WEB"})
    deals.add({"TITLE": "added", "ASSIGNED_BY_ID": 3})
    made.scanned = deals.rows()
    return made


def asked(portal, params):
    """Ask in process and give the body."""

    async def run():
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=portal),
            base_url="http://x",
        ) as client:
            return (await client.post(portal.path + "crm.deal.list", json=params)).json()

    return asyncio.run(run())


def seconds(text):
    """Read a moment of an answer."""
    return datetime.fromisoformat(text).timestamp() if text else None


def scan_number(row, name, operator, wanted):
    """Compare as MySQL does after the portal's casts: zero equals empty under operators with `=`."""
    value = row[name]
    negated = operator.startswith("!")
    operator = operator.lstrip("!")
    number = None if value in (None, "") else int(value)
    hit = COMPARE[operator](number, wanted) if number is not None else False
    if number is None and wanted == 0 and "=" in (operator or "="):
        hit = True
    return hit != negated


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(NUMBERS),
    operator=st.sampled_from(["", "=", "!", "!=", ">", ">=", "<", "<="]),
    wanted=st.one_of(st.integers(0, 60), st.integers(0, 900), st.just(0)),
)
def test_numbers_compare_like_a_scan(portal, name, operator, wanted) -> None:
    """Integer fields under every comparison find exactly the rows a scan finds."""
    found = asked(portal, {"filter": {operator + name: str(wanted)}})["total"]
    rows = portal.scanned
    assert found == sum(scan_number(row, name, operator, wanted) for row in rows)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(MOMENTS),
    operator=st.sampled_from([">", ">=", "<", "<=", "=", "!"]),
    place=st.integers(0, 399),
    shift=st.integers(-2, 2),
    hours=st.sampled_from([-5, 0, 2, 3]),
)
def test_moments_compare_whatever_the_offset(portal, name, operator, place, shift, hours) -> None:
    """A datetime filter means the instant, whatever offset it is written with, to the second."""
    rows = portal.scanned
    wanted = seconds(rows[place % len(rows)][name]) + shift
    text = datetime.fromtimestamp(wanted + hours * 3600, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    text += f"{'-' if hours < 0 else '+'}{abs(hours):02d}:00"
    found = asked(portal, {"filter": {operator + name: text}})["total"]
    test = COMPARE[operator.replace("!", "=")]
    assert found == sum(test(seconds(row[name]), wanted) != operator.startswith("!") for row in rows)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(TEXTS + DIRECTORIES),
    operator=st.sampled_from(["", "=", "!", "@", "!@"]),
    places=st.lists(st.integers(0, 399), min_size=1, max_size=4),
)
def test_texts_equal_one_of_several(portal, name, operator, places) -> None:
    """Equality and IN ignore case; negation takes the rest, empty values included."""
    rows = portal.scanned
    wanted = [rows[place % len(rows)][name] or "" for place in places]
    found = asked(portal, {"filter": {operator + name: wanted}})["total"]
    folded = {text.casefold() for text in wanted}
    hits = sum((row[name] or "").casefold() in folded for row in rows)
    assert found == (len(rows) - hits if operator.startswith("!") else hits)


@settings(max_examples=40, deadline=None)
@given(
    operator=st.sampled_from(["%", "=%", "%=", "!%", "!=%", "!%="]),
    part=st.sampled_from(["cloud", "CHANGED", "ром", "#3", "50%", "a_d", "added"]),
    shape=st.sampled_from(["{}", "{}%", "%{}", "%{}%"]),
)
def test_patterns_match_like_a_scan(portal, operator, part, shape) -> None:
    """`%` looks for a part as it is, `=%` and `%=` take a pattern with the caller's own wildcards."""
    text = part if operator in ("%", "!%") else shape.format(part)
    found = asked(portal, {"filter": {operator + "TITLE": text}})["total"]
    rows = portal.scanned
    if operator in ("%", "!%"):
        hits = sum(text.casefold() in row["TITLE"].casefold() for row in rows)
    else:
        pattern = "".join({"%": ".*", "_": "."}.get(one, re.escape(one)) for one in text.casefold())
        hits = sum(bool(re.fullmatch(pattern, row["TITLE"].casefold(), re.DOTALL)) for row in rows)
    assert found == (len(rows) - hits if operator.startswith("!") else hits)


@settings(max_examples=30, deadline=None)
@given(
    order=st.lists(
        st.tuples(
            st.sampled_from(["ID", "TITLE", "OPPORTUNITY", "DATE_MODIFY", "STAGE_ID", "COMPANY_ID"]),
            st.sampled_from(["ASC", "DESC", "desc"]),
        ),
        min_size=1,
        max_size=2,
        unique_by=lambda pair: pair[0],
    ),
)
def test_order_is_that_of_a_sorted_scan(portal, order) -> None:
    """Rows come sorted by the fields asked for, empty values first when ascending."""

    def key(row, name):
        value = row[name]
        if name == "DATE_MODIFY":
            return seconds(value)
        if name in ("TITLE", "STAGE_ID"):
            return (value or "").casefold()
        return float(value) if value is not None else -1.0

    names = [name for name, _ in order]
    page = asked(portal, {"order": dict(order), "select": ["ID", *names], "start": -1})["result"]
    rows = sorted(portal.scanned, key=lambda row: int(row["ID"]))
    for name, way in reversed(order):
        rows.sort(key=lambda row, name=name: key(row, name), reverse=way.upper() == "DESC")
    assert [[key(row, name) for name in names] for row in page] == [
        [key(row, name) for name in names] for row in rows[:50]
    ]


def test_unknown_keys_are_dropped_and_everything_comes(portal) -> None:
    """A misspelt filter key, a lower-case one or an OR group filters nothing."""
    total = len(portal.scanned)
    for filters in ({"STAGEID": "NEW"}, {">=date_modify": "2030-01-01"}, {"0": {"LOGIC": "OR", "ID": 1}}):
        assert asked(portal, {"filter": filters})["total"] == total


def test_like_on_directories_is_equality(portal) -> None:
    """A LIKE on a stage finds the stage of exactly that text."""
    assert asked(portal, {"filter": {"%STAGE_ID": "PREPARA"}})["total"] == 0
    exact = asked(portal, {"filter": {"=STAGE_ID": "PREPARATION"}})["total"]
    assert asked(portal, {"filter": {"%STAGE_ID": "PREPARATION"}})["total"] == exact > 0


def test_date_that_does_not_parse_matches_nothing(portal) -> None:
    """Garbage in a datetime filter becomes false: no row has an empty DATE_MODIFY."""
    assert asked(portal, {"filter": {">=DATE_MODIFY": "yesterday"}})["total"] == 0


def test_naive_dates_are_portal_time(portal) -> None:
    """A filter without an offset means the portal's own clock."""
    day = datetime(2026, 6, 1, tzinfo=UTC) - timedelta(hours=2)
    rows = portal.scanned
    wanted = sum(seconds(row["DATE_CREATE"]) >= day.timestamp() for row in rows)
    assert asked(portal, {"filter": {">=DATE_CREATE": "2026-06-01"}})["total"] == wanted


def test_custom_fields_filter_by_any_element(portal) -> None:
    """A multiple field passes if one of its elements does; a boolean takes 1 and 0."""
    rows = portal.scanned
    name, flag = "UF_CRM_1700000015", "UF_CRM_1700000004"
    wanted = sum(isinstance(row[name], list) and 9 in row[name] for row in rows)
    assert asked(portal, {"filter": {name: 9}})["total"] == wanted > 0
    assert asked(portal, {"filter": {flag: 1}})["total"] == sum(row[flag] is True for row in rows)


def test_phones_filter_by_exact_value(portal) -> None:
    """A phone finds its contact only when written in full."""
    contact = next(row for row in portal.store.table("contacts").rows() if "PHONE" in row)
    value = contact["PHONE"][0]["VALUE"]

    async def run(filters):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=portal),
            base_url="http://x",
        ) as client:
            params = {"filter": filters, "select": ["ID"]}
            return (await client.post(portal.path + "crm.contact.list", json=params)).json()["result"]

    assert {"ID": contact["ID"]} in asyncio.run(run({"PHONE": value}))
    assert asyncio.run(run({"%PHONE": value[:6]})) == []
