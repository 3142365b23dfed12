"""Field codes and types of a portal as columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.bitrix24.fields import SERVICE_COLUMNS, Kind, column_name, columns_of, label_of, named


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ID", "id"),
        ("DATE_MODIFY", "date_modify"),
        ("UF_CRM_17", "uf_crm_17"),
        ("UF_CRM_1700000000", "uf_crm_1700000000"),
        ("responsibleId", "responsible_id"),
        ("entityTypeId", "entity_type_id"),
        ("ufCrm17", "uf_crm17"),
        ("id", "id"),
        ("UTM_SOURCE", "utm_source"),
        ("a-b c", "a_b_c"),
        ("1C_CODE", "_1c_code"),
        ("_deleted_at", "deleted_at"),
    ],
)
def test_code_becomes_snake_case(code: str, name: str) -> None:
    """A column is the portal's field code in snake_case."""
    assert column_name(code) == name


def test_code_without_latin_letters_has_a_name() -> None:
    """Cyrillic codes get names that are stable and differ from one another."""
    first, second = column_name("Сумма"), column_name("Цена")
    assert first.isascii()
    assert first != second
    assert first == column_name("Сумма")


def test_codes_that_come_to_one_name_stay_apart() -> None:
    """Two codes never share a column, and neither takes a service column's name."""
    columns = named([("UF_CRM_A", "text"), ("UF_CRM-A", "text"), ("ufCrm_A", "integer")])
    names = [column.name for column in columns]
    assert names[0] == "uf_crm_a"
    assert len(set(names)) == 3
    assert [column.code for column in columns] == ["UF_CRM_A", "UF_CRM-A", "ufCrm_A"]


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=20))
def test_any_codes_get_names_of_their_own(codes: list[str]) -> None:
    """Whatever codes a portal has: as many columns, all names apart and usable."""
    columns = named((code, "text") for code in codes)
    names = [column.name for column in columns]
    assert len(set(names)) == len(codes)
    assert not set(names) & set(SERVICE_COLUMNS)
    assert all(name.isascii() and name == name.lower() and name for name in names)


@pytest.mark.parametrize(
    ("described", "kind"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "user"}, "integer"),
        ({"type": "crm_company"}, "integer"),
        ({"type": "crm_category"}, "integer"),
        ({"type": "double"}, "double"),
        ({"type": "datetime"}, "datetime"),
        ({"type": "date"}, "text"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "char"}, "text"),
        ({"type": "string"}, "text"),
        ({"type": "crm_status"}, "text"),
        ({"type": "enumeration"}, "text"),
        ({"type": "money"}, "text"),
        ({"type": "crm_multifield"}, "json"),
        ({"type": "file"}, "json"),
        ({"type": "something new"}, "text"),
        ({}, "text"),
        ({"type": "integer", "isMultiple": True}, "json"),
        ({"type": "datetime", "isMultiple": True}, "json"),
    ],
)
def test_kind_follows_the_description(described: dict[str, object], kind: str) -> None:
    """A column has the type that the portal describes; several values in one field are JSON."""
    (column,) = columns_of({"UF_CRM_1": described}, {})
    assert column.kind == kind


def test_kinds_known_beforehand_win_over_the_description() -> None:
    """Money is decimal although the portal calls it a double; fields it does not have make no column."""
    known: dict[str, Kind] = {"OPPORTUNITY": "decimal", "REVENUE": "decimal"}
    columns = columns_of({"OPPORTUNITY": {"type": "double"}}, known)
    assert [(column.name, column.kind) for column in columns] == [("opportunity", "decimal")]


def test_known_kinds_stand_alone_without_a_description() -> None:
    """A method that describes nothing has the columns of its entry."""
    columns = columns_of({}, {"ID": "integer", "NAME": "text"})
    assert [column.kind for column in columns] == ["integer", "text"]


def test_label_is_the_first_that_people_were_given() -> None:
    """The list's label comes before the form's, and an empty one counts for nothing."""
    assert label_of({"listLabel": "", "formLabel": "Бюджет", "title": "UF_CRM_1"}) == "Бюджет"
    assert label_of({"listLabel": "Budget", "formLabel": "Other"}) == "Budget"
    assert label_of({}) is None
