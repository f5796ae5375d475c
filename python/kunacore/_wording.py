"""Advice of the importer, which names options of the command, in the words of Python."""

from __future__ import annotations

import re
from collections.abc import Callable

_QUOTED = r"'((?:[^']|'\\'')*)'"
_MAPS = re.compile(rf"--map {_QUOTED}(?: --map {_QUOTED})*")
_WORDS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (re.compile(rf"--set {_QUOTED}"), lambda found: f"set={{{_pair(found[1], first=True)}}}"),
    (re.compile(r"--set ([a-z_]+)=…"), lambda found: f'set={{"{found[1]}": …}}'),
    (re.compile(r"--invalid reject"), lambda found: 'invalid="reject"'),
    (re.compile(r"--encoding ([\w-]+)"), lambda found: f'encoding="{found[1]}"'),
    (re.compile(r"--accept ROW=ID"), lambda found: "accept={ROW: ID}"),
    (re.compile(r"--known (\S+) --run NEW"), lambda found: f'known="{found[1]}", run="NEW"'),
    (re.compile(r"--known ([^\s,]+)"), lambda found: f'known="{found[1]}"'),
    (re.compile(r"with --known\b"), lambda found: "as known"),
    (re.compile(r"--existing adopt"), lambda found: 'existing="adopt"'),
    (re.compile(r"--run DIR"), lambda found: "run=DIR"),
    (re.compile(r"--run ([^\s,]+[^\s,.])"), lambda found: f'run="{found[1]}"'),
    (re.compile(r"kunacore report\b"), lambda found: "open_run, or kunacore report"),
    (re.compile(r"(\}?) ?--ignore-extra"), lambda found: f'{"}, " if found[1] else " "}extra="ignore"'),
    (re.compile(r"--trust-uniqueness"), lambda found: "a client with trust_uniqueness=True"),
    (re.compile(r"--map\b"), lambda found: "columns"),
    (
        re.compile(r"--(key|set|encoding|canary|rate|concurrency|max-identical-rejections)\b"),
        lambda found: _name(found),
    ),
    (
        re.compile(r"Name a file, a directory, or - for standard input; or"),
        lambda found: "Give a table; or",
    ),
    (re.compile(r"Give the same command again"), lambda found: "Make the same call again"),
    (re.compile(r"kunacore create"), lambda found: "create_customer"),
]


def in_python(text: str) -> str:
    """The text with options of the command as arguments of a call."""
    text = _MAPS.sub(_columns, text)
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text


def _columns(found: re.Match[str]) -> str:
    pairs = [_pair(quoted, first=False) for quoted in re.findall(_QUOTED, found[0])]
    return f"columns={{{', '.join(pairs)}}}"


def _pair(quoted: str, *, first: bool) -> str:
    """``name=value`` as an item of a dict. Names of columns may hold a ``=``, and names of fields do not."""
    text = quoted.replace(r"'\''", "'")
    name, _, value = text.partition("=") if first else text.rpartition("=")
    return f'"{name}": "{value}"'


def _name(found: re.Match[str]) -> str:
    return found[1].replace("-", "_")
