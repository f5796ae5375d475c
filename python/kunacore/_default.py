"""The calls of the package itself, on a client that is configured from the environment.

The client is made at the first call and made anew when a ``KUNACORE_*`` variable has changed since.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from kunacore._client import Client
from kunacore._customer import Customer

if TYPE_CHECKING:
    from kunacore._progress import Progress
    from kunacore._result import ImportResult
    from kunacore._table import Path, Table

_lock = threading.Lock()
_current: tuple[dict[str, str], Client] | None = None


def _client() -> Client:
    """The client for the environment as it is now."""
    global _current
    variables = {name: value for name, value in os.environ.items() if name.startswith("KUNACORE_")}
    with _lock:
        if _current is None or _current[0] != variables:
            # The former client is not closed: another thread may be using it. It goes when nobody does.
            _current = variables, Client()
        return _current[1]


def _forked() -> None:
    """A child may have been forked while another thread held the lock; nobody would ever release it there."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def create_customer(
    *,
    email: str,
    first_name: str,
    last_name: str,
    country: str,
    verification_document_id: str,
    residence_address: str,
    phone_number: str | None = None,
    comment: str | None = None,
    external_id: str | None = None,
    referral_id: str | None = None,
    itn: str | None = None,
) -> Customer:
    """Creates a customer with a client that is configured from the environment; see ``Client.create_customer``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        KunaCoreError: what ``Client.create_customer`` raises.
    """
    return _client().create_customer(
        email=email,
        first_name=first_name,
        last_name=last_name,
        country=country,
        verification_document_id=verification_document_id,
        residence_address=residence_address,
        phone_number=phone_number,
        comment=comment,
        external_id=external_id,
        referral_id=referral_id,
        itn=itn,
    )


def ensure_customer(
    *,
    email: str,
    first_name: str,
    last_name: str,
    country: str,
    verification_document_id: str,
    residence_address: str,
    phone_number: str | None = None,
    comment: str | None = None,
    external_id: str | None = None,
    referral_id: str | None = None,
    itn: str | None = None,
    maybe_sent: bool = True,
) -> Customer:
    """Ensures a customer with a client that is configured from the environment; see ``Client.ensure_customer``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        KunaCoreError: what ``Client.ensure_customer`` raises.
    """
    return _client().ensure_customer(
        email=email,
        first_name=first_name,
        last_name=last_name,
        country=country,
        verification_document_id=verification_document_id,
        residence_address=residence_address,
        phone_number=phone_number,
        comment=comment,
        external_id=external_id,
        referral_id=referral_id,
        itn=itn,
        maybe_sent=maybe_sent,
    )


def create_customers(
    table: Table | None = None,
    *,
    run: Path | None = None,
    columns: Mapping[str, str] | None = None,
    set: Mapping[str, str] | None = None,
    extra: Literal["error", "ignore"] = "error",
    key: str | Sequence[str] | None = None,
    known: Path | Iterable[Path] = (),
    existing: Literal["reject", "adopt"] | None = None,
    invalid: Literal["stop", "reject"] | None = None,
    encoding: str | None = None,
    keep_input: bool = False,
    check: bool = False,
    canary: int | None = None,
    rate: float | None = None,
    concurrency: int | None = None,
    progress: bool | Callable[[Progress], object] | None = None,
    accept: Mapping[int, str] | None = None,
    max_identical_rejections: int = 100,
) -> ImportResult:
    """Imports a table with a client that is configured from the environment; see ``Client.create_customers``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        Exception: what ``Client.create_customers`` raises.
    """
    return _client().create_customers(
        table,
        run=run,
        columns=columns,
        set=set,
        extra=extra,
        key=key,
        known=known,
        existing=existing,
        invalid=invalid,
        encoding=encoding,
        keep_input=keep_input,
        check=check,
        canary=canary,
        rate=rate,
        concurrency=concurrency,
        progress=progress,
        accept=accept,
        max_identical_rejections=max_identical_rejections,
    )


def find_customers(
    *,
    email: str | None = None,
    wallet_id: str | None = None,
    phone_number: str | None = None,
    full_name: str | None = None,
    comment: str | None = None,
    external_id: str | None = None,
    referral_id: str | None = None,
    created_from: str | datetime | None = None,
    created_to: str | datetime | None = None,
    take: int | None = None,
    skip: int | None = None,
) -> list[Customer]:
    """Looks customers up with a client that is configured from the environment; see ``Client.find_customers``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        KunaCoreError: what ``Client.find_customers`` raises.
    """
    return _client().find_customers(
        email=email,
        wallet_id=wallet_id,
        phone_number=phone_number,
        full_name=full_name,
        comment=comment,
        external_id=external_id,
        referral_id=referral_id,
        created_from=created_from,
        created_to=created_to,
        take=take,
        skip=skip,
    )


def customer_details(id: str) -> Customer:
    """Reads one customer with a client that is configured from the environment; see ``Client.customer_details``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        KunaCoreError: what ``Client.customer_details`` raises.
    """
    return _client().customer_details(id)
