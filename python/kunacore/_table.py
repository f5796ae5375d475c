"""What may be given as a table, and how it goes over to Rust: as Arrow data, as paths, or as chunks of JSON Lines.

No message repeats a value: it names the row, the column and the type.
"""

# What is given may be anything, and is asked what it is.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from datetime import date, time, timedelta
from enum import Enum
from typing import Any, Protocol, TypeAlias, cast
from uuid import UUID

from kunacore._errors import ConfigurationError
from kunacore._kunacore import ArrowTable

ROWS = 4096
"""How many rows of an iterable go over at once."""


class _Stream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class _Array(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...


Path: TypeAlias = str | os.PathLike[str]
Table: TypeAlias = _Stream | _Array | Path | Iterable[object]
"""A frame, files, or rows."""


class Given:
    """A table on its way: ``source`` is what Rust takes, and ``chunks`` are the rows where that is not all."""

    __slots__ = ("chunks", "source")

    def __init__(self, source: ArrowTable | list[str] | str | None, chunks: Iterator[bytes] | None = None) -> None:
        self.source = source
        self.chunks = chunks


def given(table: object) -> Given:
    """Takes a table; nothing but the form of the argument is looked at yet, except that Arrow data is taken over.

    Raises:
        TypeError: nothing of the kind is a table.
        ConfigurationError: a frame cannot be turned into Arrow data.
    """
    if table is None:
        return Given(None)
    if isinstance(table, (str, os.PathLike)):
        return Given([os.fsdecode(table)])
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        return Given(_arrow(table))
    kind = f"{type(table).__module__}.{type(table).__qualname__}"
    if kind.startswith("polars.") and hasattr(table, "collect"):
        raise TypeError("a LazyFrame has no rows yet: give it as table=frame.collect()")
    if hasattr(table, "columns") and hasattr(table, "iloc"):
        raise TypeError("this pandas is older than 2.2 and cannot give its frames as Arrow data: install a newer one")
    if isinstance(table, Mapping):
        raise TypeError("a mapping is one row: give a list of rows; columns become a table with polars.DataFrame(…)")
    if isinstance(table, (bytes, bytearray, memoryview)) or not isinstance(table, Iterable):
        raise TypeError(
            f"the table must be a frame with __arrow_c_stream__, a path, a list of paths, or an iterable of mappings, "
            f"dataclasses or pydantic models, not {type(table).__qualname__}"
        )
    if isinstance(table, Sequence) and table and all(isinstance(path, (str, os.PathLike)) for path in table):
        return Given([os.fsdecode(path) for path in table])
    return Given("rows", _chunks(table))


def _arrow(table: object) -> ArrowTable:
    try:
        return ArrowTable(_as_arrow_has_it(table))
    except ImportError:
        # The library's own, such as pandas without pyarrow: it names what is missing.
        raise
    except Exception as error:
        # What these libraries say can quote values. The name of the column does not.
        column = re.search(r"Conversion failed for column (.{1,64}) with type", str(error), re.DOTALL)
        twice = "uplicate" in str(error)
        kind = type(error).__name__
    what = "it has two columns of one name" if twice else f"its library refused with {kind}"
    if column:
        what = f"the column “{_shown(column[1])}” cannot be converted ({kind}): its values are not of one type"
    raise ConfigurationError(
        f"the table cannot be read as Arrow data: {what}. Nothing was sent. Give each column a name of its own and one "
        "type, best text."
    )


def _as_arrow_has_it(table: Any) -> object:
    """Polars gives columns of nothing but nulls in a form that Arrow does not have: as text they are the same."""
    polars: Any = sys.modules.get("polars")
    if polars is None or not isinstance(table, polars.DataFrame):
        return table
    return table.cast({polars.Null: polars.String})


def _chunks(rows: Iterable[object]) -> Iterator[bytes]:
    """The rows as JSON Lines, many at a time."""
    names: KeysView[str] | None = None
    lines: list[str] = []
    number = 0
    for number, row in enumerate(rows, 1):
        fields = _fields(row, number)
        if fields.keys() != names:
            odd = next((name for name in cast("Iterable[object]", fields) if not isinstance(name, str)), None)
            if odd is not None:
                raise TypeError(f"row {number}: the name of a column is {type(odd).__qualname__}, not text")
            names = fields.keys()
        lines.append(_line(fields, number))
        if len(lines) == ROWS:
            yield _encoded(lines, number)
            lines.clear()
    if lines:
        yield _encoded(lines, number)


_fields_of: dict[type, Callable[[Any], dict[str, object]]] = {}
"""How the rows of a class become dicts; found out once."""


def _fields(row: object, number: int) -> dict[str, object]:
    if type(row) is dict:
        return cast("dict[str, object]", row)
    kind = type(row)
    fields = _fields_of.get(kind)
    if fields is None:
        fields = _fields_of[kind] = _reader(kind, number)
    return fields(row)


def _reader(kind: type, number: int) -> Callable[[Any], dict[str, object]]:
    if issubclass(kind, Mapping):
        return dict
    if hasattr(kind, "__dataclass_fields__"):
        from dataclasses import fields

        names = [field.name for field in fields(cast(Any, kind))]
        return lambda row: {name: getattr(row, name) for name in names}
    # Models of pydantic 2, and of pydantic 1.
    if callable(getattr(kind, "model_dump", None)):
        return lambda row: cast("dict[str, object]", row.model_dump())
    if callable(getattr(kind, "dict", None)) and hasattr(kind, "__fields__"):
        return lambda row: cast("dict[str, object]", row.dict())
    raise TypeError(
        f"row {number} is of the type {kind.__qualname__}: rows must be mappings, dataclasses or pydantic models"
    )


def _unusual(value: object) -> object:
    """The JSON value for what the encoder does not know. What is refused by type comes over as a value of that type."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    # pandas' NA and NaT, which are of no public type. NaT is also a datetime.
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, (date, time, timedelta)):
        raise _RefusedError("dates or times", "Write the column as text, in the form that is to be sent.")
    if hasattr(value, "__index__"):
        return int(cast(Any, value))
    if hasattr(value, "__float__"):
        number = float(cast(Any, value))
        return None if number != number else number
    raise _RefusedError(f"values of the type {type(value).__qualname__}", "Write the column as text.")


class _RefusedError(Exception):
    """A type that no column may have, and the cure."""


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, default=_unusual).encode


def _line(fields: dict[str, object], number: int) -> str:
    try:
        return _encode(fields)
    except ValueError:
        # A float that is no number stands for nothing.
        cleaned = {name: None if _is_nan(value) else value for name, value in fields.items()}
    except _RefusedError:
        cleaned = fields
    for name, value in cleaned.items():
        try:
            _encode(value)
        except _RefusedError as refused:
            what, cure = refused.args
        except (ValueError, TypeError, RecursionError):
            what, cure = "infinite numbers or nested values", "Write the column as text."
        else:
            continue
        raise ConfigurationError(f"row {number}: the column “{_shown(name)}” holds {what}. Nothing was sent. {cure}")
    return _encode(cleaned)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and value != value


def _encoded(lines: list[str], last: int) -> bytes:
    try:
        return ("\n".join(lines) + "\n").encode()
    except UnicodeEncodeError:
        first = last - len(lines) + 1
        odd = next((number for number, line in enumerate(lines, first) if not _is_text(line)), first)
    raise ConfigurationError(
        f"row {odd} holds text that cannot be encoded as UTF-8. Nothing was sent. Mend it where it was read."
    )


def _is_text(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(name: str) -> str:
    """A column's name, unless it looks like a value that went astray."""
    digits = sum(character.isdigit() for character in name)
    return "(not shown)" if "@" in name or digits >= 5 else name[:64]
