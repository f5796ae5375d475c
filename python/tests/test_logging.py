"""What is logged under the name `kunacore`: by calls, by imports, and by nobody who does not ask for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PythonRunner
from example import ALEX, rows
from scripted_server import Reply, ScriptedServer

import kunacore
from kunacore import _import, _logging


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a name are made in the current directory."""
    monkeypatch.chdir(tmp_path)


class Handler(logging.Handler):
    """Keeps the records, and does with each what a test asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        return [record.getMessage() for record in self.records]


def listening(monkeypatch: pytest.MonkeyPatch, level: int, handler: Handler) -> Handler:
    logger = logging.getLogger("kunacore")
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "propagate", False)
    logger.setLevel(level)
    return handler


@pytest.fixture(autouse=True)
def _level() -> Iterator[None]:
    yield
    # By its setter, which lets go of what loggers remember of levels.
    logging.getLogger("kunacore").setLevel(logging.NOTSET)


def test_each_attempt_of_a_call_is_a_line_without_personal_data(
    client: kunacore.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = listening(monkeypatch, logging.INFO, Handler())
    before = time.time()
    client.create_customer(**ALEX)
    client.find_customers(email=ALEX["email"])
    asyncio.run(again(client))
    assert [line.split(" milliseconds=")[0] for line in handler.lines] == [
        "attempt operation=create_customer http.request.method=POST http.response.status_code=201",
        "attempt operation=find_customers http.request.method=POST http.response.status_code=200",
        "attempt operation=customer_details http.request.method=POST http.response.status_code=404 error.type=404",
    ]
    assert {(record.name, record.levelname) for record in handler.records} == {("kunacore", "INFO")}
    assert all(before - 1 < record.created <= time.time() for record in handler.records)
    text = "\n".join(handler.lines)
    assert not [value for value in ALEX.values() if str(value) in text]


async def again(client: kunacore.Client) -> None:
    core = client._core
    async with kunacore.AsyncClient(core.base_url, api_key="sandbox-api-key") as concurrent:
        with pytest.raises(kunacore.NotFoundError):
            await concurrent.customer_details("nobody")


def test_a_request_that_is_sent_again_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = listening(monkeypatch, logging.INFO, Handler())
    with ScriptedServer([Reply(503), Reply(body=b'{"data":[]}')]) as server:
        kunacore.Client(server.url, api_key="k").find_customers()
    first, second = handler.lines
    assert "status_code=503" in first
    assert "error.type=503" in first
    assert "http.request.resend_count=1" in second


def test_nobody_is_told_what_nobody_wants_to_know(
    sandbox: kunacore.Sandbox, client: kunacore.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(_logging, "tell", lambda *line: told.append(line))
    listening(monkeypatch, logging.WARNING, Handler())
    client.create_customer(**ALEX)
    client.create_customers(rows(50), progress=False)
    assert told == []
    logging.getLogger("kunacore").setLevel(logging.INFO)
    client.find_customers()
    assert len(told) == 1


def test_a_call_imports_logging_only_to_warn(python: PythonRunner) -> None:
    program = """
import sys, kunacore
sb = kunacore.sandbox()
kunacore.Client(sb.url, api_key=sb.api_key).find_customers()
print("logging" in sys.modules)
kunacore.Client("http://kunacore.example", api_key="k", allow_http=True)
print("logging" in sys.modules)
"""
    done = python("-c", program)
    assert done.stdout == "False\nTrue\n"
    assert done.stderr.startswith("plain http is allowed for this host")


def test_single_rows_of_an_import_are_told_at_debug_only(
    client: kunacore.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = listening(monkeypatch, logging.INFO, Handler())
    client.create_customers(rows(20), progress=False)
    assert not [line for line in handler.lines if "attempt" in line]
    logging.getLogger("kunacore").setLevel(logging.DEBUG)
    client.create_customers([{**row, "email": "b" + row["email"]} for row in rows(20)], progress=False)
    attempts = [record for record in handler.records if "operation=create_customer" in record.getMessage()]
    assert len(attempts) == 20
    assert {record.levelname for record in attempts} == {"DEBUG"}


def test_an_import_tells_now_and_then_how_far_it_is(client: kunacore.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _import.NOTE_EVERY == 10
    monkeypatch.setattr(_import, "NOTE_EVERY", 0.1)
    handler = listening(monkeypatch, logging.INFO, Handler())
    client.create_customers(rows(60), rate=100, progress=False)
    moments = [line for line in handler.lines if " of 60 rows · " in line]
    assert moments
    assert all(line.startswith("create_customers: ") for line in moments)


def test_a_handler_that_is_slow_does_not_stop_an_import(
    sandbox: kunacore.Sandbox, client: kunacore.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown: list[int] = []

    class Slow(Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if " rows/s" in record.getMessage() and not any(grown):
                before = len(sandbox.ledger())
                time.sleep(0.3)
                grown.append(len(sandbox.ledger()) - before)

    monkeypatch.setattr(_import, "NOTE_EVERY", 0.1)
    listening(monkeypatch, logging.INFO, Slow())
    client.create_customers(rows(100), rate=150, progress=False)
    assert any(grown)


def test_what_a_handler_raises_like_ctrl_c_loses_no_id(
    sandbox: kunacore.Sandbox, client: kunacore.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(Handler):
        def emit(self, record: logging.LogRecord) -> None:
            super().emit(record)
            if "attempt" in record.getMessage():
                raise KeyboardInterrupt

    handler = listening(monkeypatch, logging.INFO, Interrupting())
    with pytest.raises(KeyboardInterrupt):
        client.create_customer(**ALEX)
    [created] = sandbox.ledger()
    assert created["walletId"] in handler.lines[-1]
