from asyncio import Future
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NotRequired, Protocol, Self, TypedDict, final, type_check_only

from kunacore import Customer
from kunacore._import import Outcome

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
    "raw_of_answer",
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
def raw_of_answer(answer: bytes) -> dict[str, Any]: ...
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
class _Outcome(TypedDict):
    raised: BaseException | None
    remarks: NotRequired[list[str]]
    unwritten: NotRequired[list[str]]

@type_check_only
class Lost(_Outcome):
    kind: Literal["lost"]

@type_check_only
class Interrupted(_Outcome):
    kind: Literal["interrupted"]

@type_check_only
class Refused(_Outcome):
    kind: Literal["refused"]
    message: str
    next: str

@type_check_only
class _Checked(_Outcome):
    directory: Path
    rows: int
    problems: int
    file: Path | None
    first: list[tuple[int, str, str]]

@type_check_only
class Problems(_Checked):
    kind: Literal["problems"]

@type_check_only
class Checked(_Checked):
    kind: Literal["checked"]

@type_check_only
class Finished(_Outcome):
    kind: Literal["finished"]
    directory: Path

@type_check_only
class Ended(_Outcome):
    kind: Literal["ended"]
    directory: Path
    stop: tuple[str, str, str] | None
    summary: dict[str, Any] | None

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
    def raw(self) -> Client: ...
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
    """A KunaCore server on this machine, to try things on and to test against; made by `kunacore.sandbox()`.

    It listens on a free port of the loopback interface and runs until `stop()`, the end of its `with` block, or until
    nothing refers to it any more.
    """

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
    def url(self) -> str:
        """The base URL for a client, such as `http://127.0.0.1:40123`."""

    @property
    def api_key(self) -> str:
        """The api-key that it accepts."""

    @property
    def email(self) -> str:
        """The e-mail that may log in."""

    @property
    def password(self) -> str:
        """The password that goes with `email`."""

    @property
    def merchant_id(self) -> str:
        """The merchant id that goes with `email`."""

    @property
    def ca_bundle(self) -> str | None:
        """With TLS the path of a PEM file with the certificate authority to trust, as a client's `ca_bundle` takes it;
        the file is removed when the sandbox stops. None without TLS.
        """

    def ledger(self) -> list[dict[str, Any]]:
        """What it has really created, in order: a dict for each, with `seq`, `id`, `walletId`, `email`, `externalId`,
        `comment`, `createdAt`, `request` (the number of the request that created it) and `copy`.

        Raises RuntimeError when the sandbox is stopped, and in a forked child, which has only a copy of its memory.
        """

    def faults(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replaces the fault rules: dicts such as `{"operation": "create", "phase": "after", "effect": {"reset": {}},
        "count": 2}`, as `PUT /_sandbox/faults` takes them. An empty list clears them.

        Raises ValueError when a rule makes no sense, TypeError when it cannot be written as JSON; the rules then stay
        as they were.
        """

    def env(self) -> dict[str, str]:
        """The environment that points a subprocess at it: `KUNACORE_BASE_URL` and `KUNACORE_API_KEY`, with TLS also
        `SSL_CERT_FILE`.
        """

    def stop(self) -> None:
        """Stops it: its port and its database file are free, and its CA bundle is gone, when this returns. A second
        time it does nothing.
        """

    def __enter__(self) -> Self: ...
    def __exit__(self, *_exception: object) -> None: ...
