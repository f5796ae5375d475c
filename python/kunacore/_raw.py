"""What an answer told beside its data, for those who need its headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True, slots=True)
class RawResponse(Generic[Value]):
    """What a call gives, with what the answer told beside. ``repr`` shows neither headers nor anything personal.

    Attributes:
        value: what the call gives without ``with_raw_response``: a ``Customer``, or a list of them.
        status_code: the HTTP status of the answer that showed it: of a look-up's, unless ``value.how`` is
            ``"created"``.
        headers: that answer's headers, their names in lower case; of several of one name the values are joined by
            commas. Empty where a refusal had named a customer that was then adopted.
        request_id: what the server calls that request, where it told.
    """

    value: Value
    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    request_id: str | None


RawResponse.__module__ = "kunacore"


def raw_response(
    value: Any, status_code: int, request_id: str | None, headers: Sequence[tuple[str, bytes]]
) -> RawResponse[Any]:
    """A response from the headers as they came."""
    joined: dict[str, str] = {}
    for name, octets in headers:
        # Headers are octets; Latin-1 has a character for each.
        text = octets.decode("latin-1")
        joined[name] = f"{joined[name]}, {text}" if name in joined else text
    return RawResponse(value, status_code, joined, request_id)
