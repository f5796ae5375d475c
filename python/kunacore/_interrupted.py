"""A creation that was given up while it was under way: what its caller is told, and what the log keeps.

Being given up is no error of the call's, so the exception that did it passes through; but the customer may exist.
"""

from __future__ import annotations

from kunacore._customer import Customer
from kunacore._errors import OutcomeUnknownError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger


def given_up(reason: BaseException, call: str) -> None:
    """Tells that the customer may exist: as the cause of the exception that gave the call up, and as a warning."""
    cause = OutcomeUnknownError(
        "the call was given up while it was under way. The customer may or may not have been created. "
        "Do not send it again as if it were new: ensure_customer looks first and creates it only if it is absent.",
        attempts=1,
    )
    reason.__cause__ = cause
    _log().warning("%s: %s", call, cause)


def answered_too_late(id: str, wallet_id: str) -> None:
    """Keeps the ids of a customer whose creation was confirmed to nobody."""
    _log().warning("a call that was given up has created a customer: id %s, wallet id %s", id, wallet_id)


def kept(value: object) -> None:
    """Keeps the ids of what nobody gets, if it is a customer that the call created."""
    # A raw response has the customer as its value.
    customer: object = getattr(value, "value", value)
    if isinstance(customer, Customer) and customer.how in ("created", "reconciled"):
        answered_too_late(customer.id, customer.wallet_id)


def _log() -> Logger:
    # Imported here, because it takes longer than the rest of the package.
    import logging

    return logging.getLogger("kunacore")
