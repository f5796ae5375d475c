"""The calls: what they take, and what they refuse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from example import ALEX, alex
from scripted_server import Reply, ScriptedServer

import kunacore

GARBAGE: list[Any] = [7, 1.5, True, b"FR", ["FR"], {"a": 1}, object(), "\ud800"]


@pytest.mark.parametrize("value", GARBAGE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("name", ["email", "country", "itn"])
def test_a_field_that_is_not_text_is_refused(client: kunacore.Client, name: str, value: Any) -> None:
    arguments: Any = {**ALEX, name: value}
    with pytest.raises(kunacore.InvalidCustomerError) as caught:
        client.create_customer(**arguments)
    assert caught.value.problems == {name: "must be text"}


def test_all_problems_are_told_at_once(client: kunacore.Client) -> None:
    arguments: Any = {**ALEX, "email": 7, "first_name": None, "last_name": " ", "country": "fr", "comment": 7}
    with pytest.raises(ValueError, match="the customer cannot be sent") as caught:
        client.create_customer(**arguments)
    assert isinstance(caught.value, kunacore.InvalidCustomerError)
    assert caught.value.problems.keys() == {"email", "first_name", "last_name", "country", "comment"}


def test_a_keyword_that_is_missing_or_unknown_is_pythons_to_refuse(client: kunacore.Client) -> None:
    with pytest.raises(TypeError, match="residence_address"):
        client.create_customer(email="a@b", first_name="A")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="nickname"):
        client.create_customer(**ALEX, nickname="Al")  # type: ignore[call-arg]


@pytest.mark.parametrize("call", ["create_customer", "ensure_customer"])
def test_python_refuses_in_its_own_words_and_nothing_is_sent(
    sandbox: kunacore.Sandbox, client: kunacore.Client, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    missing: Any = {name: value for name, value in ALEX.items() if name not in ("country", "email")}
    unknown: Any = {**ALEX, "nickname": "Al"}

    async def awaited(fields: Any) -> object:
        async with kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key) as made:
            return await getattr(made, call)(**fields)

    doors: list[Callable[[Any], object]] = [
        lambda fields: getattr(client, call)(**fields),
        lambda fields: getattr(kunacore, call)(**fields),
        lambda fields: asyncio.run(awaited(fields)),
    ]
    for door in doors:
        words = r"\(\) missing 2 required keyword-only arguments: 'email' and 'country'"
        with pytest.raises(TypeError, match=f"^{call}{words}$"):
            door(missing)
        with pytest.raises(TypeError, match=rf"^{call}\(\) got an unexpected keyword argument 'nickname'"):
            door(unknown)
    assert sandbox.ledger() == []


def test_every_list_of_keywords_is_pythons_to_check(client: kunacore.Client) -> None:
    odd: Any = {"nickname": "Al"}
    for call in (kunacore.Client, kunacore.AsyncClient, client.find_customers, client.create_customers):
        with pytest.raises(TypeError, match="got an unexpected keyword argument 'nickname'"):
            call(**odd)
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'nickname'"):
        client.with_options(**odd)


def test_text_of_any_script_arrives_as_it_was_given(client: kunacore.Client, sandbox: kunacore.Sandbox) -> None:
    comment = "  «Ельза» \u0000 \U0001f980 \n"
    assert client.create_customer(**ALEX, comment=comment).comment == comment
    assert sandbox.ledger()[0]["comment"] == comment


@pytest.mark.parametrize("name", ["email", "created_from", "full_name"])
@pytest.mark.parametrize("value", GARBAGE, ids=lambda value: type(value).__name__)
def test_a_filter_that_is_not_text_is_refused(client: kunacore.Client, name: str, value: Any) -> None:
    with pytest.raises(ValueError if isinstance(value, str) else TypeError, match=name):
        client.find_customers(**{name: value})


def test_take_and_skip_are_whole_numbers(client: kunacore.Client) -> None:
    for number in range(3):
        client.create_customer(**alex(number))
    assert [found.email for found in client.find_customers(skip=1, take=1)] == ["alexsmith+1@mail.com"]
    for value in ("1", 1.5):
        with pytest.raises(TypeError, match="take must be a whole number"):
            client.find_customers(take=value)  # type: ignore[arg-type]
    for value in (-1, 2**32, 10**30):
        with pytest.raises(ValueError, match="skip must be between 0 and"):
            client.find_customers(skip=value)


def test_an_id_is_text(client: kunacore.Client) -> None:
    with pytest.raises(TypeError, match="id must be text"):
        client.customer_details(7)  # type: ignore[arg-type]
    with pytest.raises(kunacore.NotFoundError):
        client.customer_details("no-such-id")


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (datetime(2024, 2, 26, 16, 36, 14, 499000, UTC), "2024-02-26T16:36:14.499Z"),
        (datetime(2024, 2, 26, 16, 36, 14, 499123, UTC), "2024-02-26T16:36:14.499123Z"),
        (datetime(2024, 2, 26, 16, 36, tzinfo=timezone(timedelta(hours=2))), "2024-02-26T14:36:00.000Z"),
        ("2024-02-26", "2024-02-26"),
    ],
)
def test_a_time_is_sent_in_utc(moment: datetime | str, sent: str) -> None:
    with ScriptedServer([Reply(200, body=b'{"data":[]}')]) as server:
        kunacore.Client(server.url, api_key="k").find_customers(created_from=moment)
        assert json.loads(server.seen[0].body) == {"createdFrom": sent}


def test_a_time_without_a_zone_is_refused(client: kunacore.Client) -> None:
    with pytest.raises(ValueError, match="created_to must be an aware datetime"):
        client.find_customers(created_to=datetime(2024, 2, 26))


def test_a_closed_client_refuses_calls(sandbox: kunacore.Sandbox) -> None:
    with kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
        client.find_customers()
    client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.find_customers()
