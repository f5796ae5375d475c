"""What teams test their own code with: the pytest fixture, its marker, and the context manager."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import sysconfig
import unittest
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import SOURCE, PythonRunner
from example import ALEX

import kunacore
from kunacore import testing
from kunacore.testing import sandbox_environment

REAL = {
    "KUNACORE_BASE_URL": "https://kunacore.example",
    "KUNACORE_ACCESS_TOKEN": "a real token",
    "KUNACORE_API_KEY_FILE": "/a/real/key",
    "KUNACORE_ALLOW_HTTP": "1",
}

LOSE_THE_ANSWER = {"operation": "create", "phase": "after", "effect": {"reset": {}}, "count": 1}

IDS: list[str] = []


def configuration() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("KUNACORE_")}


def pytest_says(python: PythonRunner, folder: Path, tests: str, *options: str, **environment: str) -> str:
    """What pytest prints in a process of its own, as a team would run it."""
    (folder / "test_team.py").write_text(tests, "utf-8")
    strict = ["--strict-markers", "-W", "error", "-p", "no:cacheprovider", "--tb=short"]
    done = python("-m", "pytest", *strict, *options, "test_team.py", **environment)
    return done.stdout + done.stderr


def counts(said: str) -> str:
    """The last line without the time: ``2 passed, 1 failed``."""
    found = re.search(r"=+ (.*) in [\d.]+s =+\s*$", said)
    assert found, said
    return found[1]


def test_a_call_without_a_client_reaches_the_sandbox(kunacore_sandbox: kunacore.Sandbox) -> None:
    wallet = kunacore.create_customer(**ALEX).wallet_id
    assert [entry["walletId"] for entry in kunacore_sandbox.ledger()] == [wallet]


def test_a_subprocess_reaches_the_sandbox(kunacore_sandbox: kunacore.Sandbox) -> None:
    script = f"import kunacore; kunacore.create_customer(**{ALEX!r})"
    subprocess.run([sys.executable, "-c", script], timeout=30, check=True)
    assert len(kunacore_sandbox.ledger()) == 1


@pytest.mark.parametrize("run", range(2))
def test_each_test_has_a_sandbox_of_its_own_with_the_same_ids(kunacore_sandbox: kunacore.Sandbox, run: int) -> None:
    assert kunacore_sandbox.ledger() == []
    IDS.append(kunacore.create_customer(**ALEX).id)
    assert len(set(IDS)) == 1


@pytest.mark.kunacore_sandbox(faults=[LOSE_THE_ANSWER])
def test_a_marker_makes_things_go_wrong(kunacore_sandbox: kunacore.Sandbox) -> None:
    assert kunacore.create_customer(**ALEX).how == "reconciled"
    assert len(kunacore_sandbox.ledger()) == 1


@pytest.mark.kunacore_sandbox(unique=False, seed=None)
class TestTheMarkersOptions:
    def test_are_the_sandboxs(self, kunacore_sandbox: kunacore.Sandbox) -> None:
        assert kunacore.create_customer(**ALEX).id != kunacore.create_customer(**ALEX).id

    @pytest.mark.kunacore_sandbox(unique=True)
    def test_are_those_of_the_nearest_marker(self, kunacore_sandbox: kunacore.Sandbox) -> None:
        kunacore.create_customer(**ALEX)
        with pytest.raises(kunacore.DuplicateCustomerError):
            kunacore.create_customer(**ALEX)


@pytest.fixture
def made_by_a_fixture() -> kunacore.Client:
    return kunacore.Client()


@pytest.mark.kunacore_sandbox
def test_a_marked_test_need_not_ask_for_the_sandbox() -> None:
    assert kunacore.find_customers() == []


@pytest.mark.kunacore_sandbox
def test_the_fixtures_of_a_marked_test_reach_the_sandbox_too(made_by_a_fixture: kunacore.Client) -> None:
    assert made_by_a_fixture.find_customers() == []


@pytest.mark.kunacore_sandbox
@pytest.mark.usefixtures("made_by_a_fixture")
def test_so_do_those_that_it_names_in_a_marker() -> None:
    assert kunacore.find_customers() == []


@pytest.mark.kunacore_sandbox
class TestOfUnittest(unittest.TestCase):
    def test_may_be_marked(self) -> None:
        assert kunacore.find_customers() == []


@pytest.mark.kunacore_sandbox(tls=True)
def test_with_tls_the_environment_names_the_bundle_to_trust(kunacore_sandbox: kunacore.Sandbox) -> None:
    assert os.environ["SSL_CERT_FILE"] == kunacore_sandbox.ca_bundle
    assert kunacore.Client().find_customers() == []


def test_a_real_server_is_not_reached_in_the_test_and_is_named_again_after_it(
    python: PythonRunner, tmp_path: Path, sandbox: kunacore.Sandbox
) -> None:
    real = {**REAL, "KUNACORE_BASE_URL": sandbox.url}  # It stands for the real one.
    said = pytest_says(
        python,
        tmp_path,
        f"""
import os
import kunacore, pytest

def configuration():
    return {{name: value for name, value in os.environ.items() if name.startswith("KUNACORE_")}}

@pytest.fixture(autouse=True)
def sets_something_before_the_sandbox_does(monkeypatch):
    monkeypatch.setenv("TEAM", "onboarding")

def test_in_it(kunacore_sandbox, monkeypatch):
    assert configuration() == kunacore_sandbox.env()
    kunacore.create_customer(**{ALEX!r})
    monkeypatch.setenv("KUNACORE_BASE_URL", "https://changed.example")

def test_after_it():
    assert configuration() == {real!r}
""",
        **real,
    )
    assert counts(said) == "2 passed", said
    assert sandbox.ledger() == []


def test_the_sandbox_is_stopped_after_the_test(python: PythonRunner, tmp_path: Path) -> None:
    said = pytest_says(
        python,
        tmp_path,
        """
import pytest

used = []

def test_one(kunacore_sandbox):
    used.append(kunacore_sandbox)

def test_two():
    with pytest.raises(RuntimeError, match="stopped"):
        used[0].ledger()
""",
    )
    assert counts(said) == "2 passed", said


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("uniqe=True", "@pytest.mark.kunacore_sandbox: sandbox() got an unexpected keyword argument 'uniqe'"),
        ("False", "@pytest.mark.kunacore_sandbox: options are given by name"),
        ("page_size=0", "@pytest.mark.kunacore_sandbox: page size 0"),
        ("faults=[{}]", "@pytest.mark.kunacore_sandbox: rule 1: missing field `operation`"),
    ],
)
def test_a_marker_that_cannot_be_meant_fails_the_test(
    python: PythonRunner, tmp_path: Path, options: str, problem: str
) -> None:
    tests = f"import pytest\n\n@pytest.mark.kunacore_sandbox({options})\ndef test_it():\n    pass\n"
    said = pytest_says(python, tmp_path, tests)
    assert counts(said) == "1 error"
    assert problem in said


def test_a_run_that_does_not_use_the_fixture_loads_no_more_than_the_plugin(
    python: PythonRunner, tmp_path: Path
) -> None:
    tests = "import sys\n\ndef test_it():\n    print('loaded:', *sorted(sys.modules))\n"

    def loaded(*options: str) -> set[str]:
        said = pytest_says(python, tmp_path, tests, "-s", *options)
        assert counts(said) == "1 passed", said
        found = re.search("loaded: (.*)", said)
        assert found
        return set(found[1].split())

    assert loaded() - loaded("-p", "no:kunacore") == {"kunacore", "kunacore._pytest_plugin", "kunacore.testing"}


def test_importing_testing_loads_neither_the_extension_nor_asyncio_nor_pytest(python: PythonRunner) -> None:
    heavy = ["kunacore._kunacore", "kunacore._client", "asyncio", "pytest", "_pytest", "typing"]
    # -S, because what site imports for this environment is not the package's doing.
    path = f"import sys; sys.path.append({sysconfig.get_path('platlib')!r}); "
    script = f"import kunacore.testing; print([name for name in {heavy} if name in sys.modules])"
    assert python("-S", "-c", path + script).stdout == "[]\n"


def test_the_marker_is_listed(python: PythonRunner) -> None:
    assert (
        "@pytest.mark.kunacore_sandbox(*, faults=(), seed=7, **options)" in python("-m", "pytest", "--markers").stdout
    )


def test_the_context_manager_points_the_environment_at_a_sandbox_and_puts_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SSL_CERT_FILE", "/a/real/bundle")
    with suppress(ZeroDivisionError), sandbox_environment(tls=True, faults=[LOSE_THE_ANSWER]) as sandbox:
        assert configuration().items() <= sandbox.env().items()
        assert os.environ["SSL_CERT_FILE"] == sandbox.ca_bundle
        assert kunacore.create_customer(**ALEX).how == "reconciled"
        os.environ["KUNACORE_PASSWORD"] = "left behind"
        raise ZeroDivisionError
    assert configuration() == REAL
    assert os.environ["SSL_CERT_FILE"] == "/a/real/bundle"
    with pytest.raises(RuntimeError, match="stopped"):
        sandbox.ledger()


@pytest.mark.parametrize(("options", "error"), [({"uniqe": True}, TypeError), ({"faults": [{}]}, ValueError)])
def test_the_context_manager_refuses_what_makes_no_sense(options: dict[str, Any], error: type[Exception]) -> None:
    before = dict(os.environ)
    with pytest.raises(error), sandbox_environment(**options):
        pass
    assert dict(os.environ) == before


def test_every_option_of_the_sandbox_is_typed() -> None:
    """The types are there for type checkers only, so they are read from the source."""
    (options,) = (
        node
        for node in ast.walk(ast.parse(inspect.getsource(testing)))
        if isinstance(node, ast.ClassDef) and node.name == "Options"
    )
    typed = {
        ast.unparse(node.target): ast.unparse(node.annotation)
        for node in options.body
        if isinstance(node, ast.AnnAssign)
    }
    parameters = inspect.signature(kunacore.sandbox).parameters
    wanted = {name: ast.unparse(ast.parse(parameter.annotation)) for name, parameter in parameters.items()}
    assert wanted.pop("seed") == inspect.signature(sandbox_environment).parameters["seed"].annotation
    assert typed == wanted


def test_the_readmes_example_of_testing_passes(python: PythonRunner, tmp_path: Path) -> None:
    section = (SOURCE / "README.md").read_text("utf-8").split("## Testing your code")[1]
    example = section.split("```python\n")[1].split("```")[0]
    assert counts(pytest_says(python, tmp_path, example, **REAL)) == "2 passed"
