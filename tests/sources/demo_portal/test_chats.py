"""Messages and notifications."""
# ruff: noqa: ANN001, ANN003, ANN202  fixtures are typed where they are made

import pytest


def test_messages_are_sent_and_read_newest_first(ask) -> None:
    """A message to a user opens the dialog; LAST_ID goes back in time, FIRST_ID forward."""
    first, second, third = (
        ask.result("im.message.add", {"DIALOG_ID": "9", "MESSAGE": str(n)}) for n in range(3)
    )

    def read(**params):
        result = ask.result("im.dialog.messages.get", {"DIALOG_ID": "9", **params})
        return [row["id"] for row in result["messages"]]

    assert read(LIMIT=3) == [third, second, first]
    assert read(LAST_ID=second)[0] == first
    assert read(FIRST_ID=first) == [third, second]
    assert ask.portal.store.table("chat_messages").get(third)["author_id"] == 1
    assert ask.result("im.recent.list", {"LIMIT": 1})["items"][0]["id"] == 9


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("im.message.add", {"MESSAGE": "x"}, "DIALOG_ID_EMPTY"),
        ("im.message.add", {"DIALOG_ID": "3"}, "MESSAGE_EMPTY"),
        ("im.message.add", {"DIALOG_ID": "chat", "MESSAGE": "x"}, "CHAT_ID"),
        ("im.message.add", {"DIALOG_ID": "chat1319", "MESSAGE": "x"}, "ACCESS_ERROR"),
        ("im.message.add", {"DIALOG_ID": "3", "ATTACH": ["x" * 60_001]}, "ATTACH_OVERSIZE"),
        ("im.message.add", {"DIALOG_ID": "3", "ATTACH": "x"}, "ATTACH_ERROR"),
        ("im.dialog.messages.get", {"DIALOG_ID": "chat1317", "LAST_ID": "x"}, "LAST_ID_STRING"),
        ("im.notify", {"MESSAGE": "x"}, "USER_ID_EMPTY"),
        ("im.notify.system.add", {"USER_ID": 3}, "MESSAGE_EMPTY"),
        ("im.notify.personal.add", {"USER_ID": 3, "MESSAGE": "x", "TAG": "t"}, "PARAMS_ERROR"),
    ],
)
def test_refusals(ask, method, params, error) -> None:
    """Each mistake has its code."""
    status, body = ask(method, params)
    assert (status, body["error"]) == (400, error)


def test_a_repeated_tag_replaces_the_notification(ask) -> None:
    """Of notifications with one tag from one sender only the last stays; a missing user gets false."""

    def notify(text, **params):
        return ask.result("im.notify.system.add", {"USER_ID": 3, "MESSAGE": text, **params})

    tagged = {"TAG": "t", "CLIENT_ID": "sync"}
    notify("one", **tagged), notify("other")
    last = notify("two", **tagged)
    rows = ask.portal.store.table("notifications").rows()
    assert [row["text"] for row in rows] == ["other", "two"]
    assert rows[-1]["id"] == last
    assert notify("x", USER_ID=77) is False
