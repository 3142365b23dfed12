"""Rows cut out of an answer without parsing them."""

import json

import msgspec
import pytest

from sources.bitrix24.errors import MalformedReplyError
from sources.bitrix24.fields import named
from sources.bitrix24.rows import Page, RowReader

SECRET = "s3cr3tt0k3n0123"


def reader(rows_at: str | None = None, secret: str = "") -> RowReader:
    columns = named([("ID", "integer"), ("TITLE", "text")])
    return RowReader(columns, rows_at=rows_at, id_code="ID", secret=secret)


def page(rows: RowReader, body: str) -> Page:
    return rows.page("crm.deal.list", msgspec.Raw(body.encode()))


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ("[]", []),
        ("null", []),
        ("false", []),
        ('""', []),
        ("{}", []),
        ('[{"ID":"1"},{"ID":"2"}]', [1, 2]),
        ('[{"ID":1},{"ID":2}]', [1, 2]),
        ('{"0":{"ID":"1"},"2":{"ID":"3"}}', [1, 3]),
        ('{"17":{"ID":"17"}}', [17]),
    ],
)
def test_every_shape_of_a_php_list_is_read(body: str, ids: list[int]) -> None:
    """Lists, lists with gaps (objects) and the empty forms all give their rows."""
    assert page(reader(), body).ids == ids


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ('{"items":[{"ID":1}],"other":[{"ID":9}]}', [1]),
        ('{"items":{"0":{"ID":1},"3":{"ID":4}}}', [1, 4]),
        ('{"items":[]}', []),
        ('{"items":null}', []),
        ("[]", []),
    ],
)
def test_rows_inside_a_member_are_found(body: str, ids: list[int]) -> None:
    """Universal methods keep their rows under a name."""
    assert page(reader("items"), body).ids == ids


def test_missing_member_is_no_empty_page() -> None:
    """An answer with its rows in an unknown place must not pass for the end of a list."""
    with pytest.raises(MalformedReplyError, match="items"):
        page(reader("items"), '{"rows":[{"ID":1}]}')


@pytest.mark.parametrize("body", ["5", "true", '"text"', '{"a":1}', "[1]", "[[]]", '["x"]'])
def test_what_holds_no_rows_is_refused(body: str) -> None:
    """Anything but rows is an error with the method's name in it."""
    with pytest.raises(MalformedReplyError, match=r"crm\.deal\.list"):
        page(reader(), body)


@pytest.mark.parametrize("value", ['"x"', '""', "null", "true", "1.5", "[1]", "{}"])
def test_row_without_a_usable_id_is_set_apart(value: str) -> None:
    """It has no place in a table with a key, but it is not lost."""
    found = page(reader(), f'[{{"ID":"1"}},{{"ID":{value}}}]')
    assert found.ids == [1]
    assert [bytes(text).decode() for text in found.rejected] == [f'{{"ID":{value}}}']
    assert found.size == 2


def test_row_that_lacks_the_id_is_set_apart() -> None:
    """The same without the field, and with a row that is no object."""
    found = page(reader(), '[{"TITLE":"a"},{"ID":"2"},null]')
    assert found.ids == [2]
    assert [bytes(text) for text in found.rejected] == [b'{"TITLE":"a"}', b"null"]


def test_of_two_rows_with_one_id_the_last_counts() -> None:
    """The other one is set apart."""
    found = page(reader(), '[{"ID":"1","TITLE":"a"},{"ID":"1","TITLE":"b"},{"ID":"2"}]')
    assert found.ids == [1, 2]
    assert bytes(found.texts[0]) == b'{"ID":"1","TITLE":"b"}'
    assert [bytes(text) for text in found.rejected] == [b'{"ID":"1","TITLE":"a"}']


def test_bytes_that_are_no_text_are_marked_and_counted() -> None:
    """A broken encoding costs the broken places, not the row."""
    rows = reader()
    raw = msgspec.Raw(b'[{"ID":"1","TITLE":"a\xff\xfeb \xef\xbf\xbd"}]')
    (text,) = rows.page("crm.deal.list", raw).texts
    assert json.loads(bytes(text))["TITLE"] == "a\ufffd\ufffdb \ufffd"
    assert rows.repaired_texts == 2


def test_rows_stay_as_the_portal_wrote_them() -> None:
    """Texts are cut, not parsed and written again."""
    rows = ['{"ID":"1","TITLE":"\\u0416\\/ 1.10"}', '{"ID":"2","TITLE":1.10}']
    assert [bytes(text).decode() for text in page(reader(), f"[{','.join(rows)}]").texts] == rows


def test_unknown_field_becomes_a_column() -> None:
    """A field that no description announced is kept, whatever it holds."""
    rows = reader()
    page(rows, '[{"ID":"1","TITLE":"a"},{"ID":"2","UF_NEW":{"a":[1]}}]')
    assert [(c.code, c.name, c.kind) for c in rows.columns[2:]] == [("UF_NEW", "uf_new", "any")]
    assert page(rows, '[{"ID":"3","UF_NEW":"x"}]').ids == [3]
    assert len(rows.columns) == 3


def test_pretty_printed_answer_gives_one_line_a_row() -> None:
    """Line feeds part the rows of a file, so none may stay inside a row; those in texts are escaped."""
    rows = [{"ID": "1", "TITLE": "a\nb\r\nc"}, {"ID": "2", "TITLE": "{\n}"}]
    for body in (json.dumps(rows, indent=2), json.dumps(rows, indent=2).replace("\n", "\r\n")):
        texts = page(reader(), body).texts
        assert [json.loads(bytes(text)) for text in texts] == rows
        assert not any(b"\n" in bytes(text) for text in texts)


def test_webhook_secret_is_masked() -> None:
    """Links to files can hold the webhook itself; it does not pass."""
    link = f"https:\\/\\/portal.example\\/rest\\/1\\/{SECRET}\\/download?id=1"
    (text,) = page(reader(secret=SECRET), f'[{{"ID":"1","TITLE":"{link}"}}]').texts
    assert SECRET.encode() not in bytes(text)
    assert json.loads(bytes(text))["ID"] == "1"
