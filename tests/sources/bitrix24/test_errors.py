import copy
import inspect
import pickle

import pytest

from sources.bitrix24 import errors
from sources.bitrix24.errors import (
    AmbiguousError,
    AuthError,
    BatchLengthError,
    Bitrix24Error,
    HttpsRequiredError,
    MethodError,
    MethodNotFoundError,
    NotExecutedError,
    OperatingLimitError,
    PlanError,
    PortalBlockedError,
    PortalMovedError,
    RateLimitError,
    RefusedError,
    ScopeError,
    ServerError,
)
from sources.bitrix24.refusals import refusal

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Bitrix24Error)]

SAID = [
    (503, "QUERY_LIMIT_EXCEEDED", RateLimitError),
    (429, "OPERATION_TIME_LIMIT", OperatingLimitError),
    (400, "ERROR_BATCH_LENGTH_EXCEEDED", BatchLengthError),
    (503, "OVERLOAD_LIMIT", PortalBlockedError),
    (500, "PORTAL_DELETED", PortalBlockedError),
    (401, "NO_AUTH_FOUND", AuthError),
    (401, "expired_token", AuthError),
    (401, "INVALID_CREDENTIALS", AuthError),
    (403, "INVALID_CREDENTIALS", AuthError),
    (403, "user_access_error", AuthError),
    (403, "insufficient_scope", ScopeError),
    (403, "ACCESS_DENIED", PlanError),
    (400, "ACCESS_DENIED", MethodError),
    (None, "ACCESS_DENIED", MethodError),
    (400, "INVALID_REQUEST", HttpsRequiredError),
    (404, "ERROR_METHOD_NOT_FOUND", MethodNotFoundError),
    (500, "INTERNAL_SERVER_ERROR", ServerError),
    (400, " ERROR_UNEXPECTED_ANSWER ", ServerError),
    (502, "", ServerError),
    (400, "", MethodError),
    (400, 0, MethodError),
    (400, "0", MethodError),
    (400, "Status is not found.", MethodError),
    (405, "ERROR_BATCH_METHOD_NOT_ALLOWED", MethodError),
    (400, None, MethodError),
]


@pytest.mark.parametrize(("status", "code", "kind"), SAID)
def test_the_code_decides_which_error_it_is(status: int | None, code: object, kind: type) -> None:
    """A refusal becomes the error its code stands for; the status only settles what the code leaves open."""
    assert type(refusal("crm.deal.list", code, "Words", status=status)) is kind


@pytest.mark.parametrize(("status", "code", "kind"), SAID)
def test_codes_are_read_in_any_case(status: int | None, code: object, kind: type) -> None:
    """The same code in lower and upper case is the same error."""
    if isinstance(code, str):
        assert type(refusal("m", code.lower(), "", status=status)) is kind
        assert type(refusal("m", code.upper(), "", status=status)) is kind


def test_a_method_that_needs_an_application_is_no_question_of_the_plan() -> None:
    """ACCESS_DENIED about the application context is the method's own refusal, whatever its status."""
    error = refusal("app.info", "ACCESS_DENIED", "Application context required", status=403)
    assert type(error) is MethodError


def test_an_error_object_of_rest_3_keeps_its_parts() -> None:
    """Code, message and validation of a REST 3.0 error are all in the text."""
    code = {"code": "BITRIX_X", "message": "Bad", "validation": [{"field": "id", "message": "missing"}]}
    error = refusal("tasks.task.get", code, None, status=400)
    assert (error.code, str(error)) == ("BITRIX_X", "tasks.task.get: Bad; id: missing [BITRIX_X]")


def test_facts_stay_on_the_error() -> None:
    """Method, code, text, status and the time of the release can be read from the error."""
    error = refusal("crm.deal.list", "OPERATION_TIME_LIMIT", "Blocked.", status=429, reset_at=12.5)
    assert isinstance(error, OperatingLimitError)
    facts = (error.method, error.code, error.description, error.status, error.reset_at)
    assert facts == ("crm.deal.list", "OPERATION_TIME_LIMIT", "Blocked.", 429, 12.5)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickling_and_copying(kind: type[Bitrix24Error]) -> None:
    """An error can be stored in a trace and sent between processes with its facts."""
    error = kind("Text", method="m", status=400)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own bytes
        assert type(twin) is kind
        assert (str(twin), vars(twin)) == (str(error), vars(error))


def test_the_tree_says_what_may_be_sent_again() -> None:
    """Every error is exactly one of: configuration, refused, wrong call, not executed, ambiguous."""
    branches = (errors.ConfigurationError, RefusedError, MethodError, NotExecutedError, AmbiguousError)
    for kind in CLASSES:
        if kind is not Bitrix24Error:
            assert sum(issubclass(kind, branch) for branch in branches) == 1
        assert kind.__name__.endswith("Error")


def test_the_drawing_of_the_tree_names_every_class() -> None:
    """The tree at the top of the file is the tree in the file."""
    drawing = errors.__doc__ or ""
    assert all(kind.__name__ in drawing for kind in CLASSES)


def test_errors_are_redacted_in_text_and_attributes() -> None:
    """A secret that a portal repeats in its error is in no part of ours."""
    leak = "see https://p.bitrix24.com/rest/1/abcdef123456/crm.deal.list"
    error = refusal("m", "CODE", leak, status=400)
    assert "abcdef123456" not in f"{error} {error!r} {vars(error)} {error.args}"
    assert PortalMovedError("x", new_host="new.example").new_host == "new.example"
