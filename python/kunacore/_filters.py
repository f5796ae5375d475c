"""Filters of a look-up in the form in which they are sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def sent(filters: dict[str, Any]) -> dict[str, Any]:
    """All filters of a look-up, with times as text."""
    for name in ("created_from", "created_to"):
        filters[name] = instant(name, filters[name])
    return filters


def instant(name: str, value: str | datetime | None) -> str | None:
    """ISO 8601 in UTC for an aware datetime; text is passed on as it is."""
    if not isinstance(value, datetime):
        return value
    if value.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime: give it a tzinfo, such as datetime.UTC")
    precision = "microseconds" if value.microsecond % 1000 else "milliseconds"
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
