from asyncio import Future
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NotRequired, Protocol, Self, TypedDict, final, type_check_only

from kunacore import Customer

__all__ = [
    "CONNECT_TIMEOUT",
    "DEADLINE",
    "MAX_ATTEMPTS",
    "MAX_IDENTICAL_REJECTIONS",
    "TIMEOUT",
    "ArrowTable",
    "Client",
    "ImportControl",
    "Mailbox",
    "Pending",
    "Sandbox",
    "__version__",
    "crossings",
    "first_rows",
    "import_customers",
    "read_rows",
    "refresh_run",
    "run_cli",
]
__version__: str
TIMEOUT: float
CONNECT_TIMEOUT: float
DEADLINE: float
MAX_ATTEMPTS: int
MAX_IDENTICAL_REJECTIONS: int

def run_cli(arguments: Sequence[str]) -> int: ...
def crossings() -> int: ...
def import_customers(
    client: Client,
    control: ImportControl,
    table: ArrowTable | list[str] | str | None,
    asked: Asked,
    watcher: object,
) -> Outcome: ...
def read_rows(run: Path, state: str | None) -> _Stream: ...
def first_rows(run: Path, state: str | None, limit: int | None) -> list[dict[str, Any]]: ...
def refresh_run(run: str) -> None: ...

@type_check_only
class _Stream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@type_check_only
class Asked(TypedDict):
    run: str | None
    columns: list[tuple[str, str]]
    set: list[tuple[str, str]]
    ignore_extra: bool
    key: list[str]
    known: list[str]
    adopt: bool | None
    reject_invalid: bool | None
    encoding: str | None
    keep_input: bool
    check: bool
    canary: int | None
    rate: float | None
    concurrency: int | None
    accept: dict[int, str]
    max_identical_rejections: int

@type_check_only
class Outcome(TypedDict):
    kind: Literal["lost", "interrupted", "refused", "problems", "checked", "finished", "ended"]
    raised: BaseException | None
    message: NotRequired[str]
    next: NotRequired[str]
    directory: NotRequired[Path]
    rows: NotRequired[int]
    problems: NotRequired[int]
    file: NotRequired[Path | None]
    first: NotRequired[list[tuple[int, str, str]]]
    stop: NotRequired[tuple[str, str, str] | None]
    summary: NotRequired[dict[str, Any] | None]
    remarks: NotRequired[list[str]]
    unwritten: NotRequired[list[str]]

@final
class ArrowTable:
    def __new__(cls, table: object) -> Self: ...

@final
class ImportControl:
    def __new__(cls) -> Self: ...
    def stop(self) -> None: ...
    @property
    def directory(self) -> Path | None: ...

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
