"""A client for the KunaCore customer API.

KunaCore is a core-banking service for crypto products. A partner verifies a person and then creates a customer, which
also opens a wallet. There is no idempotency key: a request that is sent twice can open two wallets, and a timeout says
neither "created" nor "not". This client sends a creation again only after proof that it did nothing, looks up what no
answer tells, and says honestly what became of it.

    import kunacore

    client = kunacore.Client("https://kunacore.example", api_key="…")
    customer = client.create_customer(
        email="alexsmith@mail.com",
        first_name="Alex",
        last_name="Smith",
        country="FR",
        verification_document_id="FV633452",
        residence_address="Champ de Mars, Paris",
    )
    print(customer.wallet_id)

``ensure_customer`` takes the same fields and creates only a customer that is absent: for work that may be delivered
more than once, and after an ``OutcomeUnknownError``.

``create_customers`` imports a whole table: a frame, files, or rows of your own.

``kunacore.create_customer``, ``create_customers``, ``ensure_customer``, ``find_customers`` and ``customer_details`` do
the same on a client that is configured from the environment; ``kunacore.AsyncClient`` is for asyncio;
``kunacore.sandbox()`` starts a KunaCore on this machine to try things on. ``kunacore.testing``, and the pytest fixture
``kunacore_sandbox``, point the code of a test at one.

For type checkers, ``CustomerFields``, ``CustomerFilters``, ``ImportOptions``, ``CallOptions`` and ``ClientOptions`` are
the keywords of the calls as dicts: ``fields: kunacore.CustomerFields = {…}`` is checked before it is given as
``**fields``.

Importing the package loads nothing but this file; each name is loaded when it is first used.
"""

# Type checkers take any variable of this name for true; importing it from typing would cost more than all the rest.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from kunacore._async_client import AsyncClient as AsyncClient
    from kunacore._client import Client as Client
    from kunacore._customer import Customer as Customer
    from kunacore._default import create_customer as create_customer
    from kunacore._default import create_customers as create_customers
    from kunacore._default import customer_details as customer_details
    from kunacore._default import ensure_customer as ensure_customer
    from kunacore._default import find_customers as find_customers
    from kunacore._errors import AuthenticationError as AuthenticationError
    from kunacore._errors import ConfigurationError as ConfigurationError
    from kunacore._errors import DuplicateCustomerError as DuplicateCustomerError
    from kunacore._errors import ImportStoppedError as ImportStoppedError
    from kunacore._errors import InvalidCustomerError as InvalidCustomerError
    from kunacore._errors import InvalidResponseError as InvalidResponseError
    from kunacore._errors import KunaCoreError as KunaCoreError
    from kunacore._errors import NotAppliedError as NotAppliedError
    from kunacore._errors import NotFoundError as NotFoundError
    from kunacore._errors import OutcomeUnknownError as OutcomeUnknownError
    from kunacore._errors import RejectedError as RejectedError
    from kunacore._fields import CallOptions as CallOptions
    from kunacore._fields import ClientOptions as ClientOptions
    from kunacore._fields import CustomerFields as CustomerFields
    from kunacore._fields import CustomerFilters as CustomerFilters
    from kunacore._fields import ImportOptions as ImportOptions
    from kunacore._kunacore import Sandbox as Sandbox
    from kunacore._kunacore import __version__ as __version__
    from kunacore._progress import Progress as Progress
    from kunacore._raw import RawResponse as RawResponse
    from kunacore._raw_calls import AsyncRawCalls as AsyncRawCalls
    from kunacore._raw_calls import RawCalls as RawCalls
    from kunacore._result import ImportResult as ImportResult
    from kunacore._result import ImportRows as ImportRows
    from kunacore._result import open_run as open_run
    from kunacore._sandbox import sandbox as sandbox

__all__ = [
    "AsyncClient",
    "AsyncRawCalls",
    "AuthenticationError",
    "CallOptions",
    "Client",
    "ClientOptions",
    "ConfigurationError",
    "Customer",
    "CustomerFields",
    "CustomerFilters",
    "DuplicateCustomerError",
    "ImportOptions",
    "ImportResult",
    "ImportRows",
    "ImportStoppedError",
    "InvalidCustomerError",
    "InvalidResponseError",
    "KunaCoreError",
    "NotAppliedError",
    "NotFoundError",
    "OutcomeUnknownError",
    "Progress",
    "RawCalls",
    "RawResponse",
    "RejectedError",
    "Sandbox",
    "__version__",
    "create_customer",
    "create_customers",
    "customer_details",
    "ensure_customer",
    "find_customers",
    "open_run",
    "sandbox",
]

_HOMES = {
    "AsyncClient": "_async_client",
    "AsyncRawCalls": "_raw_calls",
    "CallOptions": "_fields",
    "Client": "_client",
    "ClientOptions": "_fields",
    "Customer": "_customer",
    "CustomerFields": "_fields",
    "CustomerFilters": "_fields",
    "ImportOptions": "_fields",
    "ImportResult": "_result",
    "ImportRows": "_result",
    "Progress": "_progress",
    "RawCalls": "_raw_calls",
    "RawResponse": "_raw",
    "Sandbox": "_kunacore",
    "__version__": "_kunacore",
    "create_customer": "_default",
    "create_customers": "_default",
    "customer_details": "_default",
    "ensure_customer": "_default",
    "find_customers": "_default",
    "open_run": "_result",
    "sandbox": "_sandbox",
}

# Hidden from type checkers, for whom it would make every misspelt name a valid one.
if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = _HOMES.get(name, "_errors")
        value = getattr(__import__(f"{__name__}.{home}", fromlist=(name,)), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
