"""Where a client takes its configuration from: an argument wins, then the environment."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from example import ALEX, alex

import kunacore
from kunacore import _kunacore

URL = "https://kunacore.example"


def refused(**arguments: Any) -> str:
    with pytest.raises(kunacore.ConfigurationError) as caught:
        kunacore.Client(**arguments)
    assert caught.value.outcome == "not_applied"
    return str(caught.value)


def test_the_defaults_are_the_cores() -> None:
    limits = {
        "timeout": _kunacore.TIMEOUT,
        "connect_timeout": _kunacore.CONNECT_TIMEOUT,
        "deadline": _kunacore.DEADLINE,
        "max_attempts": _kunacore.MAX_ATTEMPTS,
    }
    for cls in (kunacore.Client, kunacore.AsyncClient):
        parameters = inspect.signature(cls).parameters
        assert {name: parameters[name].default for name in limits} == limits


def test_both_clients_have_the_same_calls() -> None:
    for name in (
        "__init__",
        "with_options",
        "create_customer",
        "ensure_customer",
        "find_customers",
        "customer_details",
    ):
        one, other = (inspect.signature(getattr(cls, name)) for cls in (kunacore.Client, kunacore.AsyncClient))
        assert one == other
        if name not in ("__init__", "with_options"):
            own = inspect.signature(getattr(kunacore, name))
            assert list(own.parameters.values()) == list(one.parameters.values())[1:]


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        (
            {"api_key": "hunter2", "access_token": "hunter2"},
            "2 kinds of credentials: an api-key and an access token",
        ),
        ({"api_key": "hunter2", "password": "hunter2"}, "2 kinds of credentials: an api-key and a login"),
        ({"email": "partner@example.com"}, "the login is incomplete: password and merchant_id missing"),
        ({"email": "partner@example.com", "merchant_id": "hunter2"}, "the login is incomplete: password missing"),
        ({"api_key": ""}, "the api-key is empty"),
        ({"api_key": "hunter2\n"}, "the api-key holds a line break"),
        ({}, "there are no credentials"),
    ],
)
def test_credentials_that_cannot_be_meant_are_refused(credentials: dict[str, str], reason: str) -> None:
    text = refused(base_url=URL, **credentials)
    assert reason in text
    assert "hunter2" not in text


def test_an_argument_keeps_the_environments_credentials_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUNACORE_EMAIL", "partner@example.com")
    monkeypatch.setenv("KUNACORE_PASSWORD", "hunter2")
    monkeypatch.setenv("KUNACORE_MERCHANT_ID", "m-1")
    kunacore.Client(URL, api_key="k")
    assert "merchant_id missing" in refused(base_url=URL, email="partner@example.com", password="hunter2")


def test_the_base_url_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no base URL" in refused(api_key="k")
    monkeypatch.setenv("KUNACORE_BASE_URL", URL)
    assert repr(kunacore.Client(api_key="k")) == f"Client(base_url='{URL}')"
    assert repr(kunacore.AsyncClient("https://other.example", api_key="k")) == (
        "AsyncClient(base_url='https://other.example')"
    )


def test_plain_http_needs_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = "http://kunacore.example"
    assert "is not this machine" in refused(base_url=plain, api_key="k")
    kunacore.Client(plain, api_key="k", allow_http=True)
    monkeypatch.setenv("KUNACORE_ALLOW_HTTP", "1")
    kunacore.Client(plain, api_key="k")


@pytest.mark.parametrize("name", ["timeout", "connect_timeout", "deadline"])
@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), float("inf")])
def test_a_limit_is_a_positive_number_of_seconds(name: str, seconds: float) -> None:
    assert name in refused(base_url=URL, api_key="k", **{name: seconds})


@pytest.mark.parametrize("seconds", [-0.5, float("nan"), float("inf")])
def test_settle_is_a_number_of_seconds_that_may_be_none(seconds: float) -> None:
    assert "settle is not" in refused(base_url=URL, api_key="k", settle=seconds)
    kunacore.Client(URL, api_key="k", settle=0)


@pytest.mark.parametrize("attempts", [0, -1, 2**32, 10**30])
def test_a_call_is_sent_once_at_least(attempts: int) -> None:
    assert "max_attempts is not between 1 and" in refused(base_url=URL, api_key="k", max_attempts=attempts)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({}, "the duplicate rules cannot be read"),
        ("409", "the duplicate rules cannot be read"),
        ([409], "the duplicate rules cannot be read"),
        ([{"code": "x"}], "missing field `status`"),
        ([{"status": 400, "text": "x"}], "unknown field `text`"),
        ([{"status": [400, -1]}], "the duplicate rules cannot be read"),
        ([{"status": 400, "code": "("}], "is not a regular expression"),
        ([{"status": 400, "message": b"x"}], "something other than lists, dicts"),
        ([{"status": {400}}], "something other than lists, dicts"),
    ],
    ids=str,
)
def test_duplicate_rules_that_cannot_be_meant_are_refused(rules: Any, reason: str) -> None:
    assert reason in refused(base_url=URL, api_key="k", duplicate_rules=rules)


def test_options_of_calls_are_changed_on_the_same_connections(sandbox: kunacore.Sandbox) -> None:
    client = kunacore.Client(sandbox.url, api_key=sandbox.api_key, settle=0)
    client.create_customer(**ALEX)
    sandbox.faults([{"operation": "find", "effect": {"status": {"code": 503}}, "count": 2}])
    once = client.with_options(max_attempts=1)
    with pytest.raises(kunacore.NotAppliedError) as caught:
        once.find_customers()
    assert caught.value.attempts == 1
    assert len(client.find_customers()) == 1  # It may send again, and does.
    sandbox.faults([{"operation": "create", "phase": "after", "effect": {"close": {}}}])
    with pytest.raises(kunacore.OutcomeUnknownError):
        once.with_options(reconcile=False).create_customer(**alex(1))
    assert once.create_customer(**alex(2)).how == "reconciled"
    client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        once.find_customers()


def test_options_that_cannot_work_are_refused() -> None:
    client = kunacore.Client(URL, api_key="k")
    for options in ({"deadline": 0.0}, {"max_attempts": 0}, {"settle": -1.0}):
        with pytest.raises(kunacore.ConfigurationError, match=next(iter(options))):
            client.with_options(**options)


def test_a_very_long_limit_is_none(sandbox: kunacore.Sandbox) -> None:
    client = kunacore.Client(sandbox.url, api_key=sandbox.api_key, timeout=1e15, connect_timeout=1e15, deadline=1e15)
    assert client.find_customers() == []


def test_an_argument_of_the_wrong_type_is_named() -> None:
    for arguments in (
        {"api_key": 7},
        {"timeout": "hunter2"},
        {"max_attempts": 1.5},
        {"settle": "hunter2"},
        {"reconcile": "yes"},
        {"ca_bundle": 7},
        {"allow_http": "yes"},
    ):
        with pytest.raises(TypeError, match=next(iter(arguments))):
            kunacore.Client(**{"base_url": URL, "api_key": "k", **arguments})  # type: ignore[arg-type]


def test_files_and_proxies_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    assert "CA" in refused(base_url=URL, api_key="k", ca_bundle=tmp_path / "absent.pem")
    assert "hunter2" not in refused(base_url=URL, api_key="k", proxy="ftp://user:hunter2@proxy.example")


def test_every_kind_of_credentials_is_accepted_by_the_server(sandbox: kunacore.Sandbox) -> None:
    login: dict[str, Any] = {"email": sandbox.email, "password": sandbox.password, "merchant_id": sandbox.merchant_id}
    for number, credentials in enumerate([{"api_key": sandbox.api_key}, login]):
        kunacore.Client(sandbox.url, **credentials).create_customer(**alex(number))
    with pytest.raises(kunacore.AuthenticationError):
        kunacore.Client(sandbox.url, access_token="hunter2").create_customer(**ALEX)


def test_the_packages_own_calls_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(kunacore.ConfigurationError):
        kunacore.find_customers()
    with kunacore.sandbox() as first, kunacore.sandbox() as second:
        for sandbox in (first, second):
            for name, value in sandbox.env().items():
                monkeypatch.setenv(name, value)
            created = kunacore.create_customer(**ALEX)
            assert kunacore.customer_details(created.id).wallet_id == created.wallet_id
            assert [found.id for found in kunacore.find_customers(email=ALEX["email"])] == [created.id]
            assert kunacore.ensure_customer(**ALEX).id == created.id
            assert [entry["id"] for entry in sandbox.ledger()] == [created.id]
        monkeypatch.setenv("KUNACORE_API_KEY", "another-key")
        with pytest.raises(kunacore.AuthenticationError):
            kunacore.find_customers()


def test_a_secret_may_lie_in_a_file(sandbox: kunacore.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(f"{sandbox.api_key}\n")
    monkeypatch.setenv("KUNACORE_BASE_URL", sandbox.url)
    monkeypatch.setenv("KUNACORE_API_KEY_FILE", str(tmp_path / "key"))
    assert kunacore.find_customers() == []


def test_the_certificate_authorities_of_requests_are_trusted_where_nothing_else_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with kunacore.sandbox(tls=True) as sb, kunacore.sandbox(tls=True) as other:
        assert sb.ca_bundle
        assert other.ca_bundle
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", sb.ca_bundle)
        assert kunacore.Client(sb.url, api_key=sb.api_key).find_customers() == []
        for name, value in [("SSL_CERT_FILE", other.ca_bundle), ("REQUESTS_CA_BUNDLE", other.ca_bundle)]:
            with monkeypatch.context() as patched:
                patched.setenv(name, value)
                with pytest.raises(kunacore.NotAppliedError, match="certificate"):
                    kunacore.Client(sb.url, api_key=sb.api_key, max_attempts=1).find_customers()
                assert kunacore.Client(sb.url, api_key=sb.api_key, ca_bundle=sb.ca_bundle).find_customers() == []


def test_certificate_authorities_that_cannot_be_read_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    with pytest.raises(kunacore.ConfigurationError, match="REQUESTS_CA_BUNDLE does not name a file"):
        kunacore.Client("https://kunacore.example", api_key="k")
    assert kunacore.Client("http://127.0.0.1:1", api_key="k") is not None
