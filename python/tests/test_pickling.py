"""Clients on their way to another process."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from conftest import PythonRunner
from example import ALEX

import kunacore

KINDS: list[Any] = [kunacore.Client, kunacore.AsyncClient]


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_of_the_environment_is_made_again_from_the_environment(
    kind: Any, sandbox: kunacore.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    client = kind(timeout=7.0).with_options(max_attempts=1)
    pickled = pickle.dumps(client)
    assert sandbox.api_key.encode() not in pickled
    again = pickle.loads(pickled)
    assert type(again) is kind
    assert repr(again) == repr(client)
    assert again.__reduce__() == client.__reduce__()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("secret", "name"),
    [
        ({"api_key": "k"}, "api_key"),
        ({"access_token": "a.b.c"}, "access_token"),
        ({"email": "e@example.com", "password": "p", "merchant_id": "m"}, "email"),
    ],
)
def test_no_pickle_holds_a_secret(kind: Any, secret: dict[str, str], name: str) -> None:
    with pytest.raises(TypeError, match=f"it was given {name}, which no pickle should hold.*KUNACORE_API_KEY"):
        pickle.dumps(kind("https://kunacore.example", **secret))


def test_a_proxy_with_a_password_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUNACORE_API_KEY", "k")
    pickle.dumps(kunacore.Client("https://kunacore.example", proxy="http://proxy.example:3128"))
    client = kunacore.Client("https://kunacore.example", proxy="http://user:password@proxy.example:3128")
    with pytest.raises(TypeError, match="proxy"):
        pickle.dumps(client)
    # Nor is it kept for one.
    assert "password" not in repr(client._made_of)


def test_a_pool_of_spawned_processes_shares_a_client_of_the_environment(python: PythonRunner) -> None:
    program = f"""
import multiprocessing, os, kunacore

def wallet(client, mail):
    return client.create_customer(**{{**{ALEX!r}, "email": mail}}).wallet_id

if __name__ == "__main__":
    sb = kunacore.sandbox()
    os.environ.update(sb.env())
    client = kunacore.Client()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        wallets = pool.starmap(wallet, [(client, f"c{{n}}@example.com") for n in range(4)])
    print(sorted(wallets) == sorted(created["walletId"] for created in sb.ledger()))
"""
    path = "spawned.py"
    done = python("-c", f"open({path!r}, 'w').write({program!r})")
    assert done.returncode == 0
    done = python(path)
    assert (done.stdout, done.stderr) == ("True\n", "")
