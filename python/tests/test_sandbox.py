"""The sandbox: its options, and how it ends."""

from __future__ import annotations

import gc
import json
import socket
import ssl
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import PythonRunner
from example import ALEX, alex

import kunacore


def open_client(sandbox: kunacore.Sandbox, ca_bundle: str | None = None) -> kunacore.Client:
    return kunacore.Client(sandbox.url, api_key=sandbox.api_key, ca_bundle=ca_bundle)


def listens(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_the_ledger_tells_what_was_really_created(sandbox: kunacore.Sandbox) -> None:
    created = open_client(sandbox).create_customer(**ALEX)
    (entry,) = sandbox.ledger()
    assert (entry["id"], entry["walletId"], entry["email"]) == (created.id, created.wallet_id, ALEX["email"])


def test_faults_strike_as_told(sandbox: kunacore.Sandbox) -> None:
    client = open_client(sandbox)
    sandbox.faults([{"operation": "create", "phase": "after", "effect": {"reset": {}}, "count": 1}])
    assert client.create_customer(**ALEX).how == "reconciled"
    assert len(sandbox.ledger()) == 1
    sandbox.faults([{"operation": "find", "effect": {"status": {"code": 503}}}])
    with pytest.raises(kunacore.NotAppliedError):
        client.find_customers()
    sandbox.faults([])
    assert len(client.find_customers()) == 1


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"operation": "find", "effect": {"explode": {}}}, "rule 1: unknown variant `explode`"),
        ({"operation": "find", "effect": {"twice": {}}}, "rule 1: twice is for the operation create only"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: kunacore.Sandbox, rule: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        sandbox.faults([rule])


def test_it_shows_no_secret(sandbox: kunacore.Sandbox) -> None:
    assert repr(sandbox) == f"Sandbox(url='{sandbox.url}')"


def test_it_stops_with_its_block() -> None:
    with kunacore.sandbox() as sandbox:
        assert listens(sandbox.url)
    assert not listens(sandbox.url)
    sandbox.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        sandbox.ledger()


def test_it_stops_when_nothing_refers_to_it() -> None:
    sandbox = kunacore.sandbox()
    url = sandbox.url
    del sandbox
    gc.collect()
    assert not listens(url)


def test_a_file_keeps_its_customers(tmp_path: Path) -> None:
    for count in (1, 2):
        with kunacore.sandbox(db=tmp_path / "kunacore.db") as sandbox:
            open_client(sandbox).create_customer(**alex(count))
            assert len(sandbox.ledger()) == count


def test_a_seed_makes_ids_repeatable() -> None:
    ids = []
    for _ in range(2):
        with kunacore.sandbox(seed=7) as sandbox:
            ids.append(open_client(sandbox).create_customer(**ALEX).id)
    assert ids[0] == ids[1]


def test_an_e_mail_may_be_used_twice_without_uniqueness() -> None:
    with kunacore.sandbox(unique=False) as sandbox:
        client = open_client(sandbox)
        assert client.create_customer(**ALEX).id != client.create_customer(**ALEX).id


@pytest.mark.parametrize("dialect", ["errors", "nest", "plain", "html", "empty"])
def test_the_dialect_and_status_of_a_refusal_are_options(dialect: Any) -> None:
    with kunacore.sandbox(dialect=dialect, duplicate_status=422) as sandbox:
        client = open_client(sandbox)
        client.create_customer(**ALEX)
        with pytest.raises(kunacore.RejectedError) as caught:
            client.create_customer(**ALEX)
        assert caught.value.status_code == 422


def test_look_ups_are_partial_capped_or_late_on_demand() -> None:
    with kunacore.sandbox(find="partial", page_size=1) as sandbox:
        client = open_client(sandbox)
        for number in range(2):
            client.create_customer(**alex(number))
        assert len(client.find_customers(email="alexsmith", take=5)) == 1
    with kunacore.sandbox(find_delay=3600.0) as sandbox:
        client = open_client(sandbox)
        client.create_customer(**ALEX)
        assert client.find_customers() == []


def test_what_is_above_the_limit_is_refused() -> None:
    # The next one is let through in 1000 seconds, longer than a call waits.
    with kunacore.sandbox(limit=0.001) as sandbox:
        open_client(sandbox).find_customers()
        with pytest.raises(kunacore.NotAppliedError) as caught:
            open_client(sandbox).create_customer(**ALEX)
    assert (caught.value.status_code, caught.value.code) == (429, "rate_limited")


def test_tls_is_for_those_who_trust_its_bundle() -> None:
    with kunacore.sandbox(tls=True) as sandbox, kunacore.sandbox(tls=True) as other:
        assert sandbox.url.startswith("https://")
        created = open_client(sandbox, sandbox.ca_bundle).create_customer(**ALEX)
        assert created.id == sandbox.ledger()[0]["id"]
        with pytest.raises(kunacore.NotAppliedError, match="invalid peer certificate"):
            open_client(sandbox, other.ca_bundle).create_customer(**ALEX)


def test_without_tls_there_is_nothing_to_trust(sandbox: kunacore.Sandbox) -> None:
    assert sandbox.ca_bundle is None
    assert "SSL_CERT_FILE" not in sandbox.env()


def test_the_strictest_of_other_clients_accept_its_certificates() -> None:
    with kunacore.sandbox(tls=True) as sandbox:
        context = ssl.create_default_context(cafile=sandbox.ca_bundle)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(f"{sandbox.url}/_sandbox/ledger") as answer:
            assert json.load(answer)["created"] == []


def test_its_environment_lets_a_subprocess_trust_it(python: PythonRunner) -> None:
    with kunacore.sandbox(tls=True) as sandbox:
        script = "import kunacore; print(kunacore.Client().find_customers())"
        found = python("-c", script, **sandbox.env())
    assert (found.stdout, found.stderr) == ("[]\n", "")


def test_its_bundle_is_gone_with_it(python: PythonRunner) -> None:
    with kunacore.sandbox(tls=True) as sandbox:
        bundle = Path(sandbox.ca_bundle or "")
        assert bundle.is_file()
    assert not bundle.exists()
    # Nobody stops this one: the process just ends.
    script = "import kunacore; sandbox = kunacore.sandbox(tls=True); print(sandbox.ca_bundle)"
    left = Path(python("-c", script).stdout.strip())
    assert left.suffix == ".pem"
    assert not left.exists()


def test_latency_is_in_seconds() -> None:
    with kunacore.sandbox(latency=0.05) as sandbox:
        started = time.monotonic()
        open_client(sandbox).find_customers()
        assert time.monotonic() - started >= 0.05


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"dialect": "xml"}, "dialect: `xml` is none of"),
        ({"find": "fuzzy"}, "find: `fuzzy` is none of"),
        ({"duplicate_status": 500}, "duplicate status 500"),
        ({"page_size": 0}, "page size 0"),
        ({"page_size": -1}, "page_size must be between 0 and"),
        ({"duplicate_status": 99999}, "duplicate_status must be between 0 and"),
        ({"seed": -7}, "seed must be between 0 and"),
        ({"latency": -1.0}, "latency must be"),
        ({"find_delay": float("nan")}, "find_delay must be"),
        ({"limit": 0.0}, "a limit of 0 requests a second lets nothing pass"),
    ],
)
def test_an_option_that_cannot_be_served_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        kunacore.sandbox(**options)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and long enough to be looked at by whoever opens it\n" * 20)
    with pytest.raises(OSError, match=r"notes\.txt"):
        kunacore.sandbox(db=tmp_path / "notes.txt")
