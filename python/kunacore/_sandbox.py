"""Starting a sandbox: a KunaCore on this machine, for which no account is needed."""

from __future__ import annotations

from os import PathLike
from typing import Literal

from kunacore._kunacore import Sandbox


def sandbox(
    *,
    db: str | PathLike[str] | None = None,
    tls: bool = False,
    latency: float = 0.0,
    seed: int | None = None,
    dialect: Literal["errors", "nest", "plain", "html", "empty"] = "errors",
    duplicate_status: int = 409,
    unique: bool = True,
    find: Literal["exact", "partial"] = "exact",
    page_size: int | None = None,
    find_delay: float = 0.0,
    limit: float | None = None,
) -> Sandbox:
    """Starts a KunaCore server on a free port of this machine. It stops at ``stop()``, or when it is not referred to.

        with kunacore.sandbox() as sb:
            client = kunacore.Client(sb.url, api_key=sb.api_key)

    Args:
        db: the SQLite file to keep customers in; created when absent. In memory by default.
        tls: whether TLS is spoken, and nothing else. The certificate authority to trust is made anew at every start and
            is in the file ``sb.ca_bundle``: ``kunacore.Client(sb.url, api_key=sb.api_key, ca_bundle=sb.ca_bundle)``.
        latency: how many seconds each answer is held back. What it tells of has happened by then.
        seed: makes ids repeatable. By default they are random.
        dialect: the shape of error answers.
        duplicate_status: the status that refuses a duplicate e-mail, 400 to 499.
        unique: whether an e-mail may be used once only.
        find: how look-ups compare text: equal, or contained.
        page_size: how many customers one look-up answers at most. No cap by default.
        find_delay: how many seconds after its creation a customer is first seen by look-ups.
        limit: how many requests a second are served; those above get 429 with Retry-After. No limit by default.

    Raises:
        ValueError: an option cannot be served.
        OSError: the database file cannot be used, the CA bundle cannot be written, or no port is free.
    """
    return Sandbox(
        db=db,
        tls=tls,
        latency=latency,
        seed=seed,
        dialect=dialect,
        duplicate_status=duplicate_status,
        unique=unique,
        find=find,
        page_size=page_size,
        find_delay=find_delay,
        limit=limit,
    )
