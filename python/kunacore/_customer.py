"""A customer that exists: the two ids that matter, and whatever else the server told.

It is written out instead of being a dataclass, whose module takes longer to import than the rest of the package.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, final

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Values:
    """The values of a customer, which ``made`` fills by plain assignments before it makes a Customer of them."""

    __slots__ = (
        "_created_at",
        "_raw",
        "comment",
        "email",
        "external_id",
        "first_name",
        "how",
        "id",
        "last_name",
        "phone_number",
        "referral_id",
        "wallet_id",
    )

    id: str
    wallet_id: str
    email: str | None
    first_name: str | None
    last_name: str | None
    phone_number: str | None
    comment: str | None
    external_id: str | None
    referral_id: str | None
    _created_at: datetime | int | None
    how: str | None
    _raw: dict[str, Any] | bytes


@final
class Customer(_Values):
    """A customer as the server shows it. It cannot be changed, compares by value, and can be pickled.

    Only the two ids are certain. Another attribute is None when the server left it out, sent null, or sent something
    that is not text: a customer that exists is never lost over a detail. ``repr`` shows the ids only.

    Attributes:
        id: the customer's id; opaque text.
        wallet_id: the id of the customer's wallet, which all later operations take; opaque text.
        email: the e-mail, as the server has it.
        first_name: the given name.
        last_name: the family name.
        phone_number: the phone number; the server may have normalised it.
        comment: the partner's comment.
        external_id: the customer's identifier in the partner's own system.
        referral_id: by the documentation the *external* id of the referring account, so not necessarily what was sent.
        how: ``"created"`` when the server answered our request with it; ``"reconciled"`` when our request created it,
            by all a look-up shows, but its answer did not reach us; ``"adopted"`` when it existed before; None when it
            was only looked up.
    """

    __module__ = "kunacore"

    __slots__ = ()

    def __init__(
        self,
        *,
        id: str,
        wallet_id: str,
        email: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        phone_number: str | None = None,
        comment: str | None = None,
        external_id: str | None = None,
        referral_id: str | None = None,
        created_at: datetime | None = None,
        how: str | None = None,
        raw: dict[str, Any] | None = None,
    ) -> None:
        write = super().__setattr__
        write("id", id)
        write("wallet_id", wallet_id)
        write("email", email)
        write("first_name", first_name)
        write("last_name", last_name)
        write("phone_number", phone_number)
        write("comment", comment)
        write("external_id", external_id)
        write("referral_id", referral_id)
        write("_created_at", created_at)
        write("how", how)
        write("_raw", {} if raw is None else raw)

    @property
    def created_at(self) -> datetime | None:
        """When it was created, by the server's clock; aware, in UTC. None when that is absent or unreadable."""
        # Read once: another thread may write it meanwhile.
        at = self._created_at
        if not isinstance(at, int):
            return at
        created_at = _EPOCH + timedelta(microseconds=at)
        super().__setattr__("_created_at", created_at)
        return created_at

    @property
    def raw(self) -> dict[str, Any]:
        """The JSON object that the server sent for it, with everything in it, known or not."""
        answer = self._raw
        if not isinstance(answer, bytes):
            return answer
        # Imported here, because few ask. Python's json takes less than the client does, and its errors repeat the text.
        from kunacore._kunacore import raw_of_answer

        raw = raw_of_answer(answer)
        super().__setattr__("_raw", raw)
        return raw

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Customer cannot be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Customer cannot be changed: {name}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Customer):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.id, self.wallet_id))

    def __repr__(self) -> str:
        return f"Customer(id={self.id!r}, wallet_id={self.wallet_id!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._values(),)

    def _values(self) -> dict[str, Any]:
        return {name.removeprefix("_"): getattr(self, name.removeprefix("_")) for name in _Values.__slots__}


def _restore(values: dict[str, Any]) -> Customer:
    # An older pickle may lack a value that has a default; a newer one fails loudly.
    return Customer(**values)


def made(
    id: str,
    wallet_id: str,
    email: str | None,
    first_name: str | None,
    last_name: str | None,
    phone_number: str | None,
    comment: str | None,
    external_id: str | None,
    referral_id: str | None,
    created_at: int | None,
    how: str | None,
    raw: dict[str, Any] | bytes,
) -> Customer:
    """A Customer. ``created_at`` is in microseconds since 1970; ``raw`` may be the text of the whole answer."""
    values: Any = _Values()
    values.id = id
    values.wallet_id = wallet_id
    values.email = email
    values.first_name = first_name
    values.last_name = last_name
    values.phone_number = phone_number
    values.comment = comment
    values.external_id = external_id
    values.referral_id = referral_id
    values._created_at = created_at
    values.how = how
    values._raw = raw
    values.__class__ = Customer
    customer: Customer = values
    return customer
