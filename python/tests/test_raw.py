"""What the answer of a call told beside its value."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from example import ALEX
from scripted_server import Reply, ScriptedServer

import kunacore

HEADERS = {"x-request-id": "r-1", "set-cookie": "secret=1"}
CREATED = Reply(201, HEADERS, b'{"data":{"id":"c-1","walletId":"w-1"}}')
LISTED = Reply(200, HEADERS, b'{"data":[{"id":"c-1","walletId":"w-1"}]}')
SHOWN = Reply(200, HEADERS, b'{"data":{"id":"c-1","walletId":"w-1"}}')


def waited(url: str) -> list[kunacore.RawResponse[Any]]:
    raw = kunacore.Client(url, api_key="k").with_raw_response
    return [raw.create_customer(**ALEX), raw.find_customers(email="a@example.com"), raw.customer_details("c-1")]


async def awaited(url: str) -> list[kunacore.RawResponse[Any]]:
    raw = kunacore.AsyncClient(url, api_key="k").with_raw_response
    return [
        await raw.create_customer(**ALEX),
        await raw.find_customers(email="a@example.com"),
        await raw.customer_details("c-1"),
    ]


@pytest.mark.parametrize("calls", [waited, lambda url: asyncio.run(awaited(url))], ids=["waited", "awaited"])
def test_a_call_gives_status_headers_and_request_id_beside_its_value(calls: Any) -> None:
    with ScriptedServer([CREATED, LISTED, SHOWN]) as server:
        created, found, shown = calls(server.url)
    assert (created.value.wallet_id, created.value.how) == ("w-1", "created")
    assert [customer.id for customer in found.value] == ["c-1"]
    assert shown.value.id == "c-1"
    assert [raw.status_code for raw in (created, found, shown)] == [201, 200, 200]
    for raw in (created, found, shown):
        assert raw.request_id == "r-1"
        assert raw.headers["set-cookie"] == "secret=1"
        assert "secret" not in repr(raw)
        assert pickle.loads(pickle.dumps(raw)) == raw


def test_an_ensured_customer_comes_with_the_answer_that_showed_it(client: kunacore.Client) -> None:
    created = client.create_customer(**ALEX)
    raw = client.with_raw_response.ensure_customer(**ALEX)
    assert (raw.value.id, raw.value.how, raw.status_code) == (created.id, "adopted", 200)
    assert "date" in raw.headers


def test_a_call_that_fails_raises_as_ever(client: kunacore.Client) -> None:
    with pytest.raises(kunacore.NotFoundError):
        client.with_raw_response.customer_details("nobody")
    with pytest.raises(TypeError, match=r"create_customer\(\) missing"):
        client.with_raw_response.create_customer()  # type: ignore[call-arg]
