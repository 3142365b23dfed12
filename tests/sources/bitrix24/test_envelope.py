import json
from typing import Any

import msgspec
import pytest

from sources.bitrix24.envelope import (
    BatchReply,
    CommandTime,
    Failure,
    Reply,
    read_batch,
    read_reply,
    read_time,
    rows_of,
)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def batch(**parts: object) -> BatchReply:
    answer = read_batch(encoded({"result": parts}))
    assert isinstance(answer, BatchReply)
    return answer


@pytest.mark.parametrize("result", [None, False, [], 0, "", {}, [1], {"a": {"b": [1]}}])
def test_any_result_is_a_reply_and_stays_as_bytes(result: object) -> None:
    """Empty forms are results like others, told apart, and decoded only when asked for."""
    reply = read_reply(encoded({"result": result, "total": "7", "next": 50}))
    assert isinstance(reply, Reply)
    assert json.loads(bytes(reply.raw)) == reply.result == result
    assert (reply.total, reply.next) == (7, 50)


def test_the_bytes_of_a_result_are_a_slice_of_the_body() -> None:
    """Spaces and escapes inside a result arrive as the portal wrote them."""
    reply = read_reply(b'\xef\xbb\xbf {"result": {"a" : "x\\/y"} ,"time":[]}')
    assert isinstance(reply, Reply)
    assert bytes(reply.raw) == b'{"a" : "x\\/y"}'


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ({"error": "", "error_description": "Not found"}, ("", "Not found")),
        ({"error": 0, "error_description": "x"}, (0, "x")),
        ({"error": "0"}, ("0", None)),
        ({"error": "CODE", "result": []}, ("CODE", None)),
        ({"error": {"code": "X"}}, ({"code": "X"}, None)),
    ],
)
def test_an_error_is_known_by_its_member_not_by_its_value(
    body: object, failure: tuple[object, object]
) -> None:
    """An empty or zero `error` without a result is an error too, for calls and batches alike."""
    for read in (read_reply(encoded(body)), read_batch(encoded(body))):
        assert isinstance(read, Failure)
        assert (read.code, read.description) == failure


def test_an_empty_error_beside_a_result_is_none() -> None:
    """A result is not thrown away for an `error` that says nothing."""
    assert isinstance(read_reply(b'{"result": 1, "error": ""}'), Reply)


@pytest.mark.parametrize("body", [b"{}", b'{"time": {}}'])
def test_json_without_result_and_error_is_no_answer(body: bytes) -> None:
    """An object that is not an envelope is reported as such."""
    assert read_reply(body) is None
    assert read_batch(body) is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"result": [1, 2', b'{"result": 1} trailing', b"[1]", b'"x"', b"1"]
)
def test_cut_and_foreign_bodies_are_decode_errors(body: bytes) -> None:
    """What is not one whole JSON object is never read halfway."""
    for read in (read_reply, read_batch):
        with pytest.raises(msgspec.MsgspecError):
            read(body)


@pytest.mark.parametrize("result", [None, [], False, 0, "text"])
def test_a_batch_answer_without_its_maps_is_none(result: object) -> None:
    """A batch's result has to be an object."""
    assert read_batch(encoded({"result": result})) is None


@pytest.mark.parametrize("empty", [[], {}, None, False])
def test_empty_maps_come_in_four_forms(empty: Any) -> None:  # noqa: ANN401
    """PHP's empty array, an empty object, null and false all mean: nothing under any key."""
    answer = batch(result=empty, result_error=empty, result_total=empty, result_next=empty, result_time=empty)
    assert (answer.replies, answer.failures, answer.times) == ({}, {}, {})


def test_maps_may_be_left_out() -> None:
    """A batch answer with results only is one."""
    assert batch(result={"a": 1}).replies["a"].result == 1


def test_lists_are_maps_with_the_keys_of_php() -> None:
    """Keys 0..n-1 arrive as a list; position is the key."""
    answer = batch(result=[[{"ID": "1"}], None], result_total=[5], result_next={"1": 50})
    assert answer.replies["0"].total == 5
    assert answer.replies["1"].result is None
    assert answer.replies["1"].next == 50


def test_every_command_gets_its_own_parts() -> None:
    """Results, errors, totals, next pages and times are joined by key; an error wins over a result."""
    answer = batch(
        result={"a": [1], "b": None, "c": False, "d": [], "e": 0, "x": []},
        result_error={"x": {"error": "E", "error_description": "D"}, "y": "text", "z": {"error": ""}},
        result_total={"a": 120},
        result_next={"a": 50},
        result_time={"a": {"processing": 0.5, "operating": "1.5", "operating_reset_at": 12}, "x": []},
    )
    assert {key: reply.result for key, reply in answer.replies.items()} == {
        "a": [1], "b": None, "c": False, "d": [], "e": 0,
    }  # fmt: skip
    assert (answer.replies["a"].total, answer.replies["a"].next, answer.replies["b"].total) == (120, 50, None)
    assert answer.times == {"a": CommandTime(processing=0.5, operating=1.5, operating_reset_at=12.0)}
    said = {key: (failure.code, failure.description) for key, failure in answer.failures.items()}
    assert said == {"x": ("E", "D"), "y": ("", "text"), "z": ("", "")}


def test_times_may_lack_anything() -> None:
    """Numbers as texts or integers are read; what is no number is missing; no map is no time."""
    time = read_time({"start": 1, "duration": "0.5", "processing": 0, "operating": "x", "date_start": 5})
    assert time == CommandTime(start=1.0, duration=0.5, processing=0.0)
    assert time is not None
    assert time.seconds == 0.5
    assert read_time([]) is None
    assert read_time(None) is None
    assert CommandTime().seconds is None


@pytest.mark.parametrize(
    ("result", "rows"),
    [
        ([1, 2], [1, 2]),
        ({"items": [1]}, [1]),
        ({"tasks": []}, []),
        ({"categories": [1], "more": 2, "other": [3]}, [1]),
        ({"somethingNew": [1, 2]}, [1, 2]),
        ({"ID": "1", "NAME": "x", "UF_DEPARTMENT": [1]}, [{"ID": "1", "NAME": "x", "UF_DEPARTMENT": [1]}]),
        ({}, []),
        (None, []),
        (False, []),
    ],
)
def test_rows_are_found_where_methods_put_them(result: object, rows: list[object]) -> None:
    """A list, the list inside an object, or the one object itself."""
    assert rows_of(result) == rows
