"""What a cell means to a field, rule by rule, and what is refused instead of guessed."""
# ruff: noqa: RUF001  texts in two scripts, and spaces that look alike

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.writeback.choices import shown_choices
from pipelines.writeback.fields import FieldSpec
from pipelines.writeback.lists import joined, parted
from pipelines.writeback.values import CLEAR, ValueProblem, canonical, decimal_sign, live, remark, same

STAGES = FieldSpec(
    "STAGE_ID",
    "status",
    options={"NEW": "Новая", "WON": "Сделка успешна", "C1:NEW": "Новая", "C1:WON": "Won"},
    option_groups={"NEW": "0", "WON": "0", "C1:NEW": "1", "C1:WON": "1"},
)
USERS = FieldSpec(
    "ASSIGNED_BY_ID",
    "user",
    options={"1": "Anna Weber <anna@x.de>", "2": "Ivan Petrov <i@x.de>", "3": "Ivan Petrov <j@x.de>"},
)
SIZES = FieldSpec("UF_SIZE", "enumeration", options={"40": "Small", "42": "Large", "44": "42"})
COMPETITORS = FieldSpec("UF_LIST", "enumeration", multiple=True, options={"1": "Acme", "2": 'B; "C"'})


def field(kind: Any, **more: Any) -> FieldSpec:  # noqa: ANN401 - of FieldSpec
    """A field of a kind."""
    return FieldSpec("X", kind, **more)


def of(spec: FieldSpec, value: object, sign: str | None = None, **more: Any) -> object:  # noqa: ANN401
    """What a value becomes in a row of no pipeline, unless one is given."""
    return canonical(spec, value, row=more.pop("row", {}), decimal_sign=sign, **more)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", "0012", "0012"),
        ("text", "  x ", "  x "),
        ("text", 12, "12"),
        ("integer", "1 234", 1234),
        ("integer", Decimal("5.0"), 5),
        ("decimal", "1 234,50", "1234.5"),
        ("decimal", "1\u00a0234,50", "1234.5"),
        ("decimal", "1\u202f234\u202f567,5", "1234567.5"),
        ("decimal", "1.234,50", "1234.5"),
        ("decimal", "−0,125", "-0.125"),
        ("decimal", "1,234,567.0", "1234567"),
        ("decimal", 0, "0"),
        ("double", Decimal("1E-7"), "0.0000001"),
        ("decimal", "12345678901234567.89", "12345678901234567.89"),
        ("money", "1 500,00 EUR", "1500|EUR"),
        ("money", "1500.50|usd", "1500.5|USD"),
        ("date", date(2024, 1, 31), "2024-01-31"),
        ("date", "2024-01-31", "2024-01-31"),
        ("date", "2024-01-31T03:00:00+03:00", "2024-01-31"),
        ("datetime", "2024-01-31 09:30", "2024-01-31T09:30:00"),
        ("datetime", datetime(2024, 1, 31, 9, 30, tzinfo=UTC), "2024-01-31T09:30:00+00:00"),
        ("datetime", date(2024, 1, 31), "2024-01-31T00:00:00"),
        ("boolean", "да", "Y"),
        ("boolean", "Nein", "N"),
        ("boolean", False, "N"),
        ("boolean", 1, "Y"),
        ("crm", "co_12", "CO_12"),
        ("crm", 12, 12),
        (
            "multifield",
            "+49 30 (1) (WORK); +49 5",
            [{"VALUE": "+49 30 (1)", "VALUE_TYPE": "WORK"}, {"VALUE": "+49 5"}],
        ),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("text", "#CLEAR", CLEAR),
        ("date", " #CLEAR ", CLEAR),
        ("decimal", " ", None),
    ],
)
def test_a_value_has_one_canonical_form(kind: str, value: object, expected: object) -> None:
    """Written one way or another, it is the same to the portal; nothing passes through a double."""
    assert of(field(kind), value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("decimal", "1,234", "may be 1234 or a number with three decimals"),
        ("decimal", "12 34", "is no number"),
        ("decimal", "1,23E+11", "scientific notation"),
        ("decimal", True, "is no number"),
        ("integer", "1,5", "has decimals"),
        ("money", "1500", "write it like 1500|EUR"),
        ("date", 45000, "bare number"),
        ("date", "01.02", "format that nobody declared"),
        ("date", "01.02.2024", "format that nobody declared"),
        ("date", "2024-02-30", "no day of the calendar"),
        ("date", datetime(2024, 1, 31, 9, tzinfo=UTC), "holds a day only"),
        ("datetime", "tomorrow", "is no date"),
        ("boolean", "maybe", "neither yes nor no"),
        ("crm", "Acme", "no record of the CRM"),
        ("file", "scan.pdf", "files"),
        ("json", "{", "is no JSON"),
        ("text", ["a"], "holds one value"),
        ("multifield", "4,91E+11", "lost digits"),
    ],
)
def test_what_may_mean_two_things_is_refused(kind: str, value: object, told: str) -> None:
    """The message says what to do; no guess is made."""
    with pytest.raises(ValueProblem) as caught:
        of(field(kind), value)
    assert told in str(caught.value)


def test_a_column_has_one_decimal_sign() -> None:
    """One cell proves it for the ambiguous ones; two that contradict are an error."""
    assert decimal_sign(["1,234", "12,5", None, 7, "x"]) == ","
    assert decimal_sign(["1,234", "5"]) is None
    assert of(field("decimal"), "1,234", ",") == "1.234"
    assert of(field("decimal"), "1.234", ",") == "1234"
    with pytest.raises(ValueError, match=r"both decimal signs \(12,5 and 1.50\)"):
        decimal_sign(["12,5", "1.50"])
    with pytest.raises(ValueProblem, match="the decimal sign ','"):
        of(field("decimal"), "1.5", ",")


def test_days_are_read_in_a_declared_format() -> None:
    """Then 01.02 is what was declared, and anything else is an error."""
    assert of(field("date"), "01.02.2024", date_format="DD.MM.YYYY") == "2024-02-01"
    assert of(field("datetime"), "02/01/2024 9:30", date_format="MM/DD/YYYY") == "2024-02-01T09:30:00"
    assert of(field("date"), "2024-02-01", date_format="DD.MM.YYYY") == "2024-02-01"
    for wrong in ("31.02.2024", "02/01/2024", "1 Feb"):
        with pytest.raises(ValueProblem, match=r"declared|calendar"):
            of(field("date"), wrong, date_format="DD.MM.YYYY")


def test_labels_become_ids_and_ambiguous_ones_an_error_with_candidates() -> None:
    """In any case of letters; the pipeline of the row decides between stages of one name."""
    assert of(STAGES, "сделка УСПЕШНА") == "WON"
    assert of(STAGES, "Новая", row={"CATEGORY_ID": 1}) == "C1:NEW"
    assert of(STAGES, "Новая", row={"categoryId": "0"}) == "NEW"
    assert of(STAGES, "Новая [C1:NEW]") == "C1:NEW"
    assert of(STAGES, "C1:WON") == "C1:WON"
    with pytest.raises(ValueProblem, match=r"'Новая' \[NEW\], pipeline 0; 'Новая' \[C1:NEW\], pipeline 1"):
        of(STAGES, "Новая")
    with pytest.raises(ValueProblem, match="is a stage of pipeline 1, and the row is in pipeline 0"):
        of(STAGES, "Won", row={"CATEGORY_ID": "0"})
    with pytest.raises(ValueProblem, match="did you mean 'Сделка успешна'"):
        of(STAGES, "Сделка успешно")


def test_people_are_found_by_name_address_or_id() -> None:
    """Two of one name are an error that tells their addresses."""
    assert [of(USERS, each) for each in ("anna weber", "J@x.de", 2, "2", "Ivan Petrov [3]")] == [
        *("1", "3", "2", "2", "3")
    ]
    with pytest.raises(ValueProblem, match=r"i@x.de>' \[2\]; .*j@x.de>' \[3\]"):
        of(USERS, "Ivan Petrov")


def test_a_label_that_is_anothers_id_is_not_guessed() -> None:
    """The text 42 may be the option 42 or the label of 44; as a number it is an id."""
    with pytest.raises(ValueProblem, match="more than one"):
        of(SIZES, "42")
    assert of(SIZES, 42) == "42"
    assert of(SIZES, "42 [44]") == "44"
    assert shown_choices(SIZES) == {"40": "Small", "42": "Large", "44": "42 [44]"}


@pytest.mark.parametrize("spec", [STAGES, USERS, SIZES])
def test_what_a_dropdown_shows_means_its_option(spec: FieldSpec) -> None:
    """Every entry is resolved to the id it stands for, whatever other labels there are."""
    shown = shown_choices(spec)

    assert {id_: of(spec, text) for id_, text in shown.items()} == {id_: id_ for id_ in spec.options}


def test_several_values_stand_in_one_cell() -> None:
    """Separated by ; or in lines, or as a JSON list where a value holds one of these."""
    assert of(COMPETITORS, "Acme; 2") == ["1", "2"]
    assert of(COMPETITORS, '["B; \\"C\\"", "Acme"]') == ["2", "1"]
    assert of(field("double", multiple=True), "1,5; 2") == ["1.5", "2"]
    assert of(field("date", multiple=True), "2024-01-31\n2024-02-01") == ["2024-01-31", "2024-02-01"]


@given(st.lists(st.text(min_size=1).filter(lambda text: text.strip() == text)))
def test_any_list_of_texts_survives_a_cell(items: list[str]) -> None:
    """What is joined is parted into the same again, separators and brackets within included."""
    assert parted(joined(items)) == items


@pytest.mark.parametrize(
    ("kind", "left", "right", "expected"),
    [
        ("text", "", None, True),
        ("text", False, None, True),
        ("text", CLEAR, [], True),
        ("text", "a\r\nb", "a\nb", True),
        ("text", "a", "A", False),
        ("decimal", "10", "10.00", True),
        ("decimal", "0", None, False),
        ("double", "0.1", 0.1, True),
        ("money", "1500|EUR", "1500.00|EUR", True),
        ("money", None, "|EUR", True),
        ("date", "2024-01-31", "2024-01-31T03:00:00+03:00", True),
        ("datetime", "2024-01-31T09:30:00+02:00", "2024-01-31T07:30:00Z", True),
        ("datetime", "2024-01-31T09:30:00", "2024-01-31T09:30:00+02:00", True),
        ("datetime", "2024-01-31T09:30:00+02:00", "2024-01-31T09:30:00+03:00", False),
        ("boolean", "Y", True, True),
        ("boolean", "N", "0", True),
        ("boolean", "N", None, False),
        ("user", "5", 5, True),
        ("user", None, "0", True),
        ("crm", 12, "12", True),
    ],
)
def test_two_forms_of_one_value_are_the_same(
    kind: str,
    left: object,
    right: object,
    expected: bool,  # noqa: FBT001
) -> None:
    """All shapes of nothing are one; numbers, instants, days and flags are compared as what they are."""
    assert same(field(kind), left, right) is expected
    assert same(field(kind), right, left) is expected
    assert same(field(kind), live(field(kind), left), live(field(kind), right)) is expected


def test_lists_are_compared_as_the_portal_keeps_them() -> None:
    """Options in any order, texts in theirs; of a phone the type counts where both tell it, the id never."""
    phones = field("multifield")
    given_back = [{"ID": "215", "VALUE": "+49 1", "VALUE_TYPE": "MOBILE", "TYPE_ID": "PHONE"}]

    assert same(COMPETITORS, ["1", "2"], [2, 1])
    assert not same(field("text", multiple=True), ["a", "b"], ["b", "a"])
    assert live(COMPETITORS, {"3": 1, "7": "2"}) == ["1", "2"]
    assert live(COMPETITORS, False) is None
    assert same(phones, [{"VALUE": "+49 1"}], live(phones, given_back))
    assert not same(phones, [{"VALUE": "+49 1", "VALUE_TYPE": "WORK"}], live(phones, given_back))
    assert not same(phones, [{"VALUE": "+49 1"}, {"VALUE": "+49 1"}], live(phones, given_back))


def test_a_number_among_texts_is_taken_and_remarked() -> None:
    """It may have been 0012 once; nobody can know."""
    assert remark(field("text"), 12) is not None
    assert remark(field("multifield"), 491234567) is not None
    assert remark(field("text"), "12") is None
    assert remark(field("integer"), 12) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.sampled_from(",."))
def test_numbers_come_through_exactly_whatever_the_sign(number: Decimal, sign: str) -> None:
    """A decimal written with either sign is read as itself, to its last digit."""
    written = format(number, "f").replace(".", sign)

    assert Decimal(str(of(field("decimal"), written, sign))) == number
