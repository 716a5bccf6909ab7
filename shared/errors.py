"""One exception tree: each error has a stable code, a message for people, and says whether a retry helps."""

from collections.abc import Mapping
from typing import Any, ClassVar


class AtelierError(Exception):
    """Base of every error Atelier raises on purpose.

    ``code`` is stable and meant for programs, ``str(error)`` for people; ``field`` names the offending
    input where there is one; ``status`` is the HTTP status the web answers with.
    """

    code: str = "error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        code: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.detail = dict(detail or {})
        if code is not None:
            self.code = code

    def problem(self) -> dict[str, Any]:
        """This error as RFC 9457 problem details (media type application/problem+json)."""
        document: dict[str, Any] = {
            "type": f"urn:atelier:problem:{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "detail": self.message,
            "code": self.code,
        }
        if self.field is not None:
            document["field"] = self.field
        if self.detail:
            document["extra"] = self.detail
        return document


class InvalidInput(AtelierError):
    """A value does not fit what was asked for."""

    code = "invalid_input"
    status = 422


class MalformedRequest(AtelierError):
    """The request cannot be read at all (bad JSON, say)."""

    code = "malformed_request"
    status = 400


class BadFile(AtelierError):
    """A file from outside is refused; the code says why."""

    code = "bad_file"
    status = 422


class NotFound(AtelierError):
    """No such thing, or none that this owner may see."""

    code = "not_found"
    status = 404


class Unauthorized(AtelierError):
    """The request carries no valid credentials."""

    code = "unauthorized"
    status = 401


class Forbidden(AtelierError):
    """The request is understood and refused (a foreign origin, a missing CSRF token)."""

    code = "forbidden"
    status = 403


class Conflict(AtelierError):
    """The thing is not in a state that allows this."""

    code = "conflict"
    status = 409


class IdempotencyMismatch(AtelierError):
    """An idempotency key came again with another request."""

    code = "idempotency_mismatch"
    status = 422


class QuotaExceeded(AtelierError):
    """The owner has as many jobs waiting as allowed."""

    code = "quota_exceeded"
    status = 429
    retryable = True


class StorageFull(AtelierError):
    """The disk or the database has no room left."""

    code = "storage_full"
    status = 503
    retryable = True


class Unavailable(AtelierError):
    """A service Atelier stands on does not answer."""

    code = "unavailable"
    status = 503
    retryable = True


class ConfigurationError(AtelierError):
    """A setting, a family or the environment is wrong; the process cannot start."""

    code = "configuration_error"


class DatabaseTooNew(ConfigurationError):
    """The database was written by a newer Atelier than this one."""

    code = "database_too_new"


class ArtifactDamaged(AtelierError):
    """A stored file is missing or does not match its hash."""

    code = "artifact_damaged"


class OutOfMemory(AtelierError):
    """The device has too little memory for this job."""

    code = "out_of_memory"


class LeaseLost(AtelierError):
    """The row is no longer this worker's: it must stop, and nothing it writes counts."""

    code = "lease_lost"


class Canceled(AtelierError):
    """The owner asked for this job to be canceled."""

    code = "canceled"


class HandBack(AtelierError):
    """The worker gives the job back unfinished; ``code`` is the reason (drained, preempted)."""

    code = "drained"
    retryable = True
