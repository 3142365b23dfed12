"""Turns what a portal says about a failure into one of our errors, by its code before its status."""

from typing import Final

from .errors import (
    AuthError,
    BatchLengthError,
    Bitrix24Error,
    HttpsRequiredError,
    MethodError,
    MethodNotFoundError,
    OperatingLimitError,
    PlanError,
    PortalBlockedError,
    RateLimitError,
    ScopeError,
    ServerError,
)

_SERVER_FAILURE: Final = 500
_FORBIDDEN: Final = 403

_ADVICE: Final[dict[type[Bitrix24Error], str]] = {
    AuthError: "Check that the webhook still exists in the portal and that its owner may do this.",
    ScopeError: "Tick the missing scope on the webhook in the portal and run again.",
    PlanError: "The portal's plan does not include the REST API: it needs a commercial plan or a trial.",
    HttpsRequiredError: "Use the webhook's https address.",
    PortalBlockedError: "The portal is closed, deleted or blocked; only its owner or support can lift this.",
    MethodNotFoundError: "Check the method's name; a self-hosted portal may lack the module.",
    RateLimitError: "Too many requests: something else uses this portal's REST API from the same address.",
    OperatingLimitError: "The method's server time is used up; it is free again a few minutes later.",
    BatchLengthError: "Send fewer commands in one batch.",
    ServerError: "The portal failed; whether the call ran is unknown. Try again later.",
    MethodError: "",
}

_BY_CODE: Final[dict[str, type[Bitrix24Error]]] = {
    "query_limit_exceeded": RateLimitError,
    "operation_time_limit": OperatingLimitError,
    "error_batch_length_exceeded": BatchLengthError,
    "overload_limit": PortalBlockedError,
    "portal_deleted": PortalBlockedError,
    "no_auth_found": AuthError,
    "expired_token": AuthError,
    "invalid_credentials": AuthError,
    "user_access_error": AuthError,
    "invalid_token": AuthError,
    "insufficient_scope": ScopeError,
    "invalid_request": HttpsRequiredError,
    "error_method_not_found": MethodNotFoundError,
    "internal_server_error": ServerError,
    "error_unexpected_answer": ServerError,
}


def refusal(
    method: str,
    code: object,
    description: object,
    *,
    status: int | None = None,
    reset_at: float | None = None,
) -> Bitrix24Error:
    """Return the error for a portal's `error` and `error_description`; `status` is None inside a batch.

    The code may be a name, "", 0, "0", an English sentence, or an object of REST 3.0; `reset_at` is when a
    method over its server time is free again, on the portal's clock.
    """
    name, text = _words(code, description)
    kind = _kind(name, text, status)
    parts = [f"{method}: {text or name or 'refused without a reason'}"]
    if name and text:
        parts.append(f"[{name}]")
    if _ADVICE[kind]:
        parts.append(f"- {_ADVICE[kind]}")
    message = " ".join(parts)
    if kind is OperatingLimitError:
        return OperatingLimitError(
            message, method=method, code=name, description=text, status=status, reset_at=reset_at
        )
    return kind(message, method=method, code=name, description=text, status=status)


def _kind(name: str, text: str, status: int | None) -> type[Bitrix24Error]:
    known = _BY_CODE.get(name.lower())
    if known is not None:
        return known
    # ACCESS_DENIED has a system meaning (403: no REST on this plan) and a method's own (400, or in a batch).
    if name.lower() == "access_denied" and status == _FORBIDDEN and "application context" not in text.lower():
        return PlanError
    if status is not None and status >= _SERVER_FAILURE:
        return ServerError
    return MethodError


def _words(code: object, description: object) -> tuple[str, str]:
    if isinstance(code, dict):  # REST 3.0: {"code", "message", "validation": [{"field", "message"}]}
        details = code.get("validation")
        named = [
            f"{item.get('field')}: {item.get('message')}"
            for item in (details if isinstance(details, list) else [])
            if isinstance(item, dict)
        ]
        text = "; ".join([str(code.get("message") or ""), *named])
        return str(code.get("code") or "").strip(), text
    name = "" if code is None or code is False else str(code).strip()
    return name, "" if description is None else str(description).strip()
