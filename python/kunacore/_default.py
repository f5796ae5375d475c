"""The calls of the package itself, on a client that is configured from the environment.

The client is made at the first call and made anew when a ``KUNACORE_*`` variable has changed since.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from kunacore._client import Client
from kunacore._customer import Customer
from kunacore._errors import ConfigurationError
from kunacore._keywords import CREATE, ENSURE, FIND, IMPORT, Keywords

if TYPE_CHECKING:
    from kunacore._fields import CustomerFields, CustomerFilters, ImportOptions
    from kunacore._result import ImportResult
    from kunacore._table import Table

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


def _client_for(keywords: Keywords, given: Mapping[str, Any]) -> Client:
    """The client for a call with these keywords; wrong ones are told before the environment is blamed."""
    try:
        return _client()
    except ConfigurationError as error:
        blamed = error
    keywords.taken(**given)
    raise blamed


def _forked() -> None:
    """A child may have been forked while another thread held the lock; nobody would ever release it there."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@CREATE
def create_customer(**fields: Unpack[CustomerFields]) -> Customer:
    """Creates a customer with a client that is configured from the environment; see ``Client.create_customer``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        KunaCoreError: what ``Client.create_customer`` raises.
    """
    return _client_for(CREATE, fields).create_customer(**fields)


@ENSURE
def ensure_customer(*, maybe_sent: bool = True, **fields: Unpack[CustomerFields]) -> Customer:
    """Ensures a customer with a client that is configured from the environment; see ``Client.ensure_customer``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        KunaCoreError: what ``Client.ensure_customer`` raises.
    """
    return _client_for(ENSURE, fields).ensure_customer(maybe_sent=maybe_sent, **fields)


@IMPORT
def create_customers(table: Table | None = None, **options: Unpack[ImportOptions]) -> ImportResult:
    """Imports a table with a client that is configured from the environment; see ``Client.create_customers``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        Exception: what ``Client.create_customers`` raises.
    """
    return _client_for(IMPORT, options).create_customers(table, **options)


@FIND
def find_customers(**filters: Unpack[CustomerFilters]) -> list[Customer]:
    """Looks customers up with a client that is configured from the environment; see ``Client.find_customers``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        KunaCoreError: what ``Client.find_customers`` raises.
    """
    return _client_for(FIND, filters).find_customers(**filters)


def customer_details(id: str) -> Customer:
    """Reads one customer with a client that is configured from the environment; see ``Client.customer_details``.

    Raises:
        ConfigurationError: the environment's configuration cannot work.
        KunaCoreError: what ``Client.customer_details`` raises.
    """
    return _client().customer_details(id)
