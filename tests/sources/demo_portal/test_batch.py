"""The method batch, as the self-hosted edition's server carries it out."""
# ruff: noqa: ANN001  fixtures are typed where they are made

from urllib.parse import quote

import pytest

LIST = "crm.deal.list?order[ID]=ASC&start=-1&select[]=ID"


def test_chain_of_references_reads_every_row_once(ask) -> None:
    """Fifty rows a command, each starting after the last row of the one before."""
    commands = {"c0000": LIST + "&filter[%3EID]=0"}
    for place in range(1, 6):
        commands[f"c{place:04d}"] = LIST + f"&filter[%3EID]=$result[c{place - 1:04d}][49][ID]"
    answer = ask.batch(commands)
    ids = [int(row["ID"]) for key in commands for row in answer["result"][key]]
    assert ids == [int(row["ID"]) for row in ask.portal.store.table("deals").rows()]
    assert answer["result_error"] == answer["result_total"] == answer["result_next"] == []
    assert set(answer["result_time"]) == set(commands)


def test_chain_past_a_short_page_starts_again_from_the_first_row(make) -> None:
    """A reference that ends early reaches an array; >ID casts it to 1, so the list starts again."""
    ask = make(deals=60)
    answer = ask.batch(
        {
            "a": LIST + "&filter[%3EID]=0",
            "b": LIST + "&filter[%3EID]=$result[a][49][ID]",
            "c": LIST + "&filter[%3EID]=$result[b][49][ID]",
        },
    )
    assert len(answer["result"]["b"]) == 10
    assert answer["result"]["c"] == answer["result"]["a"]


@pytest.mark.parametrize(("sent", "cast"), [([1, 2], 1), ([], 0)])
def test_comparison_with_an_array_compares_with_its_cast(ask, sent, cast) -> None:
    """`>ID` takes a filled array for 1 and an empty one for 0."""
    ids = [int(row["ID"]) for row in ask.result("crm.status.list", {"filter": {"ENTITY_ID": "SOURCE"}})]
    assert ids
    found = ask("crm.deal.list", {"filter": {">ID": sent}})[1]["total"]
    assert found == sum(number > cast for number in ask.portal.store.records("deals").table.ids.tolist())


def test_empty_result_reached_by_a_reference_is_zero(ask) -> None:
    """A reference into an empty list stops at the list itself, which casts to 0."""
    answer = ask.batch(
        {
            "none": LIST + "&filter[ID]=999999999",
            "next": "crm.deal.list?filter[%3EID]=$result[none][49][ID]&select[]=ID",
        },
    )
    assert answer["result"]["none"] == []
    assert answer["result_total"]["next"] == 300


def test_references_are_resolved_in_keys_texts_and_written_values(ask) -> None:
    """Any text that looks like a reference is expanded, in keys too, and inside longer text."""
    answer = ask.batch(
        {
            "who": "user.current",
            "deal": "crm.deal.add?fields[TITLE]=" + quote("by $result[who][ID] and $result[who]"),
            "found": "crm.deal.list?filter[$result[who][NOPE][x]]=1&select[]=TITLE&filter[ID]=$result[deal]",
        },
    )
    assert answer["result"]["found"][0]["TITLE"] == "by 1 and Array"


def test_reference_to_an_array_value_passes_the_array(ask) -> None:
    """A value that is exactly one reference takes an array as it is."""
    answer = ask.batch(
        {
            "me": "user.current",
            "mine": "department.get?ID=$result[me][UF_DEPARTMENT]",
            "all": "department.get",
        },
    )
    wanted = {str(number) for number in answer["result"]["me"]["UF_DEPARTMENT"]}
    assert {row["ID"] for row in answer["result"]["mine"]} == wanted


def test_failed_source_does_not_fail_the_command_that_refers_to_it(ask) -> None:
    """A reference to a command without a result reaches the map of results."""
    answer = ask.batch({"bad": "no.method", "next": "crm.deal.list?filter[%3EID]=$result[bad][0][ID]"})
    assert answer["result_error"]["bad"]["error"] == "ERROR_METHOD_NOT_FOUND"
    assert len(answer["result"]["next"]) == 50


def test_more_than_fifty_commands_fail_one_by_one(ask) -> None:
    """From the fifty-first on each command has its own error; the HTTP status stays 200."""
    answer = ask.batch({f"c{place}": "server.time" for place in range(53)})
    assert len(answer["result"]) == 50
    assert set(answer["result_error"]) == {"c50", "c51", "c52"}
    assert answer["result_error"]["c51"]["error"] == "ERROR_BATCH_LENGTH_EXCEEDED"


def test_maps_that_count_from_zero_are_lists(ask) -> None:
    """PHP writes keys 0..n-1 as a list, other keys as an object, nothing as a list."""
    answer = ask.batch(["server.time", "department.get"])
    assert isinstance(answer["result"], list)
    assert isinstance(answer["result_time"], list)
    assert answer["result_total"] == {"1": 9}
    assert answer["result_error"] == []
    assert ask.batch({})["result"] == []
    assert ask.result("batch")["result"] == []


def test_command_that_is_no_text_is_in_neither_map(ask) -> None:
    """A command that is not a string is skipped without a trace."""
    answer = ask.batch({"a": ["crm.deal.list"], "b": "server.time"})
    assert list(answer["result"]) == ["b"]
    assert answer["result_error"] == []


@pytest.mark.parametrize("halt", [1, "1", True])
def test_halt_stops_at_the_first_failure(ask, halt) -> None:
    """With halt the commands after a failure do not run."""
    answer = ask.batch({"a": "server.time", "b": "no.method", "c": "server.time"}, halt=halt)
    assert list(answer["result"]) == ["a"]
    assert list(answer["result_error"]) == ["b"]


def test_batch_inside_a_batch_is_refused(ask) -> None:
    """Nesting is not allowed."""
    answer = ask.batch({"a": "batch?cmd[x]=server.time"})
    assert answer["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_totals_and_nexts_are_maps_of_their_own(ask) -> None:
    """Total and next of list commands stand beside the rows."""
    answer = ask.batch({"a": "crm.deal.list?start=250&select[]=ID", "b": "crm.deal.list?select[]=ID"})
    assert answer["result_total"] == {"a": 300, "b": 300}
    assert answer["result_next"] == {"b": 50}


def test_batch_as_a_form_and_as_a_query(ask) -> None:
    """Commands come as form fields and in the query string as well."""
    for request in (
        {"data": {"cmd[a]": "server.time"}},
        {"params": {"cmd[a]": "server.time"}, "verb": "GET"},
    ):
        assert list(ask.raw("batch", **request).json()["result"]["result"]) == ["a"]


def test_a_read_shows_what_was_before_the_writes_behind_it(make) -> None:
    """Commands run one after another: a list knows neither of a change nor of a deletion further down."""
    ask = make(deals=60)
    first, second = (str(row["ID"]) for row in ask.portal.store.table("deals").rows()[:2])
    listed = f"crm.deal.list?order[ID]=ASC&start=-1&select[]=TITLE&filter[%3C%3DID]={second}"
    before = ask.batch({"a": listed})["result"]["a"]
    answer = ask.batch(
        {
            "a": listed,
            "b": f"crm.deal.update?id={first}&fields[TITLE]=later",
            "c": f"crm.deal.delete?id={second}",
            "d": listed,
        }
    )
    assert answer["result"]["a"] == before
    assert [row["TITLE"] for row in answer["result"]["d"]] == ["later"]
