"""The calls of both clients with what their answers told beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    from kunacore._async_client import AsyncClient
    from kunacore._client import Client
    from kunacore._customer import Customer
    from kunacore._fields import CustomerFields, CustomerFilters
    from kunacore._raw import RawResponse


class RawCalls:
    """The calls of a ``Client``, each with what its answer told beside.

    It is what ``with_raw_response`` gives. Arguments and errors are those of the client's calls.
    """

    __module__ = "kunacore"

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        self._client: Any = client

    def create_customer(self, **fields: Unpack[CustomerFields]) -> RawResponse[Customer]:
        """``Client.create_customer``, with what the answer told beside."""
        response: RawResponse[Customer] = self._client.create_customer(**fields)
        return response

    def ensure_customer(self, *, maybe_sent: bool = True, **fields: Unpack[CustomerFields]) -> RawResponse[Customer]:
        """``Client.ensure_customer``, with what the answer told beside."""
        response: RawResponse[Customer] = self._client.ensure_customer(maybe_sent=maybe_sent, **fields)
        return response

    def find_customers(self, **filters: Unpack[CustomerFilters]) -> RawResponse[list[Customer]]:
        """``Client.find_customers``, with what the answer told beside."""
        response: RawResponse[list[Customer]] = self._client.find_customers(**filters)
        return response

    def customer_details(self, id: str) -> RawResponse[Customer]:
        """``Client.customer_details``, with what the answer told beside."""
        response: RawResponse[Customer] = self._client.customer_details(id)
        return response


class AsyncRawCalls:
    """The calls of an ``AsyncClient``, each with what its answer told beside.

    It is what ``with_raw_response`` gives. Arguments and errors are those of the client's calls.
    """

    __module__ = "kunacore"

    __slots__ = ("_client",)

    def __init__(self, client: AsyncClient) -> None:
        self._client: Any = client

    async def create_customer(self, **fields: Unpack[CustomerFields]) -> RawResponse[Customer]:
        """``AsyncClient.create_customer``, with what the answer told beside."""
        response: RawResponse[Customer] = await self._client.create_customer(**fields)
        return response

    async def ensure_customer(
        self, *, maybe_sent: bool = True, **fields: Unpack[CustomerFields]
    ) -> RawResponse[Customer]:
        """``AsyncClient.ensure_customer``, with what the answer told beside."""
        response: RawResponse[Customer] = await self._client.ensure_customer(maybe_sent=maybe_sent, **fields)
        return response

    async def find_customers(self, **filters: Unpack[CustomerFilters]) -> RawResponse[list[Customer]]:
        """``AsyncClient.find_customers``, with what the answer told beside."""
        response: RawResponse[list[Customer]] = await self._client.find_customers(**filters)
        return response

    async def customer_details(self, id: str) -> RawResponse[Customer]:
        """``AsyncClient.customer_details``, with what the answer told beside."""
        response: RawResponse[Customer] = await self._client.customer_details(id)
        return response
