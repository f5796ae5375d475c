"""What the calls take by keyword: each list is written here once, for type checkers, for Python, and for its users.

A dict that is built first and given as ``client.create_customer(**fields)`` is checked when it is a ``CustomerFields``.
"""

# Without postponed annotations, with which Python 3.11 does not see that a key is NotRequired.

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from kunacore._progress import Progress


class CustomerFields(TypedDict):
    """The fields of a customer, as ``create_customer`` and ``ensure_customer`` take them."""

    email: str
    """The e-mail, unique for each customer."""
    first_name: str
    """The given name."""
    last_name: str
    """The family name."""
    country: str
    """ISO 3166-1 alpha-2, such as ``"FR"``."""
    verification_document_id: str
    """The number of the document the person was verified with."""
    residence_address: str
    """Where the customer lives, in one string."""
    phone_number: NotRequired[str | None]
    """The phone number."""
    comment: NotRequired[str | None]
    """Free text about the customer."""
    external_id: NotRequired[str | None]
    """The customer's identifier in your own system."""
    referral_id: NotRequired[str | None]
    """The id of another customer who referred this one."""
    itn: NotRequired[str | None]
    """The individual taxpayer number."""


class CustomerFilters(TypedDict, total=False):
    """The filters of ``find_customers``; those that are given must all hold."""

    email: str | None
    """The e-mail."""
    wallet_id: str | None
    """The id of the wallet."""
    phone_number: str | None
    """The phone number."""
    full_name: str | None
    """Given and family name with one blank between them."""
    comment: str | None
    """The comment."""
    external_id: str | None
    """The identifier in your own system."""
    referral_id: str | None
    """The id of the referring customer."""
    created_from: str | datetime | None
    """Created at or after this time: an aware datetime, or ISO 8601."""
    created_to: str | datetime | None
    """Created at or before this time: an aware datetime, or ISO 8601."""
    take: int | None
    """At most so many customers."""
    skip: int | None
    """Pass over so many customers first."""


class ImportOptions(TypedDict, total=False):
    """The options of ``create_customers``; ``Client.create_customers`` says more of each."""

    run: str | PathLike[str] | None
    """The directory of the run; it starts there, and continues."""
    columns: Mapping[str, str] | None
    """The fields of columns that are named otherwise: ``{"E-mail": "email"}``."""
    set: Mapping[str, str] | None
    """Values that are the same in all rows: ``{"country": "UA"}``."""
    extra: Literal["error", "ignore"]
    """Whether other columns are an ``"error"``, which is the default, or are left out."""
    key: str | Sequence[str] | None
    """A column, or several, to carry into the results."""
    known: str | PathLike[str] | Iterable[str | PathLike[str]]
    """Earlier runs, whose customers are not sent again; none by default."""
    existing: Literal["reject", "adopt"] | None
    """Whether a customer who existed before is rejected, or adopted if it is the same person."""
    invalid: Literal["stop", "reject"] | None
    """Whether rows that cannot be sent stop the import before anything is sent, or are rejected."""
    encoding: str | None
    """Of CSV and JSON Lines, such as ``"windows-1251"``; UTF-8 without it."""
    keep_input: bool
    """Whether the copy of a table that is not in files stays when all is done; False by default."""
    check: bool
    """Whether the table is only checked and nothing is sent; False by default."""
    canary: int | None
    """After how many rows to stop."""
    rate: float | None
    """How many requests a second are sent at most; no limit without it."""
    concurrency: int | None
    """How many requests are in flight, 1 to 256; without it as many as the server likes."""
    progress: bool | Callable[["Progress"], object] | None
    """What is told how far it is; None shows a bar if somebody would see it, False nothing."""
    accept: Mapping[int, str] | None
    """The ids of the customers that rows in doubt belong to, by the number of the row, on your word."""
    max_identical_rejections: int
    """After how many rejections in a row for the same reason the import stops, 100 by default; 0 never stops."""


class CallOptions(TypedDict, total=False):
    """The options of ``with_options``; None, or none given, is as the client has it."""

    deadline: float | None
    """How many seconds one call may take as a whole."""
    max_attempts: int | None
    """How often the request of one call is sent at most."""
    settle: float | None
    """How many seconds the server may act on a request after we gave it up."""
    reconcile: bool | None
    """Whether a creation whose fate is unknown is looked up."""
    trust_uniqueness: bool | None
    """Your word that this server refuses e-mails that are taken, always."""


class ClientOptions(TypedDict, total=False):
    """The options of ``Client`` and ``AsyncClient``; ``Client`` says more of each."""

    api_key: str | None
    """A key for the ``api-key`` header."""
    access_token: str | None
    """A token from a login elsewhere."""
    email: str | None
    """The e-mail of a login."""
    password: str | None
    """The password of a login."""
    merchant_id: str | None
    """The merchant of a login."""
    timeout: float
    """How many seconds one attempt may take; 30 by default."""
    connect_timeout: float
    """How many seconds connecting may take; 5 by default."""
    deadline: float
    """How many seconds one call may take as a whole; 120 by default."""
    max_attempts: int
    """How often the request of one call is sent at most; 3 by default."""
    settle: float | None
    """How many seconds the server may act on a request after we gave it up; None is ``timeout``, 30 at least."""
    reconcile: bool
    """Whether a creation whose fate is unknown is looked up; True by default."""
    trust_uniqueness: bool
    """Your word that this server refuses e-mails that are taken, always; False by default."""
    duplicate_rules: Sequence[Mapping[str, int | Sequence[int] | str]] | None
    """How a refusal is known to mean "this e-mail is taken", in place of the built-in rules."""
    ca_bundle: str | PathLike[str] | None
    """A PEM file with the certificate authorities to trust instead of the system's."""
    proxy: str | None
    """An HTTP proxy, instead of the environment's."""
    allow_http: bool
    """Permits ``http://`` to another machine; False by default."""
