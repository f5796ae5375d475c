"""The asynchronous client: coroutines for asyncio, on one event loop after another."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Iterator

import pytest
from example import ALEX, Fields, alex
from scripted_server import Hang, Reply, ScriptedServer

import kunacore


@pytest.fixture
def client(sandbox: kunacore.Sandbox) -> Iterator[kunacore.AsyncClient]:
    made = kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key)
    yield made
    asyncio.run(made.aclose())


def test_a_call_is_a_coroutine_that_asyncio_takes(client: kunacore.AsyncClient) -> None:
    created = asyncio.run(client.create_customer(**ALEX))  # asyncio.run refuses anything but a coroutine

    async def look_up() -> list[str]:
        async with asyncio.TaskGroup() as group:
            one = group.create_task(client.customer_details(created.id))
            many = group.create_task(client.find_customers(email=ALEX["email"]))
        return [one.result().id, *(found.id for found in many.result())]

    # A second event loop, with the connections of the first.
    assert asyncio.run(look_up()) == [created.id, created.id]
    assert inspect.iscoroutinefunction(client.create_customer)


def test_many_calls_run_at_once(client: kunacore.AsyncClient, sandbox: kunacore.Sandbox) -> None:
    async def create() -> list[kunacore.Customer]:
        return await asyncio.gather(*(client.create_customer(**alex(number)) for number in range(100)))

    assert len({customer.wallet_id for customer in asyncio.run(create())}) == 100
    assert len(sandbox.ledger()) == 100


def test_errors_are_raised_where_the_call_is_awaited(client: kunacore.AsyncClient) -> None:
    with pytest.raises(kunacore.NotFoundError):
        asyncio.run(client.customer_details("no-such-id"))
    british: Fields = {**ALEX, "country": "uk"}
    with pytest.raises(kunacore.InvalidCustomerError):
        asyncio.run(client.create_customer(**british))


def test_a_call_can_be_given_up() -> None:
    async def give_up(client: kunacore.AsyncClient) -> None:
        async with asyncio.timeout(0.1):
            await client.create_customer(**ALEX)

    with ScriptedServer([Hang()]) as server:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            asyncio.run(give_up(kunacore.AsyncClient(server.url, api_key="k")))
        assert time.monotonic() - started < 5
        assert len(server.seen) == 1


def test_the_loop_runs_on_while_a_call_waits() -> None:
    async def tick(client: kunacore.AsyncClient) -> int:
        waiting = asyncio.create_task(client.find_customers())
        for _ in range(5):
            await asyncio.sleep(0.01)
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return 5

    with ScriptedServer([Hang()]) as server:
        assert asyncio.run(tick(kunacore.AsyncClient(server.url, api_key="k"))) == 5


def test_a_closed_client_refuses_calls(sandbox: kunacore.Sandbox) -> None:
    async def use() -> None:
        async with kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key) as client:
            await client.find_customers()
        await client.close()
        with pytest.raises(RuntimeError, match="the client is closed"):
            await client.find_customers()

    asyncio.run(use())


def test_a_creation_that_is_cancelled_says_that_the_customer_may_exist(caplog: pytest.LogCaptureFixture) -> None:
    async def give_up() -> BaseException | None:
        client = kunacore.AsyncClient(server.url, api_key="k")
        waiting = asyncio.create_task(client.create_customer(**ALEX))
        while not server.seen:
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await waiting
        return caught.value.__cause__

    with ScriptedServer([Hang()]) as server:
        assert isinstance(asyncio.run(give_up()), kunacore.OutcomeUnknownError)
    assert "may or may not have been created" in caplog.text
    assert ALEX["email"] not in caplog.text


@pytest.mark.parametrize("call", ["create_customer", "ensure_customer"])
def test_the_wait_for_a_customer_to_appear_can_be_cancelled(call: str) -> None:
    async def give_up() -> tuple[BaseException | None, float]:
        client = kunacore.AsyncClient(server.url, api_key="k", settle=3600, deadline=7200)
        waiting = asyncio.create_task(getattr(client, call)(**ALEX))
        # The last request asks whether there is any customer at all; then it waits for minutes.
        while not (server.seen and '"take"' in server.seen[-1].body):
            await asyncio.sleep(0.01)
        started = time.monotonic()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await waiting
        return caught.value.__cause__, time.monotonic() - started

    nobody = Reply(body=b'{"data":[]}')
    with ScriptedServer([Reply(500), nobody, nobody] if call == "create_customer" else [nobody, nobody]) as server:
        cause, seconds = asyncio.run(give_up())
    assert isinstance(cause, kunacore.OutcomeUnknownError)
    assert seconds < 0.2


def test_the_ids_of_a_customer_whose_call_was_cancelled_too_late_are_logged(
    sandbox: kunacore.Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async def give_up_too_late() -> None:
        client = kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key)
        waiting = asyncio.create_task(client.create_customer(**ALEX))
        await asyncio.sleep(0)  # The call starts; then this thread is busy until the answer is there.
        while not sandbox.ledger():
            time.sleep(0.01)
        time.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.sleep(0.1)

    asyncio.run(give_up_too_late())
    assert sandbox.ledger()[0]["walletId"] in caplog.text


def test_the_ids_are_logged_where_a_call_is_cancelled_between_its_answer_and_its_next_turn(
    sandbox: kunacore.Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async def give_up(raw: bool) -> None:
        client = kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key)
        before = len(sandbox.ledger())
        waiting = asyncio.create_task((client.with_raw_response if raw else client).create_customer(**alex(before)))
        await asyncio.sleep(0)
        # Due in the turn of the loop in which the answer is seen, but after it: readers come before timers.
        asyncio.get_running_loop().call_later(0.001, waiting.cancel)
        while len(sandbox.ledger()) == before:
            time.sleep(0.01)
        time.sleep(0.2)
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(give_up(raw=False))
    asyncio.run(give_up(raw=True))
    for created in sandbox.ledger():
        assert created["walletId"] in caplog.text


# Which of two answers comes first is open, so either is the late one once.
@pytest.mark.parametrize("late", [0, 1])
def test_what_a_handler_of_logging_raises_keeps_no_other_call_from_its_answer(
    sandbox: kunacore.Sandbox, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError("a handler that is broken")

    monkeypatch.setattr(logging.getLogger("kunacore"), "handlers", [Broken()])
    raised: list[str] = []

    async def create_two() -> kunacore.Customer:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(str(context["exception"])))
        client = kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key)
        calls = [asyncio.create_task(client.create_customer(**alex(number))) for number in range(2)]
        await asyncio.sleep(0)  # Both start; then this thread is busy until both answers are there.
        while len(sandbox.ledger()) < 2:
            time.sleep(0.01)
        time.sleep(0.2)
        calls[late].cancel()
        with pytest.raises(RuntimeError, match="a handler that is broken"):
            await calls[late]
        return await asyncio.wait_for(calls[1 - late], 10)

    assert asyncio.run(create_two()).wallet_id in {created["walletId"] for created in sandbox.ledger()}
    assert raised == ["a handler that is broken"]
