"""Tables and options that are refused: what is told, and that nothing is sent."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest
from example import ALEX, rows

import kunacore


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a name are made in the current directory."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("table", [[], iter([]), polars.DataFrame(rows(1)).clear()], ids=["list", "iterator", "frame"])
def test_an_empty_table_is_an_error(client: kunacore.Client, table: Any) -> None:
    with pytest.raises(kunacore.ConfigurationError, match=r"no rows|no columns") as caught:
        client.create_customers(table, progress=False)
    assert "Nothing was sent" in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("email", 5, "the column “email” holds integers"),
        ("phone_number", 5511999990000.0, "the column “phone_number” holds floating-point numbers"),
        ("comment", True, "the column “comment” holds booleans"),
        ("comment", [1], "the column “comment” holds nested"),
        ("comment", pandas.Timestamp("2026-01-02"), "the column “comment” holds dates or times"),
        ("comment", object(), "the column “comment” holds values of the type object"),
        ("comment", math.inf, "the column “comment” holds infinite numbers"),
        ("comment", "\ud800", "row 2 holds text that cannot be encoded"),
    ],
)
def test_a_wrong_type_is_told_by_column(client: kunacore.Client, column: str, value: object, words: str) -> None:
    table = [{**row, column: value} if number else {**row} for number, row in enumerate(rows(2))]
    with pytest.raises(kunacore.ConfigurationError, match=words) as caught:
        client.create_customers(table, progress=False)
    assert "alexsmith" not in str(caught.value)


def test_a_wrong_type_in_a_frame_is_told_by_column_and_without_its_value(client: kunacore.Client) -> None:
    frame = pandas.DataFrame(rows(2), dtype=object)
    frame.loc[1, "email"] = 5.5
    with pytest.raises(kunacore.ConfigurationError, match="“email”") as caught:
        client.create_customers(frame, progress=False)
    assert caught.value.__context__ is None
    frame = pandas.DataFrame(rows(2)).assign(phone_number=[1.5, 2.5])
    with pytest.raises(kunacore.ConfigurationError, match=r"phone_number.*floating-point numbers"):
        client.create_customers(frame, progress=False)


def test_two_columns_of_one_name_are_an_error(client: kunacore.Client) -> None:
    frame = pandas.DataFrame(rows(1))
    twice = pandas.concat([frame, frame[["email"]]], axis=1)
    for table in (twice, pyarrow.Table.from_pylist(rows(1)).append_column("email", [["x"]])):
        with pytest.raises(kunacore.ConfigurationError, match="two columns"):
            client.create_customers(table, progress=False)
    with pytest.raises(kunacore.ConfigurationError, match="two columns, “first_name” and “firstName”"):
        client.create_customers([{**rows(1)[0], "firstName": "Alex"}], progress=False)


def test_what_is_missing_or_left_over_is_told_in_the_words_of_python(client: kunacore.Client) -> None:
    table = [{"E-mail": row["email"], "Surname": row["last_name"], "balance": "1"} for row in rows(1)]
    with pytest.raises(kunacore.ConfigurationError) as caught:
        client.create_customers(table, progress=False)
    text = str(caught.value)
    assert 'columns={"E-mail": "email", "Surname": "last_name"}, extra="ignore"' in text
    assert 'set={"first_name": "VALUE"}' in text
    assert "--" not in text
    with pytest.raises(kunacore.ConfigurationError, match='extra="ignore"'):
        client.create_customers([{**rows(1)[0], "balance": "1"}], progress=False)
    assert (
        client.create_customers([{**rows(1)[0], "balance": "1"}], extra="ignore", progress=False).summary["created"]
        == 1
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (7, "not int"),
        (b"email", "not bytes"),
        ({"email": ["a"]}, "one row"),
        (polars.LazyFrame(rows(1)), "collect"),
        ([1], "row 1 is of the type int"),
        ([{1: "x"}], "name of a column is int"),
    ],
)
def test_what_is_no_table_is_a_type_error(client: kunacore.Client, table: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        client.create_customers(table, progress=False)


@pytest.mark.parametrize(
    "option",
    [
        {"canary": 0},
        {"rate": 0},
        {"rate": math.inf},
        {"concurrency": 257},
        {"max_identical_rejections": -1},
        {"accept": {0: "id"}},
        {"existing": "take"},
        {"invalid": "skip"},
        {"extra": "keep"},
        {"columns": {"E-mail": "mail"}},
        {"set": {"nationality": "UA"}},
    ],
)
def test_an_option_that_cannot_be_meant_is_a_value_error(client: kunacore.Client, option: dict[str, Any]) -> None:
    name = next(iter(option))
    with pytest.raises(ValueError, match=f"{name}|there is no field"):
        client.create_customers(rows(1), progress=False, **option)


def test_rows_that_cannot_be_sent_stop_it_before_anything_is_sent(
    sandbox: kunacore.Sandbox, client: kunacore.Client
) -> None:
    table = rows(40)
    table[2]["last_name"] = " "
    for row in table[10:]:
        row["country"] = "uk"
    with pytest.raises(kunacore.InvalidCustomerError) as caught:
        client.create_customers(table, progress=False)
    error = caught.value
    assert error.problems["row 3: last_name"] == "is required"
    assert error.problems["row 11: country"].endswith("did you mean GB?")
    text = str(error)
    assert "31 problems were found in 40 rows, and nothing was sent" in text
    assert "row 3: last_name is required" in text
    assert "and 11 more" in text
    file = Path(text.split("The whole list is ")[1].split("problems.csv")[0] + "problems.csv")
    assert len(file.read_text("utf-8").splitlines()) == 32
    assert ALEX["residence_address"] not in text
    assert sandbox.ledger() == []
    result = client.create_customers(table, invalid="reject", progress=False)
    assert (result.summary["created"], result.summary["rejected"]) == (9, 31)
