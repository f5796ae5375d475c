"""What a failed call raises. The class says what became of the customer; the text says what to do next.

No text holds personal data or a secret, and no pickle does: of the customers in ``existing`` and ``candidates``,
``repr`` shows the ids, and a pickle or copy keeps the ids and the time of creation.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from kunacore._customer import Customer
    from kunacore._result import ImportResult


class KunaCoreError(Exception):
    """A call that failed. One of its subclasses is raised, never this class itself.

    Attributes:
        outcome: ``"not_applied"`` when it is proved that the server never acted, so that the call may be made again;
            ``"rejected"`` when the request was definitely refused; ``"unknown"`` when the server may have acted.
        status_code: the HTTP status of the answer, where there was one.
        code: the server's own code for the error where it gave one, else ours, else None.
        request_id: what the server calls the request, to be quoted to its support.
        retry_after: how many seconds the server asks to wait before the next request.
        attempts: how often the call's request was attempted; a login does not count.
        existing: the customer that has the e-mail of the one that was refused, whoever created it; where a look-up
            found it, else None.
        candidates: the customers with this e-mail, where a look-up found several, or cannot tell whether one of them is
            from this call; else empty.
    """

    __module__ = "kunacore"

    outcome: str

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 0,
        existing: Customer | None = None,
        candidates: tuple[Customer, ...] = (),
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = attempts
        self.existing = existing
        self.candidates = candidates

    def __reduce__(self) -> tuple[Any, ...]:
        existing = None if self.existing is None else _bare(self.existing)
        return (
            type(self),
            self.args,
            {**vars(self), "existing": existing, "candidates": tuple(map(_bare, self.candidates))},
        )


def _bare(customer: Customer) -> Customer:
    """What of a customer is no personal data."""
    return type(customer)(id=customer.id, wallet_id=customer.wallet_id, created_at=customer.created_at)


class ConfigurationError(KunaCoreError):
    """The client's configuration cannot work: no or two kinds of credentials, a base URL that cannot be meant, …"""

    __module__ = "kunacore"

    outcome = "not_applied"


class NotAppliedError(KunaCoreError):
    """Nothing was changed at the server: it was not reached, it asks to slow down, or a look-up failed."""

    __module__ = "kunacore"

    outcome = "not_applied"


class InvalidResponseError(NotAppliedError):
    """The answer to a look-up cannot be understood. Nothing was changed."""

    __module__ = "kunacore"


class RejectedError(KunaCoreError):
    """The server refused the request, and would refuse it again."""

    __module__ = "kunacore"

    outcome = "rejected"


class AuthenticationError(RejectedError):
    """The server refused the credentials (401) or their rights (403)."""

    __module__ = "kunacore"


class NotFoundError(RejectedError):
    """There is no such customer."""

    __module__ = "kunacore"


class DuplicateCustomerError(RejectedError):
    """A customer with this e-mail exists; ``existing`` is that customer, where a look-up found it.

    With the code ``"conflict"`` it is another person than the one that was to be ensured.
    """

    __module__ = "kunacore"


class InvalidCustomerError(KunaCoreError, ValueError):
    """The customer was not sent, because fields are surely wrong.

    Attributes:
        problems: every field that is wrong, and why.
    """

    __module__ = "kunacore"

    outcome = "rejected"

    def __init__(
        self,
        message: str,
        *,
        problems: dict[str, str] | None = None,
        status_code: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 0,
    ) -> None:
        super().__init__(
            message,
            status_code=status_code,
            code=code,
            request_id=request_id,
            retry_after=retry_after,
            attempts=attempts,
        )
        self.problems = {} if problems is None else problems


class OutcomeUnknownError(KunaCoreError):
    """The request left, and neither answers nor look-ups tell whether the customer was created.

    It must not be sent again as if it were new: ``ensure_customer`` looks first and creates it only if it is absent.
    ``candidates`` are the customers that it may be.
    """

    __module__ = "kunacore"

    outcome = "unknown"


class ImportStoppedError(KunaCoreError):
    """An import stopped before its last row. It can be continued: call ``create_customers`` again with this ``run``.

    Its outcome is ``"unknown"`` when rows may have been created of which that is not known, else ``"not_applied"``: the
    rows that are left were not sent.

    Attributes:
        result: what became of the rows so far; None where that is not known yet, or nothing was begun.
        run: the directory of the run; None where it has none yet.
        unwritten: results that could not be written to the run's directory, as lines of JSON with the ids. Keep them.
    """

    __module__ = "kunacore"

    outcome = "not_applied"

    def __init__(
        self,
        message: str,
        *,
        result: ImportResult | None = None,
        run: Path | None = None,
        unwritten: tuple[str, ...] = (),
        outcome: str = "not_applied",
        status_code: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 0,
    ) -> None:
        super().__init__(
            message,
            status_code=status_code,
            code=code,
            request_id=request_id,
            retry_after=retry_after,
            attempts=attempts,
        )
        self.result = result
        self.run = result.run if run is None and result is not None else run
        self.unwritten = unwritten
        self.outcome = outcome
