"""The package as a whole: light to import, complete, and with the command in it."""

from __future__ import annotations

import re
import subprocess
import sysconfig
import tomllib
from importlib.metadata import distribution, entry_points, version
from pathlib import Path

import pytest
from conftest import SOURCE, PythonRunner

import kunacore

HEAVY = [
    "asyncio",
    "dataclasses",
    "datetime",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "re",
    "ssl",
    "typing",
]
HEAVY += ["numpy", "pandas", "polars", "pyarrow", "requests", "kunacore._kunacore"]

ONE_LINE = (
    "import kunacore; sb = kunacore.sandbox(); "
    "print(kunacore.Client(base_url=sb.url, api_key=sb.api_key).create_customer("
    "email='alexsmith@mail.com', first_name='Alex', last_name='Smith', country='FR', "
    "verification_document_id='FV633452', residence_address='Champ de Mars, Paris').wallet_id)"
)


def test_the_installed_package_is_tested() -> None:
    assert SOURCE not in Path(kunacore.__file__).resolve().parents


def test_importing_it_imports_nothing_else(python: PythonRunner) -> None:
    # -S, because what site imports for this environment is not the package's doing.
    paths = f"import sys; sys.path.append({sysconfig.get_path('platlib')!r}); before = set(sys.modules); "
    done = python("-S", "-c", paths + "import kunacore; print(*sorted(set(sys.modules) - before))")
    assert done.stdout.split() == ["kunacore"]
    heavy = python("-S", "-c", paths + f"import kunacore; print([name for name in {HEAVY} if name in sys.modules])")
    assert heavy.stdout == "[]\n"


def test_a_client_does_not_pay_for_signatures(python: PythonRunner) -> None:
    done = python(
        "-S",
        "-c",
        f"""
import sys; sys.path.append({sysconfig.get_path("platlib")!r})
import kunacore; kunacore.Client; print("inspect" in sys.modules)""",
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_help_and_signature_tell_each_keyword(python: PythonRunner) -> None:
    done = python("-c", "import inspect, kunacore; print(inspect.signature(kunacore.Client.create_customer))")
    assert done.stdout == (
        "(self, *, email: str, first_name: str, last_name: str, country: str, verification_document_id: str, "
        "residence_address: str, phone_number: str | None = None, comment: str | None = None, "
        "external_id: str | None = None, referral_id: str | None = None, itn: str | None = None) -> 'Customer'\n"
    )
    for call, kind in [
        (kunacore.Client, kunacore.ClientOptions),
        (kunacore.Client.create_customer, kunacore.CustomerFields),
        (kunacore.Client.create_customers, kunacore.ImportOptions),
        (kunacore.Client.find_customers, kunacore.CustomerFilters),
    ]:
        for name in kind.__annotations__:
            assert re.search(rf"^ *(\w+, )*{name}(, \w+)*[:,]", call.__doc__ or "", re.MULTILINE), name


def test_every_name_is_there() -> None:
    for name in kunacore.__all__:
        assert getattr(kunacore, name) is not None
    assert set(kunacore.__all__) <= set(dir(kunacore))
    with pytest.raises(AttributeError, match="has no attribute 'creat_customer'"):
        kunacore.creat_customer  # type: ignore[attr-defined]  # noqa: B018


def test_every_public_item_says_what_it_does() -> None:
    for name in kunacore.__all__:
        value = getattr(kunacore, name)
        if name == "__version__":
            continue
        assert value.__doc__, name
        members = vars(value) if isinstance(value, type) else {}
        for member, defined in members.items():
            if not member.startswith("_") and (callable(defined) or isinstance(defined, property)):
                assert defined.__doc__, f"{name}.{member}"


def test_there_is_one_version(python: PythonRunner) -> None:
    workspace = tomllib.loads((SOURCE.parent / "Cargo.toml").read_text("utf-8"))
    expected = workspace["workspace"]["package"]["version"]
    assert kunacore.__version__ == version("kunacore") == expected
    done = python("-m", "kunacore", "--version")
    assert (done.returncode, done.stdout) == (0, f"kunacore {expected}\n")


def test_the_licences_come_with_it_those_of_third_parties_too() -> None:
    installed = distribution("kunacore")
    names = installed.metadata.get_all("License-File")
    assert names == ["LICENSE-APACHE", "LICENSE-MIT", "THIRD_PARTY_LICENSES.txt"]
    for name in names:
        assert installed.read_text(f"licenses/{name}") == (SOURCE / name).read_text("utf-8"), name


def test_the_licences_are_of_crates_that_are_locked() -> None:
    """That they are exactly those which are linked is seen to by ``cargo xtask generate --check``."""
    head, *texts = (SOURCE / "THIRD_PARTY_LICENSES.txt").read_text("utf-8").split("=" * 80)
    linked = {(name, number) for name, number in re.findall(r"^(\S+) (\S+) \(", head, flags=re.M)}
    lock = tomllib.loads((SOURCE.parent / "Cargo.lock").read_text("utf-8"))
    assert linked <= {(crate["name"], crate["version"]) for crate in lock["package"] if "source" in crate}
    above = {name for text in texts for name in re.findall(r"^(\S+) \S+ \(", text.split("\n\n")[0], flags=re.M)}
    assert above == {name for name, _ in linked} >= {"pyo3", "progenitor-client", "ring", "zstd-sys"}
    assert any("progenitor-client" in text and "Mozilla Public License Version 2.0" in text for text in texts)


def test_the_pytest_plugin_is_installed() -> None:
    (plugin,) = entry_points(group="pytest11", name="kunacore")
    assert plugin.value == "kunacore._pytest_plugin"


def test_one_line_creates_a_customer(python: PythonRunner) -> None:
    done = python("-c", ONE_LINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_command_is_installed() -> None:
    script = Path(sysconfig.get_path("scripts")) / "kunacore"
    done = subprocess.run([script, "create"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "residence_address is required" in done.stderr


def test_the_command_finds_what_python_created(sandbox: kunacore.Sandbox, python: PythonRunner) -> None:
    with kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
        created = client.create_customer(
            email="alexsmith@mail.com",
            first_name="Alex",
            last_name="Smith",
            country="FR",
            verification_document_id="FV633452",
            residence_address="Champ de Mars, Paris",
        )
    done = python("-m", "kunacore", "show", created.id, "--json", **sandbox.env())
    assert done.returncode == 0
    assert created.wallet_id in done.stdout


def test_the_readmes_example_runs(python: PythonRunner) -> None:
    text = (SOURCE / "README.md").read_text("utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    done = python("-c", example)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
