"""The cases of `tests/conformance` at the root of the repository, whose README says what they mean.

Each is run with the client and with the asynchronous client.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Close, Hang, Reply, ScriptedServer

import kunacore

FOLDER = Path(__file__).parents[2] / "tests" / "conformance"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
]
AUTHENTICATION = ("authorization", "api-key", "merchant_id", "api-version")
REQUIRED = ("email", "first_name", "last_name", "country", "verification_document_id", "residence_address")
ATTRIBUTES = {"status": "status_code"}
NAMES = {
    "walletId": "wallet_id",
    "firstName": "first_name",
    "lastName": "last_name",
    "phoneNumber": "phone_number",
    "externalId": "external_id",
    "referralId": "referral_id",
    "createdAt": "created_at",
}


def test_there_are_cases() -> None:
    assert CASES, f"no case was found in {FOLDER}"


@pytest.mark.parametrize("run", ["sync", "async"])
@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], run: str) -> None:
    result: dict[str, Any] = case["result"]
    with ScriptedServer([answer(exchange) for exchange in case["exchanges"]]) as server:
        expectation: AbstractContextManager[Any] = (
            pytest.raises(kunacore.KunaCoreError) if "error" in result else nullcontext()
        )
        with expectation as caught:
            found = call(server.url, case) if run == "sync" else asyncio.run(call_async(server.url, case))
        if caught is None:
            check_found(found, result)
        else:
            check_error(caught.value, result["error"], case)
        check_requests(server, case["exchanges"])


def answer(exchange: dict[str, Any]) -> Reply | Close | Hang:
    if exchange.get("close"):
        return Close()
    if exchange.get("hang"):
        return Hang()
    response = exchange["response"]
    body = response.get("body", "")
    if "repeat" in response:
        text, times = response["repeat"]
        body = text * times
    elif not isinstance(body, str):
        body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    missing = 10 if response.get("truncate") else 0
    return Reply(response["status"], response.get("headers", {}), body.encode(), missing)


def arguments(case: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The call and its keywords; a required one that the case leaves out is None, as Python demands to be told."""
    ((name, given),) = case["call"].items()
    return name, {**dict.fromkeys(REQUIRED), **given} if name in ("create_customer", "ensure_customer") else given


def call(url: str, case: dict[str, Any]) -> Any:
    name, keywords = arguments(case)
    with kunacore.Client(url, **case["client"]) as client:
        return getattr(client, name)(**keywords)


async def call_async(url: str, case: dict[str, Any]) -> Any:
    name, keywords = arguments(case)
    async with kunacore.AsyncClient(url, **case["client"]) as client:
        return await getattr(client, name)(**keywords)


def check_requests(server: ScriptedServer, exchanges: list[dict[str, Any]]) -> None:
    assert len(server.seen) == len(exchanges)
    for seen, exchange in zip(server.seen, exchanges, strict=True):
        expected = exchange["request"]
        assert (seen.method, seen.path, seen.body) == ("POST", expected["path"], expected["body"])
        headers = expected.get("headers", {})
        assert {name: seen.headers.get(name) for name in headers} == headers
        assert [name for name in AUTHENTICATION if name in seen.headers and name not in headers] == []


def check_found(found: Any, result: dict[str, Any]) -> None:
    expected = [result["customer"]] if "customer" in result else result["customers"]
    customers = [found] if "customer" in result else found
    assert len(customers) == len(expected)
    for customer, values in zip(customers, expected, strict=True):
        for name, value in values.items():
            wanted = datetime.fromisoformat(value) if name == "createdAt" and value is not None else value
            assert getattr(customer, NAMES.get(name, name)) == wanted


def ids(customer: kunacore.Customer) -> dict[str, str]:
    return {"id": customer.id, "walletId": customer.wallet_id}


def check_error(error: kunacore.KunaCoreError, expected: dict[str, Any], case: dict[str, Any]) -> None:
    assert type(error).__name__ == expected["exception"]
    for name in expected.keys() - {"exception", "kind", "message", "may_show", "existing", "candidates"}:
        assert getattr(error, ATTRIBUTES.get(name, name)) == expected[name], name
    if "existing" in expected:
        assert (error.existing and ids(error.existing)) == expected["existing"]
    if "candidates" in expected:
        assert [ids(candidate) for candidate in error.candidates] == expected["candidates"]
    assert expected.get("message", "") in str(error)
    _, keywords = arguments(case)
    values = [value.strip() for value in [*keywords.values(), *case["client"].values()] if isinstance(value, str)]
    shown = [value for value in values if value and value in f"{error} {error!r} {error.__dict__}"]
    assert set(shown) <= set(expected.get("may_show", []))
