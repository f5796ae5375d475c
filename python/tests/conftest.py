"""What all tests share: the installed package, an environment without configuration, and a sandbox.

`python -m pytest` puts the current folder first on the path. If that is `python/`, the source package, which has no
extension module, would hide the installed one, so it is taken off again before anything imports `kunacore`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent.resolve()
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != SOURCE]

import kunacore  # noqa: E402  (after the path is mended)

# In place of its entry point, which pytest would use before the path is mended.
pytest_plugins = ["kunacore._pytest_plugin"]

PythonRunner = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration, and no way for a subprocess to import what lies in the folder the tests are run from."""
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    for name in list(os.environ):
        if name.startswith("KUNACORE_"):
            monkeypatch.delenv(name)


@pytest.fixture
def sandbox() -> Iterator[kunacore.Sandbox]:
    with kunacore.sandbox(seed=7) as started:
        yield started


@pytest.fixture
def client(sandbox: kunacore.Sandbox) -> Iterator[kunacore.Client]:
    with kunacore.Client(sandbox.url, api_key=sandbox.api_key) as made:
        yield made


@pytest.fixture
def python(tmp_path: Path) -> PythonRunner:
    """Runs Python in a process of its own, in an empty folder, and fails when it hangs."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run
