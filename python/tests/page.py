"""A page of the documentation as a program: its blocks, run in the order in which they stand.

`python page.py PAGE.md` runs a page in the current folder and says on stderr which block failed, and why. Blocks of
Python share one namespace, as at a prompt. A block with `title="NAME"` is a file of that name, for a later one to use.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import subprocess
import sys
import textwrap
import traceback
import types
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = frozenset({"console", "csv", "python", "text"})
"""What a block may be. A block of text is the output of the one before it."""

FENCE = re.compile(r"(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
NOT_RUN = re.compile(r"(python -m )?pip install ")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is, the line of its fence, and what it says."""

    language: str
    title: str | None
    line: int
    text: str


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page, in tabs and admonitions, too."""
    found: list[Block] = []
    lines = iter(enumerate(markdown.splitlines(), 1))
    for number, line in lines:
        opening = FENCE.fullmatch(line)
        if opening is None:
            continue
        body: list[str] = []
        for _, inner in lines:
            if inner.strip() == opening["ticks"]:
                break
            body.append(inner)
        else:
            raise SyntaxError(f"line {number}: the block has no end")
        language, _, rest = opening["info"].partition(" ")
        title = re.fullmatch(r'title="([^"/]+)"', rest)
        if rest and title is None:
            raise SyntaxError(f"line {number}: {rest!r} is not understood")
        text = textwrap.dedent("\n".join(body)) + "\n"
        found.append(Block(language, title and title[1], number, text))
    return found


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a block of a terminal, each with the output that is shown of it."""
    joined = text.replace("\\\n", " ")
    found: list[tuple[str, str]] = []
    for line in joined.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        elif found:
            command, shown = found[-1]
            found[-1] = (command, shown + line)
        else:
            raise SyntaxError("a block of a terminal begins with $")
    return found


class Page:
    """A page that is being run."""

    def __init__(self) -> None:
        # What is pickled, or is a dataclass, looks its module up.
        self._module = types.ModuleType("__main__")
        sys.modules["__main__"] = self._module
        self._printed: str | None = None

    def run(self, block: Block) -> str | None:
        """Runs a block; what is wrong with it, or None."""
        printed, self._printed = self._printed, None
        if block.language == "text":
            return "nothing was run before it" if printed is None else differs(block.text, printed)
        if block.title is not None:
            Path(block.title).write_text(block.text, "utf-8")
            return None
        if block.language == "python":
            return self._python(block)
        if block.language == "console":
            return next(filter(None, (self._command(*command) for command in commands(block.text))), None)
        return f"a block of {block.language!r} needs a title"

    def _python(self, block: Block) -> str | None:
        printed = io.StringIO()
        # Padded, so that a traceback has the page's own numbers of lines.
        code = "\n" * block.line + block.text
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(code, "page", "exec"), vars(self._module))
        except BaseException:
            return traceback.format_exc()
        self._printed = printed.getvalue()
        return None

    def _command(self, command: str, shown: str) -> str | None:
        if NOT_RUN.match(command):
            return None
        done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode != 0:
            return f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        self._printed = done.stdout
        return differs(shown, done.stdout) if shown else None


def differs(shown: str, printed: str) -> str | None:
    """How the output is another than the one that is shown, where `...` stands for anything."""
    checker, options = doctest.OutputChecker(), doctest.ELLIPSIS | doctest.REPORT_NDIFF
    if checker.check_output(shown, printed, options):
        return None
    return checker.output_difference(doctest.Example("", shown), printed, options)


def main(path: str) -> int:
    """Runs the page and returns the exit status."""
    page = Page()
    for block in blocks(Path(path).read_text("utf-8")):
        failure = page.run(block)
        if failure is not None:
            print(f"{Path(path).name}:{block.line}: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
