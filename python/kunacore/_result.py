"""What became of the rows of an import, as the directory of its run tells. Nothing is read before it is asked for."""

# pandas and pyarrow bring no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kunacore._errors import (
    ConfigurationError,
    ImportStoppedError,
    InvalidCustomerError,
    OutcomeUnknownError,
    RejectedError,
)
from kunacore._kunacore import first_rows, read_rows, refresh_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas
    import polars
    import pyarrow

State = Literal["created", "rejected", "unresolved", "unsent"]

SHOWN_ROWS = 10
"""How many rows a notebook shows."""


class ImportRows:
    """Rows of an import, in the order of the input.

    It is an Arrow table for whoever reads ``__arrow_c_stream__``: polars, pyarrow, pandas, duckdb and others. They are
    read from the run's directory each time; ``len`` counts them.

    Attributes:
        run: the directory of the run, as an absolute path.
    """

    __module__ = "kunacore"

    __slots__ = ("_state", "run")

    run: Path

    def __init__(self, run: str | os.PathLike[str], state: State | None = None) -> None:
        self.run = Path(os.path.abspath(run))
        self._state = state

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as a stream of Arrow record batches. It may be asked for again and again.

        Raises:
            ConfigurationError: the run's directory has no results, or they cannot be read.
        """
        return read_rows(self.run, self._state).__arrow_c_stream__(requested_schema)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dicts; needs no other package.

        Raises:
            ConfigurationError: the run's directory has no results, or they cannot be read.
        """
        return first_rows(self.run, self._state, None)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows as dicts, as ``to_dicts`` gives them: all are in memory at once."""
        return iter(self.to_dicts())

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars DataFrame.

        Raises:
            ImportError: polars is not installed.
            ConfigurationError: the run's directory has no results, or they cannot be read.
        """
        try:
            import polars
        except ImportError:
            raise _missing("to_polars", "polars") from None
        return polars.DataFrame(self)

    def to_pyarrow(self) -> pyarrow.Table:
        """The rows as a pyarrow Table.

        Raises:
            ImportError: pyarrow is not installed.
            ConfigurationError: the run's directory has no results, or they cannot be read.
        """
        try:
            import pyarrow
        except ImportError:
            raise _missing("to_pyarrow", "pyarrow") from None
        return pyarrow.table(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas DataFrame. Numbers that may be absent are nullable integers.

        Raises:
            ImportError: pandas or pyarrow is not installed.
            ConfigurationError: the run's directory has no results, or they cannot be read.
        """
        try:
            import pandas
            import pyarrow
        except ImportError:
            raise _missing("to_pandas", "pandas pyarrow") from None
        nullable = {pyarrow.uint16(): pandas.UInt16Dtype()}
        return self.to_pyarrow().to_pandas(types_mapper=nullable.get)

    def __len__(self) -> int:
        return int(_summary(self.run)[self._state or "rows"])

    def __repr__(self) -> str:
        return f"<{len(self)} {self._state} rows of the import in {str(self.run)!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self.run), self._state)


class ImportResult(ImportRows):
    """What became of the rows of a table: one row for each, in the order of the input, to be joined with it.

    The columns are ``row`` (1 for the first), ``external_id``, the key columns, ``state`` (``"created"``,
    ``"rejected"``, ``"unresolved"``, ``"unsent"``), ``how`` (``"created"``, ``"reconciled"``, ``"adopted"``,
    ``"known"``), ``id``, ``wallet_id``, ``status_code``, ``code``, ``field``, ``message`` and ``attempts``.

    It is a view of the run's directory: it is small to pickle, and when the run is continued it shows what is new.
    """

    __module__ = "kunacore"

    __slots__ = ()

    def __init__(self, run: str | os.PathLike[str]) -> None:
        super().__init__(run)

    @property
    def created(self) -> ImportRows:
        """The rows that have a customer, with the columns of the result: the ids are in ``id`` and ``wallet_id``."""
        return ImportRows(self.run, "created")

    @property
    def rejected(self) -> ImportRows:
        """The rows that were refused: the columns of the input, and ``reject_code``, ``reject_field``,
        ``reject_message``, ``existing_id``, ``existing_wallet_id``. Mended, they can be imported as a new table.

        Types are those of the input where that was Arrow data or Parquet; else all columns are text.
        """
        return ImportRows(self.run, "rejected")

    @property
    def unresolved(self) -> ImportRows:
        """The rows that may have been created: ``row``, ``external_id``, the key columns, ``reason``, ``candidate_id``,
        ``candidate_wallet_id``, ``first_sent_at``. Continuing the run looks them up again."""
        return ImportRows(self.run, "unresolved")

    @property
    def unsent(self) -> ImportRows:
        """The rows that were not sent, with the columns of the result. Continuing the run sends them."""
        return ImportRows(self.run, "unsent")

    @property
    def summary(self) -> dict[str, Any]:
        """How many rows there are: ``rows``, ``created`` (of them ``reconciled``, ``adopted``, ``known``),
        ``rejected``, ``unresolved``, ``unsent``; and of the process that wrote it ``requests`` and ``seconds``.

        Raises:
            ConfigurationError: the run's directory has no summary.
        """
        return _summary(self.run)

    def raise_for_problems(self) -> None:
        """Raises if not every row has a customer; the gravest problem wins.

        Raises:
            OutcomeUnknownError: rows may or may not have been created.
            ImportStoppedError: rows were not sent.
            RejectedError: rows were refused.
        """
        summary = self.summary
        unresolved, unsent, rejected = (summary[state] for state in ("unresolved", "unsent", "rejected"))
        again = f"Continue the run with create_customers(run={str(self.run)!r})"
        if unresolved:
            raise OutcomeUnknownError(
                f"{_rows(unresolved)} may or may not have been created. {again}, which looks them up again; "
                "result.unresolved says why."
            )
        if unsent:
            raise ImportStoppedError(f"{_were(unsent)} not sent. {again}.", result=self, outcome="not_applied")
        if rejected:
            raise RejectedError(
                f"{_were(rejected)} refused. Mend them and import them as a new table; result.rejected has them "
                "with the reasons."
            )

    def __repr__(self) -> str:
        summary = self.summary
        counts = ", ".join(f"{summary[state]} {state}" for state in _STATES)
        return f"<ImportResult: {summary['rows']} rows: {counts}; run={str(self.run)!r}>"

    def _repr_html_(self) -> str:
        from html import escape

        summary = self.summary
        counts = "".join(f"<th>{state}</th>" for state in ("rows", *_STATES))
        numbers = "".join(f"<td>{int(summary[state]):,}</td>" for state in ("rows", *_STATES))
        shown = ("row", "state", "id", "wallet_id")
        head = "".join(f"<th>{name}</th>" for name in shown)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(row[name] or ''))}</td>" for name in shown) + "</tr>"
            for row in first_rows(self.run, None, SHOWN_ROWS)
        )
        return (
            f"<p>Import in <code>{escape(str(self.run))}</code></p>"
            f"<table><thead><tr>{counts}</tr></thead><tbody><tr>{numbers}</tr></tbody></table>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self.run),)


class CheckedResult(ImportResult):
    """A table that was checked and not sent: only ``summary`` says something, and there need not be a run."""

    __module__ = "kunacore"

    __slots__ = ("_problems", "_rows")

    def __init__(self, run: str | os.PathLike[str], rows: int, problems: int) -> None:
        super().__init__(run)
        self._rows = rows
        self._problems = problems

    @property
    def summary(self) -> dict[str, Any]:
        """How many ``rows`` there are, all of them ``unsent``, and how many ``problems`` they have."""
        return {
            "rows": self._rows,
            "problems": self._problems,
            **dict.fromkeys(_STATES, 0),
            "unsent": self._rows,
        }

    def raise_for_problems(self) -> None:
        """Raises if rows cannot be sent as they are.

        Raises:
            InvalidCustomerError: so many problems were found; ``problems.csv`` in ``run`` has them all.
        """
        if self._problems:
            found = "1 problem was" if self._problems == 1 else f"{self._problems:,} problems were"
            raise InvalidCustomerError(
                f"{found} found in {_rows(self._rows)}, and nothing was sent. The whole list is "
                f"{self.run / 'problems.csv'}."
            )

    def __len__(self) -> int:
        return self._rows

    def _repr_html_(self) -> str:
        return f"<p>{self._rows:,} rows checked, {self._problems:,} problems; nothing was sent</p>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self.run), self._rows, self._problems)


_STATES = ("created", "rejected", "unresolved", "unsent")


def open_run(dir: str | os.PathLike[str]) -> ImportResult:
    """The results of a run by its directory, also in another process, and without a client.

    Where a process was killed before it could write its reports, they are written now, from the run's journal.

    Raises:
        ConfigurationError: there is no run, a process is at it, or its reports cannot be written.
    """
    refresh_run(os.fspath(dir))
    return ImportResult(dir)


def _summary(run: Path) -> dict[str, Any]:
    try:
        text = (run / "summary.json").read_text("utf-8")
    except OSError as error:
        reason = error.strerror
    else:
        summary: dict[str, Any] = json.loads(text)
        return summary
    raise ConfigurationError(
        f"the results in {str(run)!r} cannot be read ({reason}). If the directory is a run, kunacore.open_run(…) "
        "writes them anew."
    )


def _missing(method: str, packages: str) -> ImportError:
    return ImportError(f"{method}() needs what is not installed: pip install {packages}")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _were(count: int) -> str:
    return f"{_rows(count)} {'was' if count == 1 else 'were'}"
