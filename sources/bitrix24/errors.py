"""Everything that can go wrong between us and a portal.

Bitrix24Error
├─ ConfigurationError         the webhook or a parameter is wrong; nothing was sent
├─ RefusedError               fatal: the portal will go on refusing until a person changes something there
│  ├─ AuthError               the webhook is unknown, expired, or its owner may not call the method
│  ├─ ScopeError              the webhook lacks a scope
│  ├─ PlanError               the portal's plan has no REST API
│  ├─ HttpsRequiredError      plain http was refused
│  ├─ PortalMovedError        the portal answers from another address (.new_host)
│  └─ PortalBlockedError      the portal is deleted, closed or blocked by support
├─ MethodError                the call itself is wrong; sending it again changes nothing
│  └─ MethodNotFoundError     no such method on this portal
├─ NotExecutedError           refused or lost before anything ran: reads and writes may be sent again
│  ├─ RateLimitError          too many requests
│  ├─ OperatingLimitError     the method has used up its server time (.reset_at)
│  ├─ BatchLengthError        too many commands in one batch
│  └─ ConnectError            no connection: nothing was sent
└─ AmbiguousError             it may have run: only reads may be sent again
   ├─ ServerError             the portal failed
   ├─ TransportError          timeout, reset or cut while sending or reading
   └─ MalformedReplyError     the answer is not what a portal answers
"""

from .redaction import redact


class Bitrix24Error(Exception):
    """A failed exchange with a portal; the text is redacted and says what to do."""

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        code: str = "",
        description: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(redact(message))
        self.method = method
        self.code = redact(code)
        self.description = redact(description)
        self.status = status


class ConfigurationError(Bitrix24Error):
    """The webhook or a parameter is unusable; nothing was sent."""


class RefusedError(Bitrix24Error):
    """The portal refuses this webhook or itself; a person has to change something there."""


class AuthError(RefusedError):
    """The portal does not accept the webhook."""


class ScopeError(RefusedError):
    """The webhook lacks the scope of the method."""


class PlanError(RefusedError):
    """The portal's plan does not include the REST API."""


class HttpsRequiredError(RefusedError):
    """The portal accepts https only."""


class PortalMovedError(RefusedError):
    """The portal redirects to an address that the user did not configure; nothing was sent there."""

    def __init__(
        self,
        message: str,
        *,
        new_host: str = "",
        method: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, method=method, status=status)
        self.new_host = new_host


class PortalBlockedError(RefusedError):
    """The portal is deleted, closed, or blocked until its support lifts it."""


class MethodError(Bitrix24Error):
    """The portal ran into the call's own fault: wrong argument, missing row, no right to it."""


class MethodNotFoundError(MethodError):
    """The portal does not know the method."""


class NotExecutedError(Bitrix24Error):
    """Nothing ran on the portal, so the same thing may be sent again, writes included."""


class RateLimitError(NotExecutedError):
    """The portal's request bucket is full."""


class OperatingLimitError(NotExecutedError):
    """The method's server time is used up; `reset_at` is unix time on the portal's clock."""

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        code: str = "",
        description: str = "",
        status: int | None = None,
        reset_at: float | None = None,
    ) -> None:
        super().__init__(message, method=method, code=code, description=description, status=status)
        self.reset_at = reset_at


class BatchLengthError(NotExecutedError):
    """The batch had more commands than the portal takes."""


class ConnectError(NotExecutedError):
    """No connection came about: refused, unknown host, TLS."""


class AmbiguousError(Bitrix24Error):
    """Whether the call ran is unknown; reads may be sent again, writes have to be looked up first."""


class ServerError(AmbiguousError):
    """The portal failed while it worked on the call."""


class TransportError(AmbiguousError):
    """The exchange broke off: timeout, reset, or a body cut short."""


class MalformedReplyError(AmbiguousError):
    """The answer is not JSON, is cut, or lacks what it must have."""
