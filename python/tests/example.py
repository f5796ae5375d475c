"""The documented example customer."""

from __future__ import annotations

from typing import TypedDict


class Fields(TypedDict):
    email: str
    first_name: str
    last_name: str
    country: str
    verification_document_id: str
    residence_address: str


ALEX: Fields = {
    "email": "alexsmith@mail.com",
    "first_name": "Alex",
    "last_name": "Smith",
    "country": "FR",
    "verification_document_id": "FV633452",
    "residence_address": "Champ de Mars, Paris",
}


def alex(number: int) -> Fields:
    """One of many customers that differ in their e-mail."""
    return {**ALEX, "email": f"alexsmith+{number}@mail.com"}


class Row(Fields):
    external_id: str


def rows(count: int) -> list[Row]:
    """Rows of a table; the external id is the number of the row."""
    return [{**alex(number), "external_id": str(number)} for number in range(1, count + 1)]
