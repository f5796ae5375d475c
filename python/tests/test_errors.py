"""The exceptions: one tree, picklable, and silent about people and secrets."""

from __future__ import annotations

import copy
import pickle

import pytest
from example import ALEX, Fields
from scripted_server import Reply, ScriptedServer

import kunacore

CLASSES = [getattr(kunacore, name) for name in kunacore.__all__ if name.endswith("Error")]


def test_the_tree() -> None:
    parents = {cls.__name__: [base.__name__ for base in cls.__bases__] for cls in CLASSES}
    assert parents == {
        "KunaCoreError": ["Exception"],
        "ConfigurationError": ["KunaCoreError"],
        "InvalidCustomerError": ["KunaCoreError", "ValueError"],
        "NotAppliedError": ["KunaCoreError"],
        "InvalidResponseError": ["NotAppliedError"],
        "RejectedError": ["KunaCoreError"],
        "AuthenticationError": ["RejectedError"],
        "NotFoundError": ["RejectedError"],
        "DuplicateCustomerError": ["RejectedError"],
        "OutcomeUnknownError": ["KunaCoreError"],
        "ImportStoppedError": ["KunaCoreError"],
    }


@pytest.mark.parametrize("cls", CLASSES)
def test_any_of_them_survives_pickling_and_copying(cls: type[kunacore.KunaCoreError]) -> None:
    error = cls("text", status_code=429, code="slow", request_id="r-1", retry_after=2.0, attempts=1)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is cls
        assert twin.args == ("text",)
        assert vars(twin) == vars(error)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_holds_the_ids_of_a_person_and_nothing_else(client: kunacore.Client, protocol: int) -> None:
    created = client.create_customer(**ALEX, comment="special", external_id="e-1")
    with pytest.raises(kunacore.DuplicateCustomerError) as caught:
        client.create_customer(**ALEX)
    existing = caught.value.existing
    assert existing is not None
    assert (existing.id, existing.email) == (created.id, ALEX["email"])
    error = kunacore.OutcomeUnknownError("text", existing=existing, candidates=(existing,))
    pickled = pickle.dumps(error, protocol)
    for value in [ALEX["email"], ALEX["last_name"], ALEX["residence_address"], "special", "e-1"]:
        assert value.encode() not in pickled
        assert value not in f"{error!r} {vars(error)}"
    twin = pickle.loads(pickled)
    bare = kunacore.Customer(id=existing.id, wallet_id=existing.wallet_id, created_at=existing.created_at)
    assert (twin.existing, twin.candidates) == (bare, (bare,))
    assert error.existing == existing


def test_a_raised_one_survives_pickling(client: kunacore.Client) -> None:
    fields: Fields = {**ALEX, "country": "uk", "last_name": " "}
    with pytest.raises(kunacore.InvalidCustomerError) as caught:
        client.create_customer(**fields)
    twin = pickle.loads(pickle.dumps(caught.value))
    assert str(twin) == str(caught.value)
    assert twin.outcome == "rejected"
    assert twin.problems == {
        "last_name": "is required and must not be blank",
        "country": "is not an ISO 3166-1 alpha-2 country code; did you mean GB?",
    }


def test_a_duplicate_is_told_without_its_e_mail(client: kunacore.Client) -> None:
    client.create_customer(**ALEX)
    with pytest.raises(kunacore.DuplicateCustomerError) as caught:
        client.create_customer(**ALEX)
    assert (caught.value.status_code, caught.value.outcome, caught.value.attempts) == (409, "rejected", 1)
    assert caught.value.request_id
    assert ALEX["email"] not in repr(caught.value)
    assert caught.value.existing is not None
    assert caught.value.existing.id in str(caught.value)


def test_retry_after_is_in_seconds() -> None:
    with ScriptedServer([Reply(429, {"retry-after": "61"})]) as server:
        client = kunacore.Client(server.url, api_key="k")
        with pytest.raises(kunacore.NotAppliedError) as caught:
            client.create_customer(**ALEX)
    assert caught.value.retry_after == 61.0
