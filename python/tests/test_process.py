"""Clients in the life of a process: Ctrl-C, forks, and the end of the interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import PythonRunner
from example import ALEX
from scripted_server import Hang, Reply, ScriptedServer

import kunacore

FORK = """
import asyncio, os, signal, sys, kunacore
alex = {alex!r}

def mail(name):
    return {{**alex, "email": name + "@mail.com"}}

sb = kunacore.sandbox()
os.environ.update(sb.env())
client = kunacore.Client()
concurrent = kunacore.AsyncClient()
client.create_customer(**mail("parent"))
kunacore.create_customer(**mail("parent-default"))
asyncio.run(concurrent.create_customer(**mail("parent-async")))
child = os.fork()
if child == 0:
    signal.alarm(20)
    client.create_customer(**mail("child"))
    kunacore.create_customer(**mail("child-default"))
    asyncio.run(concurrent.create_customer(**mail("child-async")))
    try:
        sb.ledger()
    except RuntimeError:
        sb.stop()
        sys.exit(7)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
client.create_customer(**mail("parent-again"))
print(status, len(sb.ledger()))
"""


def test_a_forked_child_works_and_so_does_its_parent(python: PythonRunner) -> None:
    done = python("-c", FORK.format(alex=ALEX))
    assert (done.stdout, done.stderr, done.returncode) == ("7 7\n", "", 0)


def test_multiprocessing_by_fork_works(python: PythonRunner) -> None:
    program = """
import multiprocessing, os, kunacore
sb = kunacore.sandbox()
os.environ.update(sb.env())
kunacore.find_customers()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.apply(kunacore.find_customers))
"""
    done = python("-c", program)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_ctrl_c_during_a_creation_says_that_the_customer_may_exist() -> None:
    program = """
import kunacore, signal
from example import ALEX
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    kunacore.create_customer(**ALEX)
except KeyboardInterrupt as interrupt:
    print(type(interrupt.__cause__).__name__)
"""
    with ScriptedServer([Hang()]) as server:
        path = os.path.dirname(__file__)
        variables = {"KUNACORE_BASE_URL": server.url, "KUNACORE_API_KEY": "k", "PYTHONPATH": path}
        with subprocess.Popen(
            [sys.executable, "-c", program], env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True
        ) as process:
            while not server.seen and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
    assert out.strip() == "OutcomeUnknownError"


def test_whatever_a_signal_handler_raises_during_a_creation_says_that_the_customer_may_exist() -> None:
    program = """
import kunacore, signal
from example import ALEX
class SoftLimit(Exception):
    pass
def handler(*_):
    raise SoftLimit
signal.signal(signal.SIGTERM, handler)
try:
    kunacore.create_customer(**ALEX)
except SoftLimit as limit:
    print(type(limit.__cause__).__name__)
"""
    with ScriptedServer([Hang()]) as server:
        path = os.path.dirname(__file__)
        variables = {"KUNACORE_BASE_URL": server.url, "KUNACORE_API_KEY": "k", "PYTHONPATH": path}
        with subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not server.seen and process.poll() is None:
                time.sleep(0.01)
            process.terminate()
            out, err = process.communicate(timeout=20)
    assert out.strip() == "OutcomeUnknownError"
    assert err.startswith("create_customer: the call was given up while it was under way")


def test_a_signal_that_comes_shortly_before_the_answer_loses_no_id(caplog: pytest.LogCaptureFixture) -> None:
    class SoftLimitError(Exception):
        pass

    def handler(*_: object) -> None:
        raise SoftLimitError

    with kunacore.sandbox(latency=0.06) as sandbox, kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
        before = signal.signal(signal.SIGALRM, handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.03)
            with pytest.raises(SoftLimitError) as caught:
                client.create_customer(**ALEX)
        finally:
            signal.signal(signal.SIGALRM, before)
        # Signals are looked for every 0.1 s: on a machine that is busy before the answer, else after it.
        if not isinstance(caught.value.__cause__, kunacore.OutcomeUnknownError):
            assert sandbox.ledger()[0]["walletId"] in caplog.text


@pytest.mark.parametrize(
    "call",
    [
        "kunacore.Client(sb.url, api_key=sb.api_key).create_customer(**ALEX)",
        "asyncio.run(kunacore.AsyncClient(sb.url, api_key=sb.api_key).create_customer(**ALEX))",
    ],
    ids=["waited for", "awaited"],
)
def test_an_answer_that_cannot_become_an_object_loses_no_id(python: PythonRunner, call: str) -> None:
    program = f"""
import asyncio, kunacore, kunacore._customer

def full(*_):
    raise MemoryError

ALEX = {ALEX!r}
kunacore._customer.made = full
sb = kunacore.sandbox()
try:
    {call}
except MemoryError:
    print(sb.ledger()[0]["walletId"])
"""
    done = python("-c", program)
    assert len(done.stdout.split()) == 1
    assert done.stdout.strip() in done.stderr


@pytest.mark.parametrize("call", ["create_customer(**ALEX)", "ensure_customer(**ALEX)"])
def test_ctrl_c_ends_the_wait_for_a_customer_to_appear(call: str) -> None:
    program = f"""
import kunacore, signal, time
from example import ALEX
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    kunacore.Client(settle=3600, deadline=7200).{call}
except KeyboardInterrupt as interrupt:
    print(type(interrupt.__cause__).__name__, time.time())
"""
    nobody = Reply(body=b'{"data":[]}')
    with ScriptedServer([Reply(500), nobody, nobody] if "create" in call else [nobody, nobody]) as server:
        path = os.path.dirname(__file__)
        variables = {"KUNACORE_BASE_URL": server.url, "KUNACORE_API_KEY": "k", "PYTHONPATH": path}
        with subprocess.Popen(
            [sys.executable, "-c", program], env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True
        ) as process:
            # The last of them asks whether there is any customer at all; then it waits for minutes.
            while not (server.seen and '"take"' in server.seen[-1].body) and process.poll() is None:
                time.sleep(0.01)
            sent = time.time()
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
    cause, ended = out.split()
    assert cause == "OutcomeUnknownError"
    # It takes 0.1 s at most; the rest is for a busy machine.
    assert float(ended) - sent < 2


@pytest.mark.parametrize("wait", ["client.find_customers()", "asyncio.run(kunacore.AsyncClient().find_customers())"])
def test_ctrl_c_interrupts_a_call_that_waits(wait: str) -> None:
    program = f"""
import asyncio, kunacore, signal, time
# What is started in the background by a shell ignores Ctrl-C, and so does what it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
client = kunacore.Client()
try:
    {wait}
except KeyboardInterrupt:
    print(time.time())
"""
    with ScriptedServer([Hang()]) as server:
        environment = {**os.environ, "KUNACORE_BASE_URL": server.url, "KUNACORE_API_KEY": "k"}
        with subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            while not server.seen and process.poll() is None:
                time.sleep(0.01)
            sent = time.time()
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=20)
    assert error == ""
    # It takes 0.1 s at most; the rest is for a busy machine.
    assert float(out) - sent < 2


def test_no_worker_is_in_python_when_the_interpreter_ends(sandbox: kunacore.Sandbox) -> None:
    program = "import asyncio, kunacore; asyncio.run(kunacore.AsyncClient().find_customers())"
    environment = {**os.environ, **sandbox.env()}
    for _ in range(5):
        batch = [subprocess.Popen([sys.executable, "-c", program], env=environment) for _ in range(4)]
        assert [process.wait(timeout=30) for process in batch] == [0, 0, 0, 0]


def test_ctrl_c_ends_the_command(sandbox: kunacore.Sandbox) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kunacore", "sandbox"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on http://")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode in (0, 130, -signal.SIGINT)


@pytest.mark.parametrize(
    "end",
    [
        "",
        "sys.exit(0)",
        "threading.Thread(target=client.find_customers, daemon=True).start(); time.sleep(0.1)",
        "asyncio.run(asyncio.wait_for(kunacore.AsyncClient().find_customers(), 0.05))",
        "loop = asyncio.new_event_loop(); loop.run_until_complete(leave(loop)); loop.close()",
    ],
    ids=[
        "at the last line",
        "by sys.exit",
        "with a thread that waits",
        "after a time-out",
        "with a loop that is closed",
    ],
)
def test_the_interpreter_ends_while_calls_are_under_way(python: PythonRunner, end: str) -> None:
    program = f"""
import asyncio, contextlib, os, sys, threading, time, kunacore
sb = kunacore.sandbox(latency=0.2)
os.environ.update(sb.env())
client = kunacore.Client()
client.find_customers()

async def leave(loop):
    client = kunacore.AsyncClient()
    loop.task = loop.create_task(client.find_customers())
    await asyncio.sleep(0.05)
    loop.task.cancel()

with contextlib.suppress(TimeoutError):
    {end or "pass"}
"""
    done = python("-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
