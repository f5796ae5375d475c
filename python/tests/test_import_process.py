"""Imports in the life of a process: Ctrl-C, forks, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PythonRunner

import kunacore

PROGRAM = """
import signal, sys, time, kunacore
from example import rows
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    kunacore.create_customers(rows(int(sys.argv[1])), run="run", concurrency=4, progress=False)
except KeyboardInterrupt as interrupt:
    stopped = interrupt.__cause__
    summary = stopped.result.summary
    print(type(stopped).__name__, stopped.outcome, summary["created"], summary["unresolved"])
"""


def started(sandbox: kunacore.Sandbox, folder: Path, program: str = PROGRAM) -> subprocess.Popen[str]:
    environment = {**os.environ, **sandbox.env(), "PYTHONPATH": os.path.dirname(__file__)}
    process = subprocess.Popen(
        [sys.executable, "-c", program, "1000"], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    while not sandbox.ledger() and process.poll() is None:
        time.sleep(0.01)
    return process


def test_ctrl_c_stops_an_import_in_order(tmp_path: Path) -> None:
    with kunacore.sandbox(latency=0.05) as sandbox:
        with started(sandbox, tmp_path) as process:
            sent = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
        # What is in flight takes 0.05 s, and Ctrl-C is seen within 0.1 s; the rest is for a busy machine.
        assert time.monotonic() - sent < 3
        name, outcome, created, unresolved = out.split()
        assert (name, outcome, unresolved) == ("ImportStoppedError", "not_applied", "0")
        assert int(created) == len(sandbox.ledger()) < 1000
        with kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
            result = client.create_customers(run=tmp_path / "run", progress=False)
        assert result.summary["created"] == len(sandbox.ledger()) == 1000


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    with kunacore.sandbox() as sandbox:
        hang = {"operation": "create", "phase": "after", "effect": {"hang": {"ms": 60000}}}
        sandbox.faults([hang])
        with started(sandbox, tmp_path) as process:
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
        name, outcome, created, unresolved = out.split()
        assert (name, outcome, created) == ("ImportStoppedError", "unknown", "0")
        assert int(unresolved) >= len(sandbox.ledger()) > 0


def test_ctrl_c_while_rows_are_read_sends_nothing(tmp_path: Path, sandbox: kunacore.Sandbox) -> None:
    program = """
import itertools, os, signal, kunacore
from example import ALEX
signal.signal(signal.SIGINT, signal.default_int_handler)
def table():
    for number in itertools.count():
        if number == 10_000:
            os.kill(os.getpid(), signal.SIGINT)
        yield {**ALEX, "email": f"{number}@mail.com"}
try:
    kunacore.create_customers(table(), progress=False)
except KeyboardInterrupt as interrupt:
    print(interrupt.__cause__)
"""
    with started(sandbox, tmp_path, program) as process:
        out, _ = process.communicate(timeout=20)
    assert "Nothing was sent" in out
    assert sandbox.ledger() == []


def test_an_import_works_in_a_forked_child(python: PythonRunner) -> None:
    program = """
import os, signal, sys, kunacore
from example import rows
sb = kunacore.sandbox()
os.environ.update(sb.env())
kunacore.create_customers(rows(3), run="parent", progress=False)
child = os.fork()
if child == 0:
    signal.alarm(20)
    result = kunacore.create_customers(iter(rows(5)), run="child", known="parent", progress=False)
    sys.exit(result.summary["created"])
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, len(sb.ledger()), kunacore.open_run("child").summary["known"])
"""
    done = python("-c", program, PYTHONPATH=os.path.dirname(__file__))
    assert (done.stdout, done.stderr, done.returncode) == ("5 5 3\n", "", 0)


@pytest.mark.parametrize("end", ["sys.exit(0)", "raise SystemExit(0)"])
def test_a_process_that_ends_after_a_cancelled_import_settles_it_first(tmp_path: Path, end: str) -> None:
    program = f"""
import asyncio, os, sys, kunacore
from example import rows
async def main():
    client = kunacore.AsyncClient()
    importing = asyncio.create_task(client.create_customers(rows(1000), run="run", concurrency=4, progress=False))
    await asyncio.sleep(0.5)
    importing.cancel()
asyncio.run(main())
{end}
"""
    with kunacore.sandbox(latency=0.05) as sandbox:
        with started(sandbox, tmp_path, program) as process:
            process.communicate(timeout=20)
        assert process.returncode == 0
        summary = kunacore.open_run(tmp_path / "run").summary
        assert (summary["created"], summary["unresolved"]) == (len(sandbox.ledger()), 0)


def test_a_killed_process_loses_no_id(tmp_path: Path) -> None:
    with kunacore.sandbox(latency=0.01) as sandbox:
        with started(sandbox, tmp_path) as process:
            while len(sandbox.ledger()) < 50:
                time.sleep(0.01)
            process.kill()
        result = kunacore.open_run(tmp_path / "run")
        assert result.summary["unresolved"] > 0
        with kunacore.Client(sandbox.url, api_key=sandbox.api_key, settle=0.05) as client:
            result = client.create_customers(run=tmp_path / "run", progress=False)
        ledger = {entry["id"] for entry in sandbox.ledger()}
        assert result.summary["created"] == len(ledger) == 1000
        assert {row["id"] for row in result.to_dicts()} == ledger
