import pytest

from pipelines.cli.arguments import checked_method, only_reads, parameters
from pipelines.errors import UsageError

READS = """
    crm.deal.list crm.deal.get crm.deal.fields user.search user.current tasks.task.counters.get profile scope
    methods server.time app.info crm.status.entity.types crm.item.list CRM.DEAL.LIST disk.folder.getchildren
    crm.duplicate.findbycomm task.commentitem.getlist crm.stagehistory.list user.access department.get
"""
MAY_CHANGE = """
    crm.deal.add crm.deal.update crm.deal.delete crm.item.import batch event.offline.get im.message.add
    disk.file.getExternalLink crm.timeline.comment.add tasks.task.complete crm.deal.contact.items.set
    user.add bizproc.workflow.start disk.folder.uploadfile crm.deal.list.drop calendar.event.nobody.knows
"""


@pytest.mark.parametrize("method", READS.split())
def test_methods_that_read_need_no_leave(method: str) -> None:
    """A method whose last part is a verb known to read may be called as it is."""
    assert only_reads(method)


@pytest.mark.parametrize("method", MAY_CHANGE.split())
def test_every_other_method_may_change_something(method: str) -> None:
    """Whatever is not known to read counts as changing, however harmless it sounds."""
    assert not only_reads(method)


@pytest.mark.parametrize(
    "method", ["", "crm deal list", "crm.deal.list?x=1", "../crm.deal.list", "crm..list", "é.list"]
)
def test_what_is_no_method_is_refused(method: str) -> None:
    """A method that would change the address it is posted to is never sent."""
    with pytest.raises(UsageError):
        checked_method(method)


def test_a_method_may_carry_its_suffix() -> None:
    """The form shown in the vendor's examples is taken as well."""
    assert checked_method("crm.deal.list.json") == "crm.deal.list"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (["id=5"], {"id": "5"}),
        (["filter[>OPPORTUNITY]=50000"], {"filter": {">OPPORTUNITY": "50000"}}),
        (["filter[>=DATE_MODIFY]=2024-01-01"], {"filter": {">=DATE_MODIFY": "2024-01-01"}}),
        (["filter[!=STAGE_ID]=a=b"], {"filter": {"!=STAGE_ID": "a=b"}}),
        (["select[]=ID", "select[]=TITLE"], {"select": ["ID", "TITLE"]}),
        (["select[0]=ID", "select[1]=TITLE"], {"select": ["ID", "TITLE"]}),
        (["ids[5]=a", "ids[7]=b"], {"ids": {"5": "a", "7": "b"}}),
        (
            ["fields[PHONE][0][VALUE]=+49 40 1", "fields[PHONE][0][VALUE_TYPE]=WORK"],
            {"fields": {"PHONE": [{"VALUE": "+49 40 1", "VALUE_TYPE": "WORK"}]}},
        ),
        (["fields[TITLE]="], {"fields": {"TITLE": ""}}),
        (["text=two\nlines [here]"], {"text": "two\nlines [here]"}),
    ],
)
def test_brackets_nest_as_php_reads_them(pairs: list[str], expected: object) -> None:
    """KEY=VALUE pairs mean what the same query would mean to the portal."""
    assert expected == parameters(pairs)


def test_pairs_are_put_over_the_json() -> None:
    """`--data` gives the parameters, and a pair beside it changes one of them."""
    data = '{"fields": {"TITLE": "A", "TAGS": ["x", "y"]}, "id": 1, "empty": []}'

    expected = {"fields": {"TITLE": "B", "TAGS": ["x", "y", "z"]}, "id": 1, "empty": []}
    assert expected == parameters(["fields[TITLE]=B", "fields[TAGS][]=z"], data)


@pytest.mark.parametrize("pairs", [["id"], ["=5"], ["filter[ID=5"], ["a=1", "a[b]=2"], ["a[b]=2", "a=1"]])
def test_pairs_that_mean_nothing_are_refused(pairs: list[str]) -> None:
    """A pair without `=`, without a name, with an open bracket or against another one is an error."""
    with pytest.raises(UsageError):
        parameters(pairs)


@pytest.mark.parametrize("data", ["", "{", "[1]", "5"])
def test_data_that_is_no_object_is_refused(data: str) -> None:
    """Parameters have names, so JSON without names is no set of parameters."""
    with pytest.raises(UsageError):
        parameters([], data)
