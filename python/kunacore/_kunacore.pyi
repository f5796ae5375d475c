from asyncio import Future
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Self, final

from kunacore import Customer

__all__ = [
    "CONNECT_TIMEOUT",
    "DEADLINE",
    "MAX_ATTEMPTS",
    "TIMEOUT",
    "Client",
    "Mailbox",
    "Pending",
    "Sandbox",
    "__version__",
    "run_cli",
]
__version__: str
TIMEOUT: float
CONNECT_TIMEOUT: float
DEADLINE: float
MAX_ATTEMPTS: int

def run_cli(arguments: Sequence[str]) -> int: ...

@final
class Client:
    def __new__(
        cls,
        *,
        base_url: str | None,
        api_key: str | None,
        access_token: str | None,
        email: str | None,
        password: str | None,
        merchant_id: str | None,
        timeout: float,
        connect_timeout: float,
        deadline: float,
        max_attempts: int,
        settle: float | None,
        reconcile: bool,
        trust_uniqueness: bool,
        duplicate_rules: Sequence[Mapping[str, int | Sequence[int] | str]] | None,
        ca_bundle: str | PathLike[str] | None,
        proxy: str | None,
        allow_http: bool,
    ) -> Self: ...
    @property
    def base_url(self) -> str: ...
    def with_options(
        self,
        *,
        deadline: float | None,
        max_attempts: int | None,
        settle: float | None,
        reconcile: bool | None,
        trust_uniqueness: bool | None,
    ) -> Client: ...
    def create_customer(self, fields: dict[str, str | None]) -> Customer: ...
    def create_customer_async(
        self, fields: dict[str, str | None], mailbox: Mailbox, future: Future[Customer]
    ) -> Pending: ...
    def ensure_customer(self, fields: dict[str, str | None], maybe_sent: bool) -> Customer: ...
    def ensure_customer_async(
        self, fields: dict[str, str | None], maybe_sent: bool, mailbox: Mailbox, future: Future[Customer]
    ) -> Pending: ...
    def find_customers(self, filters: dict[str, str | int | None]) -> list[Customer]: ...
    def find_customers_async(
        self, filters: dict[str, str | int | None], mailbox: Mailbox, future: Future[list[Customer]]
    ) -> Pending: ...
    def customer_details(self, id: str) -> Customer: ...
    def customer_details_async(self, id: str, mailbox: Mailbox, future: Future[Customer]) -> Pending: ...
    def close(self) -> None: ...

@final
class Mailbox:
    def __new__(cls) -> Self: ...
    def fileno(self) -> int: ...
    def deliver(self) -> None: ...

@final
class Pending:
    def abort(self) -> None: ...

@final
class Sandbox:
    def __new__(
        cls,
        *,
        db: str | PathLike[str] | None,
        tls: bool,
        latency: float,
        seed: int | None,
        dialect: str,
        duplicate_status: int,
        unique: bool,
        find: str,
        page_size: int | None,
        find_delay: float,
        limit: float | None,
    ) -> Self: ...
    @property
    def url(self) -> str: ...
    @property
    def api_key(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def merchant_id(self) -> str: ...
    @property
    def ca_bundle(self) -> str | None: ...
    def ledger(self) -> list[dict[str, Any]]: ...
    def faults(self, rules: Sequence[Mapping[str, Any]]) -> None: ...
    def env(self) -> dict[str, str]: ...
    def stop(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_exception: object) -> None: ...
