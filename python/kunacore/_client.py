"""The client whose calls wait for their answer."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from kunacore._customer import Customer
from kunacore._filters import sent
from kunacore._keywords import CLIENT, CREATE, ENSURE, FIND, IMPORT, WITH_OPTIONS
from kunacore._kunacore import Client as Core
from kunacore._kunacore import ImportControl
from kunacore._pickling import recipe, reduced

if TYPE_CHECKING:
    from kunacore._fields import CallOptions, ClientOptions, CustomerFields, CustomerFilters, ImportOptions
    from kunacore._raw_calls import RawCalls
    from kunacore._result import ImportResult
    from kunacore._table import Table


class Client:
    """A client of one KunaCore server. It may be used from many threads, and in a forked child.

    While a call waits, other threads run, and Ctrl-C interrupts it. An argument wins over the environment.

    Args:
        base_url: where the server is, such as ``https://kunacore.example``; else ``KUNACORE_BASE_URL``.
        api_key: a key for the ``api-key`` header, or
        access_token: a token from a login elsewhere, or
        email, password, merchant_id: a login, whose token is fetched at the first call and kept. When none of these
            five is given, the environment is asked: ``KUNACORE_API_KEY``, ``KUNACORE_ACCESS_TOKEN``, or
            ``KUNACORE_EMAIL``, ``KUNACORE_PASSWORD`` and ``KUNACORE_MERCHANT_ID``, each also as ``…_FILE`` with the
            path of a file.
        timeout: how many seconds one attempt may take, from connecting to the last byte of the answer.
        connect_timeout: how many seconds connecting may take.
        deadline: how many seconds one call may take as a whole: logins, pauses and look-ups included.
        max_attempts: how often the request of one call is sent at most; 1 never sends again. A creation is sent again
            only after proof that the server did not act, or that the customer does not exist.
        settle: how many seconds the server may act on a request, and show what it did in a look-up, after we gave the
            request up. None is the longer of ``timeout`` and 30 seconds. The promise that no customer is created twice
            rests on it where the server does not refuse e-mails that are taken.
        reconcile: whether a creation whose fate is unknown is looked up, and one that was refused as a duplicate is
            given the customer that exists.
        trust_uniqueness: your word that this server refuses e-mails that are taken, always. Then a creation whose fate
            is unknown is sent again without waiting for ``settle``.
        duplicate_rules: how a refusal is known to mean "this e-mail is taken", in place of the built-in rules: dicts
            such as ``{"status": [400, 422], "code": "^EMAIL_IN_USE$", "message": "in use"}``, of which ``code`` and
            ``message`` may be left out. These are regular expressions, found anywhere, whatever the case.
        ca_bundle: a PEM file with the certificate authorities to trust instead of the system's.
        proxy: an HTTP proxy, such as ``http://proxy.example:3128``, instead of the environment's (``HTTPS_PROXY``, …).
            A server on this machine is always reached directly.
        allow_http: permits ``http://`` to another machine, as ``KUNACORE_ALLOW_HTTP=1`` does.

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
    def create_customer(self, **fields: Unpack[CustomerFields]) -> Customer:
        """Creates a customer, which opens its wallet.

        Success means that there is a customer with both ids, created by this call: the server's answer says so, or,
        where no answer could be had, a look-up shows it (``Customer.how``). The request is sent again only after proof
        that it did nothing. Values are sent as they are given.

        Args:
            email: the e-mail, unique for each customer.
            first_name: the given name.
            last_name: the family name.
            country: ISO 3166-1 alpha-2, such as ``"FR"``.
            verification_document_id: the number of the document the person was verified with.
            residence_address: where the customer lives, in one string.
            phone_number: the phone number.
            comment: free text about the customer.
            external_id: the customer's identifier in your own system.
            referral_id: the id of another customer who referred this one.
            itn: the individual taxpayer number.

        Raises:
            InvalidCustomerError: a field is surely wrong; nothing was sent.
            RejectedError: the server refused, as a ``DuplicateCustomerError`` because it knows the e-mail, as an
                ``AuthenticationError`` because of the credentials.
            NotAppliedError: the server never acted; the call may be made again.
            OutcomeUnknownError: the customer may exist all the same; ``ensure_customer`` is the next step.
            KeyboardInterrupt: Ctrl-C, or whatever a signal handler raises; its ``__cause__`` is an
                ``OutcomeUnknownError``, and a warning is logged. Should the answer have come all the same, it has no
                such cause, and the ids are logged.
            RuntimeError: the client is closed.
        """
        return self._core.create_customer(CREATE.taken(**fields))

    @ENSURE
    def ensure_customer(self, *, maybe_sent: bool = True, **fields: Unpack[CustomerFields]) -> Customer:
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
                in ``existing``. Where somebody may have sent this one, that is said only after ``settle``.
            OutcomeUnknownError: look-ups tell nothing, and somebody may have sent it.
            KeyboardInterrupt: Ctrl-C; as for ``create_customer``.
            KunaCoreError: what else ``create_customer`` raises.
        """
        return self._core.ensure_customer(
            ENSURE.taken(**fields),
            maybe_sent,
        )

    @IMPORT
    def create_customers(self, table: Table | None = None, **options: Unpack[ImportOptions]) -> ImportResult:
        """Creates the customers of a table, each with its wallet: never one twice, and no wallet id is lost.

        What is done is kept in a directory, the *run*. The same call starts it and, after any stop, crash or kill,
        continues it, until nothing is left; rows that were in flight are looked up and not sent again as if they were
        new. The whole table is checked before the first request.

        What becomes of a row raises nothing: it is in the result, one row for each of the table's, in the same order.

        It runs in Rust, and other Python threads run meanwhile. The first Ctrl-C stops it in order: nothing new is
        sent, and what is in flight is settled. A second one stops it at once.

        Args:
            table: a frame of polars, pandas (2.2 or later), pyarrow, duckdb or whatever else has
                ``__arrow_c_stream__`` or ``__arrow_c_array__``; a path or a list of paths of CSV, JSON Lines, Parquet
                or Arrow files, also packed (.gz, .zst), or a directory of them; or an iterable of mappings,
                dataclasses or pydantic models, of which some thousand are held at a time. Columns are named as the
                fields of ``create_customer``, or as on the wire (``firstName``). Left out, the run continues with the
                table that it was begun with.
            run: the directory of the run; without it ``kunacore-run-`` and the first 12 digits of the fingerprint of
                the table's content, in the current directory.
            columns: the fields of columns that are named otherwise: ``{"E-mail": "email"}``.
            set: values that are the same in all rows: ``{"country": "UA"}``.
            extra: whether other columns are an ``"error"``, or ``"ignore"`` leaves them out.
            key: a column, or several, to carry into the results, for a join with your own table.
            known: earlier runs: what they created is not sent again and is reported with ``how`` = ``"known"``; what
                they left in doubt is looked up first. The run remembers them.
            existing: whether a row whose customer existed before is rejected with that one's ids (``"reject"``), or has
                that customer if it is the same person (``"adopt"``). None is what the run was begun with, and
                ``"reject"`` for a new one.
            invalid: whether rows that cannot be sent stop the import before anything is sent (``"stop"``), or are
                rejected (``"reject"``). None is what the run was begun with, and ``"stop"`` for a new one.
            encoding: of CSV and JSON Lines, such as ``"windows-1251"``; UTF-8 without it.
            keep_input: whether the copy of a table that is not in files stays in the run's directory when all is done.
            check: whether the table is only checked, and nothing is sent. Problems raise, or are counted with
                ``invalid="reject"``: of the result only ``summary`` then says something, ``rows`` and ``problems``.
            canary: after how many new rows to stop; the result has the others as unsent.
            rate: how many requests a second are sent at most, look-ups included; no limit without it.
            concurrency: how many requests are in flight, up to 256; without it as many as the server likes, 8 to 64.
            progress: what is told how far it is, at most ten times a second, on this thread; None shows a bar
                on stderr if that is a terminal or a notebook, False nothing.
            accept: on your word, the id of the customer that an unresolved or conflicting row belongs to, by the
                number of the row.
            max_identical_rejections: after how many rejections in a row for the same reason the import stops, because
                the mapping looks wrong; customers who exist do not count, and 0 never stops.

        Raises:
            ImportStoppedError: the run stopped before its last row, for the reason in its text; ``.result`` is what
                became of the rows so far, and the same call continues. A canary does not raise.
            InvalidCustomerError: rows cannot be sent as they are; ``.problems`` has the first, and a file all of them.
            ConfigurationError: the table cannot be read or mapped, or the run's directory cannot be used. Nothing was
                sent.
            KeyboardInterrupt: and whatever else a signal's handler or ``progress`` raises, once the import has stopped
                in order; its ``__cause__`` is an ``ImportStoppedError``, unless it has one.
            Exception: what the iterable raises; nothing was sent.
            TypeError, ValueError: an argument cannot be used; its name is in the text.
            RuntimeError: the client is closed.
        """
        # Imported here: a client that imports no table does not pay for it.
        from kunacore._import import asked_of, run_import

        taken = IMPORT.taken(**options)
        return run_import(
            self._core,
            ImportControl(),
            table,
            asked_of(taken),
            taken["progress"],
        )

    @FIND
    def find_customers(self, **filters: Unpack[CustomerFilters]) -> list[Customer]:
        """Looks customers up; the filters that are given must all hold. None found is an empty list.

        Whether the server compares text exactly or in part is unknown: compare what comes back yourself.

        Args:
            email: the e-mail.
            wallet_id: the id of the wallet.
            phone_number: the phone number.
            full_name: given and family name with one blank between them.
            comment: the comment.
            external_id: the identifier in your own system.
            referral_id: the id of the referring customer.
            created_from: created at or after this time: an aware datetime, or ISO 8601.
            created_to: created at or before this time: an aware datetime, or ISO 8601.
            take: at most so many customers.
            skip: pass over so many customers first.

        Raises:
            NotAppliedError: no usable answer; as an ``InvalidResponseError`` when it cannot be understood.
            RejectedError: the server refused.
            RuntimeError: the client is closed.
            TypeError, ValueError: an argument cannot be used; its name is in the text.
        """
        return self._core.find_customers(sent(FIND.taken(**filters)))

    def customer_details(self, id: str) -> Customer:
        """Reads one customer by its id.

        Raises:
            NotFoundError: there is no such customer.
            NotAppliedError: no usable answer; as an ``InvalidResponseError`` when it cannot be understood.
            RejectedError: the server refused.
            RuntimeError: the client is closed.
            TypeError: the id is not text.
        """
        return self._core.customer_details(id)

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
    def with_raw_response(self) -> RawCalls:
        """The same calls, which give a ``RawResponse``: status, headers and request id beside the value."""
        from kunacore._raw_calls import RawCalls

        made = object.__new__(Client)
        made._core = self._core.raw()
        made._made_of = self._made_of
        return RawCalls(made)

    def close(self) -> None:
        """Closes the connections. Calls under way are finished; later ones raise RuntimeError."""
        self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self, self._made_of)

    def __repr__(self) -> str:
        return f"Client(base_url={self._core.base_url!r})"
