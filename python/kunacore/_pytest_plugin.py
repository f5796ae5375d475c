"""The pytest plugin: the fixture ``kunacore_sandbox``, and the marker of the same name that sets its options.

pytest loads it in every run of everyone who has the package, so it loads no more than ``kunacore.testing`` until a test
uses the fixture.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator
from inspect import signature
from typing import Any, cast

import pytest

from kunacore.testing import start, variables

TYPE_CHECKING = False

if TYPE_CHECKING:
    from kunacore._kunacore import Sandbox

NAME = "kunacore_sandbox"


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line(
        "markers",
        f"{NAME}(*, faults=(), seed=7, **options): give the test a KunaCore sandbox with these faults and what else "
        "kunacore.sandbox() takes; where markers differ, the nearest one counts.",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Gives the fixture to every test that is marked: one that forgot to ask for it would reach a real server."""
    if not isinstance(item, pytest.Function) or NAME in item.fixturenames or not item.get_closest_marker(NAME):
        return
    # As `usefixtures` has it: after the automatic fixtures, which may clear the environment, and before those that the
    # test asks for, which may make a client.
    asked = {*signature(cast(Any, item).function).parameters}
    asked.update(*(marker.args for marker in item.iter_markers("usefixtures")))
    names = item.fixturenames
    names.insert(next((place for place, name in enumerate(names) if name in asked), len(names)), NAME)


@pytest.fixture
def kunacore_sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A fresh KunaCore sandbox, the only server that the environment names during the test.

    ``kunacore.create_customer()`` and its like, ``kunacore.Client()`` and subprocesses reach it. ``ledger()`` tells
    what was created, ``faults([...])`` makes things go wrong. Ids are the same in every run. Options are set by
    ``@pytest.mark.kunacore_sandbox(unique=False, faults=[...])``.
    """
    markers = list(request.node.iter_markers(NAME))
    if any(marker.args for marker in markers):
        pytest.fail(f"@pytest.mark.{NAME}: options are given by name", pytrace=False)
    try:
        started = start(**ChainMap(*(marker.kwargs for marker in markers)))
    except (TypeError, ValueError) as error:
        pytest.fail(f"@pytest.mark.{NAME}: {error}", pytrace=False)
    with started:
        # By `monkeypatch`, so that what the test changes with it is undone before this is.
        for name, value in variables(started).items():
            if value is None:
                monkeypatch.delenv(name)
            else:
                monkeypatch.setenv(name, value)
        yield started
