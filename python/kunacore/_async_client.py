"""The client whose calls are awaited, for asyncio."""

from __future__ import annotations

from asyncio import CancelledError
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from kunacore._customer import Customer
from kunacore._filters import sent
from kunacore._interrupted import given_up
from kunacore._keywords import CLIENT, CREATE, ENSURE, FIND, IMPORT, WITH_OPTIONS
from kunacore._kunacore import Client as Core
from kunacore._kunacore import ImportControl
from kunacore._loop import answer
from kunacore._pickling import recipe, reduced

if TYPE_CHECKING:
    from kunacore._fields import CallOptions, ClientOptions, CustomerFields, CustomerFilters, ImportOptions
    from kunacore._raw_calls import AsyncRawCalls
    from kunacore._result import ImportResult
    from kunacore._table import Table


class AsyncClient:
    """A client of one KunaCore server for asyncio. It is not bound to an event loop, and may be used in a forked child.

    Cancelling a call drops it; if its request has left by then, nothing tells whether the customer was created. An
    argument wins over the environment.

    Args:
        base_url: where the server is, such as ``https://kunacore.example``; else ``KUNACORE_BASE_URL``.
        options: credentials, limits and ways, all as for ``Client``.

    Raises:
        ConfigurationError: the configuration cannot work; nothing is sent.
    """

    __module__ = "kunacore"

    __slots__ = ("_core", "_made_of")

    @CLIENT
    def __init__(self, base_url: str | None = None, **options: Unpack[ClientOptions]) -> None:
        arguments: dict[str, Any] = {"base_url": base_url, **CLIENT.taken(**options)}
        self._core = Core(**arguments)
        self._made_of = recipe(arguments)

    @CREATE
    async def create_customer(self, **fields: Unpack[CustomerFields]) -> Customer:
        """Creates a customer, which opens its wallet.

        Success means that there is a customer with both ids, created by this call: the server's answer says so, or,
        where no answer could be had, a look-up shows it (``Customer.how``). The request is sent again only after proof
        that it did nothing. Values are sent as they are given.

        Args:
            fields: those of ``Client.create_customer``.

        Raises:
            InvalidCustomerError: a field is surely wrong; nothing was sent.
            RejectedError: the server refused, as a ``DuplicateCustomerError`` because it knows the e-mail, as an
                ``AuthenticationError`` because of the credentials.
            NotAppliedError: the server never acted; the call may be made again.
            OutcomeUnknownError: the customer may exist all the same; ``ensure_customer`` is the next step.
            asyncio.CancelledError: its ``__cause__`` is an ``OutcomeUnknownError``, and a warning is logged. Should the
                answer have come all the same, its ids are logged.
            RuntimeError: the client is closed.
        """
        try:
            return await answer(
                self._core.create_customer_async,
                CREATE.taken(**fields),
            )
        except CancelledError as cancelled:
            given_up(cancelled, "create_customer")
            raise

    @ENSURE
    async def ensure_customer(self, *, maybe_sent: bool = True, **fields: Unpack[CustomerFields]) -> Customer:
        """The customer, whether it existed before or is created now: looks first, and creates only if it is absent.

        For work that may be delivered more than once, and after an ``OutcomeUnknownError``. A customer with this e-mail
        is adopted when it is the same person: by the external id where both have one, else by the names. The fields are
        those of ``create_customer``.

        Calls of one client for the same e-mail take turns. Where the server does not refuse e-mails that are taken, let
        no two processes ensure the same customer at the same time: both may find nobody, and both create.

        Args:
            maybe_sent: whether somebody may have sent this customer before. Then an absent one is created only after
                ``settle`` has passed and a second look-up has not found it. ``False`` is your word that nobody did, as
                for a first delivery.

        Raises:
            DuplicateCustomerError: with the code ``"conflict"``: the customer with this e-mail is another person, and
                in ``existing``.
            OutcomeUnknownError: look-ups tell nothing, and somebody may have sent it.
            asyncio.CancelledError: as for ``create_customer``.
            KunaCoreError: what else ``create_customer`` raises.
        """
        try:
            return await answer(
                self._core.ensure_customer_async,
                ENSURE.taken(**fields),
                maybe_sent,
            )
        except CancelledError as cancelled:
            given_up(cancelled, "ensure_customer")
            raise

    @IMPORT
    async def create_customers(self, table: Table | None = None, **options: Unpack[ImportOptions]) -> ImportResult:
        """Creates the customers of a table, each with its wallet: never one twice, and no wallet id is lost.

        What is done is kept in a directory, the *run*. The same call starts it and, after any stop, crash or kill,
        continues it, until nothing is left; rows that were in flight are looked up and not sent again as if they were
        new. The whole table is checked before the first request.

        What becomes of a row raises nothing: it is in the result, one row for each of the table's, in the same order.

        The event loop stays free: it runs on a thread of its own, on which an iterable is read, too. If the awaiting is
        cancelled, the import stops in order in the background: nothing new is sent, and what is in flight is settled;
        Python does not end before that.

        Args:
            table: as for ``Client.create_customers``.
            options: as for ``Client.create_customers``; ``progress`` is called on the event loop's thread.

        Raises:
            ImportStoppedError: the run stopped before its last row, for the reason in its text; ``.result`` is what
                became of the rows so far, and the same call continues. A canary does not raise.
            InvalidCustomerError: rows cannot be sent as they are; ``.problems`` has the first, and a file all of them.
            ConfigurationError: the table cannot be read or mapped, or the run's directory cannot be used. Nothing was
                sent.
            asyncio.CancelledError: its ``__cause__`` is an ``ImportStoppedError``, and a warning is logged.
            Exception: what ``progress`` raises, once the import has stopped in order; its ``__cause__`` is an
                ``ImportStoppedError``, unless it has one. What the iterable raises; nothing was sent.
            TypeError, ValueError: an argument cannot be used; its name is in the text.
            RuntimeError: the client is closed.
        """
        # Imported here: a client that imports no table does not pay for it.
        from kunacore._import import asked_of
        from kunacore._import_async import import_in_thread

        taken = IMPORT.taken(**options)
        return await import_in_thread(
            self._core,
            ImportControl(),
            table,
            asked_of(taken),
            taken["progress"],
        )

    @FIND
    async def find_customers(self, **filters: Unpack[CustomerFilters]) -> list[Customer]:
        """Looks customers up; the filters that are given must all hold. None found is an empty list.

        Whether the server compares text exactly or in part is unknown: compare what comes back yourself.

        Args:
            filters: those of ``Client.find_customers``.

        Raises:
            NotAppliedError: no usable answer; as an ``InvalidResponseError`` when it cannot be understood.
            RejectedError: the server refused.
            RuntimeError: the client is closed.
            TypeError, ValueError: an argument cannot be used; its name is in the text.
        """
        return await answer(
            self._core.find_customers_async,
            sent(FIND.taken(**filters)),
        )

    async def customer_details(self, id: str) -> Customer:
        """Reads one customer by its id.

        Raises:
            NotFoundError: there is no such customer.
            NotAppliedError: no usable answer; as an ``InvalidResponseError`` when it cannot be understood.
            RejectedError: the server refused.
            RuntimeError: the client is closed.
            TypeError: the id is not text.
        """
        return await answer(self._core.customer_details_async, id)

    @WITH_OPTIONS
    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """A client whose calls have these options, and this one's where None is given.

        It shares connections and token with this one: what closes one of them closes both.

        Raises:
            ConfigurationError: an option cannot work.
        """
        made = object.__new__(type(self))
        taken = WITH_OPTIONS.taken(**options)
        made._core = self._core.with_options(**taken)
        made._made_of = self._made_of.with_options(taken)
        return made

    @property
    def with_raw_response(self) -> AsyncRawCalls:
        """The same calls, which give a ``RawResponse``: status, headers and request id beside the value."""
        from kunacore._raw_calls import AsyncRawCalls

        made = object.__new__(AsyncClient)
        made._core = self._core.raw()
        made._made_of = self._made_of
        return AsyncRawCalls(made)

    async def aclose(self) -> None:
        """Closes the connections. Calls under way are finished; later ones raise RuntimeError."""
        self._core.close()

    async def close(self) -> None:
        """The same as ``aclose``."""
        self._core.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._core.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self, self._made_of)

    def __repr__(self) -> str:
        return f"AsyncClient(base_url={self._core.base_url!r})"
