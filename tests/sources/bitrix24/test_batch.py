import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.bitrix24.batch import Command, chains, encode_query, json_params, named
from sources.bitrix24.errors import ConfigurationError
from tests.sources.bitrix24.scripted_portal import php_query

texts = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=12)
# What a name inside brackets can be: anything but brackets, which PHP could not tell from its own.
names = st.text(
    alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="[]"), min_size=1, max_size=8
)
# At the top PHP turns dots and spaces into underscores, so names there are plain.
top_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
scalars = texts | st.integers() | st.booleans() | st.none()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(names, inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


def as_php_has_it(value: object) -> Any:  # noqa: ANN401
    """Return what PHP holds after parsing: texts, and maps for lists."""
    if isinstance(value, dict):
        return {str(key): as_php_has_it(item) for key, item in value.items()}
    if isinstance(value, list):
        return {str(index): as_php_has_it(item) for index, item in enumerate(value)}
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(top_names, values, max_size=4))
def test_php_reads_back_what_was_encoded(params: dict[str, object]) -> None:
    """Whatever texts, nesting and alphabets: PHP sees the parameters that were meant, decoded once."""
    query = encode_query(params)
    assert query.isascii()
    assert php_query(query) == as_php_has_it(params)


def test_a_list_command_looks_as_the_documentation_has_it() -> None:
    """Filters with operators and lists become bracketed names with everything else percent-encoded."""
    command = Command(
        "crm.deal.list",
        {
            "select": ["ID", "UF_*"],
            "filter": {">=DATE_MODIFY": "2024-01-01T00:00:00+02:00", "@ID": [1, 2]},
            "start": -1,
        },
    )
    assert command.encode() == (
        "crm.deal.list?select[0]=ID&select[1]=UF_%2A&filter[%3E%3DDATE_MODIFY]=2024-01-01T00%3A00%3A00%2B02%3A00"
        "&filter[%40ID][0]=1&filter[%40ID][1]=2&start=-1"
    )
    assert Command("profile").encode() == "profile"


class Colour(Enum):
    """An enumeration with a value that can be sent."""

    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "1"),
        (False, "0"),
        (None, ""),
        (Decimal("10.50"), "10.50"),
        (1.5, "1.5"),
        (Colour.RED, "red"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC), "2024-02-29T01:02:03+00:00"),
        (datetime(2024, 2, 29, 1, 2, 3, tzinfo=timezone(timedelta(hours=3))), "2024-02-29T01:02:03+03:00"),
        ("a&b=c+d %#", "a&b=c+d %#"),
        ("Привет, 🌍\n", "Привет, 🌍\n"),
    ],
)
def test_values_arrive_as_texts(value: object, text: str) -> None:
    """Flags are 1 and 0, nothing is the empty text, dates are ISO 8601 with their offset."""
    assert php_query(encode_query({"x": {"y": value}})) == {"x": {"y": text}}


def test_an_empty_list_never_turns_into_no_filter() -> None:
    """An empty value is left out at the top only; further down it stays as the empty text."""
    assert encode_query({"filter": {}, "select": [], "order": ()}) == ""
    assert php_query(encode_query({"filter": {"@ID": []}})) == {"filter": {"@ID": ""}}


@pytest.mark.parametrize(
    "params",
    [
        {"x": b"bytes"},
        {"x": {1, 2}},
        {"x": object()},
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": "\ud800"},
        {None: 1},
    ],
)
def test_what_cannot_be_sent_is_said_before_sending(params: dict[str, object]) -> None:
    """A value without a form on the wire is a configuration error in a batch and in a single call."""
    with pytest.raises(ConfigurationError):
        encode_query(params)
    with pytest.raises(ConfigurationError):
        json_params(params)


def test_a_single_call_keeps_the_types_that_json_has() -> None:
    """Numbers, flags, nulls and empty lists stay; dates and decimals become text."""
    params = {
        "a": [],
        "b": True,
        "c": None,
        "d": Decimal("1.50"),
        "e": date(2024, 1, 1),
        "f": {1: 2.5},
        "g": (Colour.RED,),
    }
    assert json_params(params) == {
        "a": [], "b": True, "c": None, "d": "1.50", "e": "2024-01-01", "f": {"1": 2.5}, "g": ["red"],
    }  # fmt: skip
    json.dumps(json_params(params))


def test_commands_of_a_sequence_get_keys_that_php_makes_no_list_of() -> None:
    """Keys are texts in the order given; those of a mapping stay."""
    assert list(named([Command("a"), Command("b")])) == ["c0000", "c0001"]
    assert list(named({"x": Command("a")})) == ["x"]
    with pytest.raises(ConfigurationError):
        named({"": Command("a")})


def test_references_are_seen_in_values_and_names_of_any_depth() -> None:
    """Every key whose result the portal would put in is known."""
    command = Command(
        "m", {"filter": {">ID": "$result[c0][49][ID]", "$result[k]": 1}, "x": ["a $result[b] c"]}
    )
    assert command.references() == {"c0", "k", "b"}
    assert command.has_reference_mark()
    assert not Command("m", {"x": "result[c0]"}).has_reference_mark()


def test_commands_that_refer_to_one_another_are_one_chain() -> None:
    """Chains are found across gaps and merge when one command refers to two; the others stay alone."""
    commands = {
        "a": Command("m"),
        "b": Command("m"),
        "c": Command("m", {"x": "$result[a][0]"}),
        "d": Command("m"),
        "e": Command("m", {"x": "$result[c][0]", "y": "$result[d]"}),
        "f": Command("m", {"x": "$result[zzz]"}),
    }
    assert chains(commands) == [("a", "c", "d", "e"), ("b",), ("f",)]
