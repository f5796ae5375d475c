"""`Customer`: a value that shows its ids only."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import pytest
from example import ALEX
from scripted_server import Reply, ScriptedServer

import kunacore
from kunacore._customer import made


def looked_up(**data: object) -> kunacore.Customer:
    body = json.dumps({"data": {"id": "c-1", "walletId": "w-1", **data}}).encode()
    with ScriptedServer([Reply(200, body=body)]) as server, kunacore.Client(server.url, api_key="k") as client:
        return client.customer_details("c-1")


def test_it_holds_what_the_server_said(client: kunacore.Client) -> None:
    customer = client.create_customer(**ALEX, phone_number="+380991234567", external_id="e-1", comment="special")
    assert (customer.email, customer.first_name, customer.last_name) == ("alexsmith@mail.com", "Alex", "Smith")
    assert (customer.phone_number, customer.external_id) == ("+380991234567", "e-1")
    assert (customer.comment, customer.referral_id) == ("special", None)
    assert customer.raw["walletId"] == customer.wallet_id


def test_how_is_told_only_of_a_customer_that_was_created_or_ensured(client: kunacore.Client) -> None:
    created = client.create_customer(**ALEX)
    assert created.how == "created"
    assert client.ensure_customer(**ALEX).how == "adopted"
    assert client.customer_details(created.id).how is None
    assert [found.how for found in client.find_customers()] == [None]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-26T16:36:14.499Z", datetime(2024, 2, 26, 16, 36, 14, 499000, UTC)),
        ("2024-02-26T18:36:14+02:00", datetime(2024, 2, 26, 16, 36, 14, 0, UTC)),
        ("1969-12-31T23:59:59.5Z", datetime(1969, 12, 31, 23, 59, 59, 500000, UTC)),
        ("9999-12-30T00:00:00Z", datetime(9999, 12, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0000-12-31T23:59:59Z", None),
        ("-000001-01-01T00:00:00Z", None),
        ("yesterday", None),
        (None, None),
        (17, None),
    ],
)
def test_created_at_is_aware_or_none(text: object, moment: datetime | None) -> None:
    created_at = looked_up(createdAt=text).created_at
    assert created_at == moment
    assert created_at is None or created_at.utcoffset() == timedelta(0)


def test_raw_keeps_what_is_not_known() -> None:
    data = {"tier": [1, -2, 2.5, 2**64 - 1, True, None, {"level": "gold"}]}
    assert looked_up(**data).raw == {"id": "c-1", "walletId": "w-1", **data}


@pytest.mark.parametrize(
    ("odd", "mended"),
    [
        (b'"comment":"\xff"', {"comment": "\ufffd"}),
        (b'"comment":"\\ud83d"', {"comment": "\ufffd"}),
        (b'"tier":"\xff"', {"tier": "\ufffd"}),
        (b'"tier":1e999', {}),
        (b'"tier":' + b"7" * 5_000, {"tier": "7" * 5_000}),
        (b'"tier":' + b"[" * 100_000 + b"]" * 100_000, {"tier": [[None]]}),
    ],
    ids=["no UTF-8", "half a pair", "no UTF-8 in what is not known", "too large", "too many digits", "too deep"],
)
def test_an_odd_answer_to_a_creation_is_read_as_that_to_a_look_up(odd: bytes, mended: dict[str, object]) -> None:
    body = b'{"data":{"id":"c-1","walletId":"w-1",%s}}' % odd
    with (
        ScriptedServer([Reply(201, body=body), Reply(200, body=body)]) as server,
        kunacore.Client(server.url, api_key="k") as client,
    ):
        created, found = client.create_customer(**ALEX), client.customer_details("c-1")
    assert created.raw == found.raw == {"id": "c-1", "walletId": "w-1", **mended}
    assert created.comment == found.comment == mended.get("comment")
    assert pickle.loads(pickle.dumps(created)) == created == copy.copy(created)


@pytest.mark.parametrize("name", ["created_at", "raw"])
def test_another_thread_may_ask_at_any_moment_for_what_is_made_when_somebody_asks(name: str) -> None:
    expected = getattr(made_by_a_call(), name)
    # Python 3.12 begins to tell of single steps after the first that asks for it.
    asked_meanwhile(name, 0)
    moment, moments = 0, 1
    while moment < moments:
        told, moments = asked_meanwhile(name, moment)
        assert told == expected, f"at moment {moment} of {moments}"
        moment += 1
    assert moments > 5


def asked_meanwhile(name: str, moment: int) -> tuple[object, int]:
    """What one is told of a new customer whom another asks after so many steps; and how many steps there are."""
    customer = made_by_a_call()
    code = getattr(kunacore.Customer, name).fget.__code__
    steps = 0

    def watch(frame: FrameType, event: str, _: object) -> Any:
        nonlocal steps
        if frame.f_code is not code:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            if steps == moment:
                getattr(customer, name)
            steps += 1
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        told = getattr(customer, name)
    finally:
        sys.settrace(before)
    return told, steps


def made_by_a_call() -> kunacore.Customer:
    answer = b'{"data":{"id":"c-1","walletId":"w-1"}}'
    moment = 1_708_965_374_499_000
    return made("c-1", "w-1", None, None, None, None, None, None, None, moment, "created", answer)


def test_repr_shows_the_ids_only() -> None:
    assert repr(looked_up(email="alexsmith@mail.com")) == "Customer(id='c-1', wallet_id='w-1')"


def test_it_cannot_be_changed() -> None:
    customer = looked_up()
    with pytest.raises(AttributeError):
        customer.email = "other@mail.com"
    with pytest.raises(AttributeError):
        del customer.id
    with pytest.raises(AttributeError):
        customer.nickname = "Al"


def test_it_compares_by_value() -> None:
    customer = looked_up(email="alexsmith@mail.com")
    assert customer == looked_up(email="alexsmith@mail.com")
    assert customer != looked_up(email="other@mail.com")
    assert customer != "c-1"
    assert len({customer, looked_up(email="alexsmith@mail.com")}) == 1


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_it_survives_pickling_and_copying(protocol: int) -> None:
    customer = looked_up(email="alexsmith@mail.com", createdAt="2024-02-26T16:36:14.499Z")
    assert pickle.loads(pickle.dumps(customer, protocol)) == customer
    assert copy.deepcopy(customer) == customer
