"""What type checkers know of the package, which mypy and pyright check in this file, and refuse.

A check that stops refusing makes its comment an unused one, which both report. What is asserted here is also run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, assert_type

import pytest

import kunacore
from kunacore import AsyncClient, Client, Customer

FIELDS: kunacore.CustomerFields = {
    "email": "alexsmith@mail.com",
    "first_name": "Alex",
    "last_name": "Smith",
    "country": "FR",
    "verification_document_id": "FV633452",
    "residence_address": "Champ de Mars, Paris",
    "external_id": "1",
}


def test_a_client_returns_customers(client: Client) -> None:
    assert_type(client.create_customer(**FIELDS), Customer)
    assert_type(client.ensure_customer(**FIELDS, maybe_sent=False), Customer)
    filters: kunacore.CustomerFilters = {"email": "alexsmith@mail.com", "take": 1}
    (found,) = assert_type(client.find_customers(**filters), list[Customer])
    assert_type(client.customer_details(found.id), Customer)
    assert_type(found.wallet_id, str)
    assert_type(found.email, str | None)


def test_the_package_returns_customers(sandbox: kunacore.Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    created = assert_type(kunacore.create_customer(**FIELDS), Customer)
    assert_type(kunacore.ensure_customer(**FIELDS), Customer)
    assert_type(kunacore.find_customers(external_id="1"), list[Customer])
    assert_type(kunacore.customer_details(created.id), Customer)


def test_an_awaited_call_returns_customers(sandbox: kunacore.Sandbox) -> None:
    async def run() -> None:
        async with AsyncClient(sandbox.url, api_key=sandbox.api_key) as client:
            call: Coroutine[Any, Any, Customer] = client.create_customer(**FIELDS)
            created = assert_type(await call, Customer)
            assert_type(await client.ensure_customer(**FIELDS), Customer)
            assert_type(await client.find_customers(email="alexsmith@mail.com"), list[Customer])
            assert_type(await client.customer_details(created.id), Customer)
            assert_type(client.with_options(settle=1), AsyncClient)

    asyncio.run(run())


def test_an_import_returns_a_result(client: Client, tmp_path: Path) -> None:
    options: kunacore.ImportOptions = {"run": tmp_path / "run", "progress": False, "extra": "ignore"}
    result = assert_type(client.create_customers([FIELDS], **options), kunacore.ImportResult)
    assert_type(result.created, kunacore.ImportRows)
    assert_type(result.run, Path)


def test_options_make_a_client_of_the_same_class(sandbox: kunacore.Sandbox) -> None:
    class Own(Client):
        pass

    options: kunacore.ClientOptions = {"api_key": sandbox.api_key, "timeout": 5}
    own = Own(sandbox.url, **options)
    call_options: kunacore.CallOptions = {"deadline": 10.0}
    assert type(assert_type(own.with_options(**call_options), Own)) is Own
    assert_type(kunacore.sandbox(), kunacore.Sandbox)


def test_errors_say_what_they_hold(client: Client) -> None:
    client.create_customer(**FIELDS)
    with pytest.raises(kunacore.DuplicateCustomerError) as duplicate:
        client.create_customer(**FIELDS)
    assert_type(duplicate.value.existing, Customer | None)
    assert_type(duplicate.value.candidates, tuple[Customer, ...])
    assert_type(duplicate.value.status_code, int | None)
    assert_type(duplicate.value.retry_after, float | None)
    assert_type(duplicate.value.outcome, str)
    british: kunacore.CustomerFields = {**FIELDS, "country": "uk"}
    with pytest.raises(kunacore.InvalidCustomerError) as invalid:
        client.create_customer(**british)
    assert_type(invalid.value.problems, dict[str, str])
    stopped = kunacore.ImportStoppedError("stopped")
    assert_type(stopped.result, kunacore.ImportResult | None)
    assert_type(stopped.run, Path | None)


def test_what_type_checkers_refuse_is_refused(client: Client) -> None:
    with pytest.raises(TypeError):
        client.create_customer(email="a@b")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        client.create_customer(**FIELDS, nickname="Al")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        client.ensure_customer(**FIELDS, maybe=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        client.find_customers(nickname="Al")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        client.find_customers(take="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        client.create_customers([FIELDS], runs="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        client.create_customers([FIELDS], rate="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError):
        client.with_options(timeout=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        Client(key="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        AsyncClient(key="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        kunacore.create_customer(**FIELDS, nickname="Al")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    wrong: kunacore.CustomerFields = {**FIELDS, "email": 7}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    with pytest.raises(kunacore.InvalidCustomerError):
        client.create_customer(**wrong)
    lacking: kunacore.CustomerFields = {"email": "a@b"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    with pytest.raises(TypeError):
        client.create_customer(**lacking)
