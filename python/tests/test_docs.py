"""The documentation: every block on every page runs as it stands, prints what is shown, and no page is forgotten."""

from __future__ import annotations

import ast
import os
import re
import sysconfig
from pathlib import Path

import page as pages
import pytest
from conftest import SOURCE, PythonRunner

import kunacore

DOCS = SOURCE / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_as_it_stands(name: str, sandbox: kunacore.Sandbox, python: PythonRunner) -> None:
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    done = python(pages.__file__, str(DOCS / name), PATH=path, **sandbox.env())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("```python\n1 / 0\n```\n", "wrong.md:1: .*ZeroDivisionError"),
        ("```python\nprint(1)\n```\n\n```text\n2\n```\n", r"wrong.md:5: .*- 2"),
        ("```text\n2\n```\n", "nothing was run before it"),
        ("```console\n$ python -c 'exit(3)'\n```\n", "exit status 3"),
        ("```console\n$ python -c 'print(1)'\n2\n```\n", "- 2"),
        ("```ruby\n1\n```\n", "a block of 'ruby' needs a title"),
        ('```python hl_lines="1"\n1\n```\n', "is not understood"),
        ("```python\n1\n", "the block has no end"),
    ],
)
def test_what_is_wrong_on_a_page_is_found(wrong: str, words: str, tmp_path: Path, python: PythonRunner) -> None:
    (tmp_path / "wrong.md").write_text(wrong, "utf-8")
    done = python(pages.__file__, "wrong.md")
    assert done.returncode == 1
    assert re.search(words, done.stderr, re.DOTALL), done.stderr


@pytest.mark.parametrize("name", PAGES)
def test_no_block_escapes_the_runner(name: str) -> None:
    found = pages.blocks(read(name))
    assert {block.language for block in found} <= pages.LANGUAGES
    for number, block in enumerate(found):
        if block.title is not None:
            # A file is there to be used.
            assert any(block.title in later.text for later in found[number + 1 :]), block
        if block.language == "console":
            for command, _ in pages.commands(block.text):
                assert re.match(r"(kunacore|python|pip install) ", command), command


def test_every_page_is_in_the_navigation_once() -> None:
    navigation = (SOURCE / "mkdocs.yml").read_text("utf-8").split("\nnav:\n")[1].split("\n\n")[0]
    assert sorted(re.findall(r": (\S+\.md)$", navigation, re.MULTILINE)) == PAGES


def test_every_public_name_is_in_the_reference_once() -> None:
    reference = read("reference.md")
    shown = re.findall(r"^::: kunacore\.(?!testing)\w+\.(\w+)$", reference, re.MULTILINE)
    assert shown == re.findall(r"^ +heading: kunacore\.(\w+)$", reference, re.MULTILINE)
    shown += re.findall(r"^### `kunacore\.(\w+)`", reference, re.MULTILINE)
    assert sorted(shown) == sorted(kunacore.__all__)


def words(docstring: str | None) -> list[str]:
    assert docstring is not None
    return docstring.split()


def test_the_stub_says_of_the_sandbox_what_the_sandbox_says() -> None:
    # The reference is read from the sources, where the class is known by its stub only.
    stub = ast.parse((SOURCE / "kunacore" / "_kunacore.pyi").read_text("utf-8"))
    (shown,) = [node for node in stub.body if isinstance(node, ast.ClassDef) and node.name == "Sandbox"]
    assert words(ast.get_docstring(shown)) == words(kunacore.Sandbox.__doc__)
    for member in shown.body:
        if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
            assert words(ast.get_docstring(member)) == words(getattr(kunacore.Sandbox, member.name).__doc__)


def test_the_site_is_built_outside_the_package() -> None:
    (folder,) = re.findall(r"^site_dir: (.+)$", (SOURCE / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert SOURCE not in (SOURCE / folder).resolve().parents
