"""Imports of whole tables: what is asked goes over to Rust, and what comes back becomes a result or an exception."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from kunacore._errors import ConfigurationError, ImportStoppedError, InvalidCustomerError
from kunacore._kunacore import Client, ImportControl, import_customers
from kunacore._progress import Progress, bar, words
from kunacore._result import CheckedResult, ImportResult
from kunacore._table import Table, given
from kunacore._wording import in_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import Logger

    from kunacore._kunacore import Asked, Checked, Ended, Finished, Interrupted, Lost, Problems, Refused

Outcome: TypeAlias = "Lost | Interrupted | Refused | Problems | Checked | Finished | Ended"
"""What Rust tells of an import."""

NOTE_EVERY = 10.0
"""How often it is logged how far an import is, in seconds."""

Watch: TypeAlias = Callable[[Progress], object]


class Watcher:
    """What the thread that waits for an import is called for: the next rows, how far it is, and that it begins."""

    def __init__(self, chunks: Iterator[bytes] | None, watch: Watch | None, rate: float | None) -> None:
        self._chunks = chunks
        self._watch = watch
        self._rate = rate
        self.note_every = NOTE_EVERY
        self.failed = False
        """Whether the rows could not be had, and so nothing was sent."""

    @property
    def watches(self) -> bool:
        """Whether anybody wants to know how far it is."""
        return self._watch is not None

    def chunk(self) -> bytes | None:
        """The next rows as JSON Lines, or None at their end."""
        if self._chunks is None:
            return None
        try:
            return next(self._chunks, None)
        except Exception:
            self.failed = True
            raise

    def begun(self, directory: str, rows: int, done: int, remarks: list[str]) -> None:
        """The table is checked, and rows are about to be sent."""
        for remark in remarks:
            log().warning("create_customers: %s", in_python(remark))
        limit = "without a rate limit" if self._rate is None else f"at most {self._rate:g} requests a second"
        log().info("create_customers: run %s, %d of %d rows are done; sending %s", directory, done, rows, limit)

    def note(self, *moment: Any) -> None:
        """It is so far, for the log."""
        log().info("create_customers: %s", words(Progress(*moment)))

    def progress(self, *moment: Any) -> None:
        """It is so far."""
        if self._watch is not None:
            self._watch(Progress(*moment))


def asked_of(taken: dict[str, Any]) -> Asked:
    """The options of a call, all of them, checked, as Rust takes them."""
    canary, rate, concurrency, accept = taken["canary"], taken["rate"], taken["concurrency"], taken["accept"]
    key, known, existing, invalid = taken["key"], taken["known"], taken["existing"], taken["invalid"]
    run, most_rejections = taken["run"], taken["max_identical_rejections"]
    columns: Mapping[str, str] = taken["columns"] or {}
    values: Mapping[str, str] = taken["set"] or {}
    if canary is not None and not 1 <= canary < 2**32:
        raise ValueError("canary must be a number of rows, 1 or more")
    if rate is not None and not 0 < rate < float("inf"):
        raise ValueError("rate must be a number of requests a second, above 0")
    if concurrency is not None and not 1 <= concurrency <= 256:
        raise ValueError("concurrency must be between 1 and 256")
    if not 0 <= most_rejections < 2**32:
        raise ValueError("max_identical_rejections must be a number of rows; 0 never stops")
    words = {} if accept is None else dict(accept)
    if any(not 1 <= row < 2**32 or not id for row, id in words.items()):
        raise ValueError("accept must map numbers of rows, 1 for the first, to ids of customers")
    return {
        "run": None if run is None else os.fspath(run),
        "columns": list(columns.items()),
        "set": list(values.items()),
        "ignore_extra": _choice("extra", taken["extra"], "error", "ignore"),
        "key": [key] if isinstance(key, str) else list(key or ()),
        "known": [os.fspath(known)] if isinstance(known, (str, os.PathLike)) else [os.fspath(path) for path in known],
        "adopt": None if existing is None else _choice("existing", existing, "reject", "adopt"),
        "reject_invalid": None if invalid is None else _choice("invalid", invalid, "stop", "reject"),
        "encoding": taken["encoding"],
        "keep_input": taken["keep_input"],
        "check": taken["check"],
        "canary": canary,
        "rate": rate,
        "concurrency": concurrency,
        "accept": words,
        "max_identical_rejections": most_rejections,
    }


def run_import(
    core: Client,
    control: ImportControl,
    table: Table | None,
    asked: Asked,
    progress: bool | Watch | None,
) -> ImportResult:
    """Imports the table while this thread waits."""
    _refuse_what_says_how_nothing_is_read(table, asked)
    taken = given(table)
    shown = bar() if progress is None or progress is True else None
    watch = progress if callable(progress) else shown
    watcher = Watcher(taken.chunks, watch, asked["rate"])
    try:
        outcome = import_customers(core, control, taken.source, asked, watcher)
    finally:
        if shown is not None:
            shown.end()
    raised = outcome["raised"]
    if raised is not None and watcher.failed:
        raise raised
    return settled(outcome, control)


def _refuse_what_says_how_nothing_is_read(table: Table | None, asked: Asked) -> None:
    if table is not None:
        return
    says = {
        "columns": asked["columns"],
        "set": asked["set"],
        "key": asked["key"],
        "encoding": asked["encoding"],
        "extra": asked["ignore_extra"],
    }
    name = next((name for name, value in says.items() if value), None)
    if name is not None:
        raise ConfigurationError(
            f"{name} says how a table is read, and no table is given: the run goes on with the columns that it was "
            f"begun with. Nothing was sent. Leave {name} out, or give the table, too."
        )


def settled(outcome: Outcome, control: ImportControl) -> ImportResult:
    """The result of an import, or the exception that tells why there is none."""
    raised = outcome["raised"]
    try:
        result = _result(outcome, control, raised is not None)
    except ImportStoppedError as stopped:
        if raised is None:
            raise
        cause = stopped
    else:
        if raised is None:
            return result
        cause = ImportStoppedError("the import ended all the same: every row has its result.", result=result)
    if raised.__cause__ is None:
        raised.__cause__ = cause
    raise raised


def _result(outcome: Outcome, control: ImportControl, given_up: bool) -> ImportResult:
    for remark in outcome.get("remarks", ()):
        log().warning("create_customers: %s", in_python(remark))
    for line in outcome.get("unwritten", ()):
        log().error("create_customers: this result could not be written to the run's directory; keep it: %s", line)
    if outcome["kind"] == "lost":
        again = "" if control.directory is None else f": create_customers(run={str(control.directory)!r})"
        raise RuntimeError(
            "a mistake in the program ended the import; rows that were on their way stay in doubt. Continue the run, "
            f"which looks them up{again}; and please report this"
        )
    if outcome["kind"] == "interrupted" or (outcome["kind"] == "refused" and given_up):
        raise ImportStoppedError(
            "the import was stopped while the table was checked. Nothing was sent. Make the same call again."
        )
    if outcome["kind"] == "refused":
        raise ConfigurationError(_refusal(in_python(outcome["message"]), in_python(outcome["next"])))
    if outcome["kind"] == "problems":
        raise _invalid(outcome)
    if outcome["kind"] == "checked":
        return CheckedResult(outcome["directory"], outcome["rows"], outcome["problems"])
    result = ImportResult(outcome["directory"])
    if outcome["kind"] == "finished" or outcome["stop"] is None or outcome["stop"][0] == "canary":
        return result
    raise _stopped(outcome, outcome["stop"], result)


def _refusal(message: str, advice: str) -> str:
    # What is said of a run's directory says this itself, and does not end as a sentence.
    told = "othing was sent" in message
    return " ".join(filter(None, [f"{message.rstrip('.')}.", "" if told else "Nothing was sent.", advice]))


def _invalid(outcome: Problems) -> InvalidCustomerError:
    first = [(f"row {row}", field, reason) for row, field, reason in outcome["first"]]
    count = outcome["problems"]
    shown = "".join(f"\n  {row}: {field} {reason}" for row, field, reason in first)
    more = f"\n  and {count - len(first):,} more" if count > len(first) else ""
    file = "" if outcome["file"] is None else f" The whole list is {outcome['file']}."
    problems = "1 problem was" if count == 1 else f"{count:,} problems were"
    return InvalidCustomerError(
        f"{problems} found in {outcome['rows']:,} rows, and nothing was sent.{file} Mend the rows, or reject them and "
        f'send the others with invalid="reject".{shown}{more}',
        problems={f"{row}: {field}": reason for row, field, reason in first},
    )


def _stopped(outcome: Ended, stop: tuple[str, str, str], result: ImportResult) -> ImportStoppedError:
    _, message, advice = stop
    summary = outcome["summary"]
    left = "how many rows are left is not known"
    if summary is not None:
        left = ", ".join(f"{summary[state]:,} {state}" for state in ("created", "rejected", "unresolved", "unsent"))
        left = f"of {summary['rows']:,} rows: {left}"
    return ImportStoppedError(
        f"{in_python(message)} So far, {left}. {in_python(advice)} Continue with "
        f"create_customers(run={str(result.run)!r}).".replace("  ", " "),
        result=result,
        unwritten=tuple(outcome.get("unwritten", ())),
        outcome="not_applied" if summary is not None and summary["unresolved"] == 0 else "unknown",
    )


def _choice(name: str, value: str, no: str, yes: str) -> bool:
    if value not in (no, yes):
        raise ValueError(f'{name} must be "{no}" or "{yes}"')
    return value == yes


def log() -> Logger:
    """The package's logger; imported late, because it takes longer than the rest of the package."""
    import logging

    return logging.getLogger("kunacore")
