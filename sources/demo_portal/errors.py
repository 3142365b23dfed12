class PortalError(Exception):
    """An answer with `error` and `error_description`, as a method or the gate in front of it refuses."""

    def __init__(self, code: str | int, description: str, status: int = 400) -> None:
        super().__init__(f"{code!r}: {description}")
        self.code = code
        self.description = description
        self.status = status


def no_auth() -> PortalError:
    """Answer to a wrong token."""
    return PortalError("NO_AUTH_FOUND", "Wrong authorization data", 401)


def insufficient_scope() -> PortalError:
    """Answer to a webhook that was not given the scope of the method."""
    return PortalError(
        "insufficient_scope", "The request requires higher privileges than provided by the webhook token", 403
    )


def unknown_method() -> PortalError:
    """Answer to a method that does not exist."""
    return PortalError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)


def too_many_requests() -> PortalError:
    """Answer of the full bucket, given before anything is executed."""
    return PortalError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)


def operating_limit() -> PortalError:
    """Answer of a method whose run time is used up."""
    return PortalError("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)


def batch_too_long() -> PortalError:
    """Answer to each command after the fiftieth."""
    return PortalError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded", 400)


def not_in_batch() -> PortalError:
    """Answer to a batch inside a batch."""
    return PortalError("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)


def classic(description: str) -> PortalError:
    """Error of the classic CRM methods: the code is an empty string."""
    return PortalError("", description, 400)
