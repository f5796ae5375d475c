"""What may be given to `create_customers` as a table, and what comes back for each row."""

from __future__ import annotations

import csv
import dataclasses
import inspect
import json
import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pyarrow.parquet
import pydantic
import pydantic.v1
import pytest
from example import ALEX, Row, alex, rows

import kunacore
from kunacore import _kunacore


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a name are made in the current directory."""
    monkeypatch.chdir(tmp_path)


@dataclasses.dataclass
class Person:
    email: str
    first_name: str
    last_name: str
    country: str
    verification_document_id: str
    residence_address: str
    external_id: str


class Model(pydantic.BaseModel):
    email: str
    first_name: str
    last_name: str
    country: str
    verification_document_id: str
    residence_address: str
    external_id: str


class OldModel(pydantic.v1.BaseModel):
    email: str
    first_name: str
    last_name: str
    country: str
    verification_document_id: str
    residence_address: str
    external_id: str


class Lookup(Mapping[str, str]):
    """A mapping that is no dict."""

    def __init__(self, row: Row) -> None:
        self._row: dict[str, str] = {**row}  # type: ignore[dict-item]

    def __getitem__(self, name: str) -> str:
        return self._row[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)


def with_pandas(table: list[Row]) -> object:
    return pandas.DataFrame(table)


def with_a_path(table: list[Row]) -> object:
    return written(table, "customers.csv")


def with_paths(table: list[Row]) -> object:
    return [str(written(table[:3], "a.csv")), written(table[3:], "b.csv")]


def with_a_directory(table: list[Row]) -> object:
    written(table[:3], "tables/a.csv")
    written(table[3:], "tables/b.csv")
    return Path("tables")


def with_parquet(table: list[Row]) -> object:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(table), "customers.parquet")
    return "customers.parquet"


def with_json_lines(table: list[Row]) -> object:
    Path("customers.jsonl").write_text("\n".join(map(json.dumps, table)), "utf-8")
    return Path("customers.jsonl")


def written(table: list[Row], name: str) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return path


TABLES: dict[str, Callable[[list[Row]], Any]] = {
    "polars": polars.DataFrame,
    "polars with a column of nulls": lambda table: polars.DataFrame(table).with_columns(comment=polars.lit(None)),
    "pandas": with_pandas,
    "pyarrow table": pyarrow.Table.from_pylist,
    "pyarrow batch": pyarrow.RecordBatch.from_pylist,
    "pyarrow reader": lambda table: pyarrow.Table.from_pylist(table).to_reader(max_chunksize=2),
    "pyarrow struct array": lambda table: pyarrow.RecordBatch.from_pylist(table).to_struct_array(),
    "path": with_a_path,
    "paths": with_paths,
    "directory": with_a_directory,
    "parquet": with_parquet,
    "json lines": with_json_lines,
    "dicts": lambda table: table,
    "generator": iter,
    "mappings": lambda table: [Lookup(row) for row in table],
    "dataclasses": lambda table: [Person(**row) for row in table],
    "pydantic": lambda table: [Model(**row) for row in table],
    "pydantic 1": lambda table: [OldModel(**row) for row in table],
    "wire names": lambda table: [
        {name.split("_")[0] + "".join(part.title() for part in name.split("_")[1:]): row[name] for name in row}  # type: ignore[literal-required]
        for row in table
    ],
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_table_becomes_customers_in_its_order(
    sandbox: kunacore.Sandbox, client: kunacore.Client, kind: str
) -> None:
    table = rows(7)
    result = client.create_customers(TABLES[kind](table), progress=False)
    assert len(result) == 7
    assert result.summary["created"] == 7
    by_email = {entry["email"]: (entry["id"], entry["walletId"]) for entry in sandbox.ledger()}
    expected = [(index, *by_email[row["email"]]) for index, row in enumerate(table, 1)]
    got = list(result)
    assert got == result.to_dicts()
    assert [(row["row"], row["id"], row["wallet_id"]) for row in got] == expected
    assert [row["external_id"] for row in got] == [row["external_id"] for row in table]
    assert {row["state"] for row in got} == {"created"}


def test_the_result_stands_beside_the_frame_row_by_row(client: kunacore.Client) -> None:
    table = rows(20)
    table[4]["country"] = "XX"
    frame = polars.DataFrame(table)
    result = client.create_customers(frame, invalid="reject", key=["email"], progress=False)
    beside = polars.concat([frame, result.to_polars().select("row", "state", "id")], how="horizontal")
    assert beside["row"].to_list() == list(range(1, 21))
    assert beside.filter(polars.col("country") == "XX")["state"].to_list() == ["rejected"]
    joined = frame.join(result.to_polars(), on="email")
    assert joined["wallet_id"].null_count() == 1


def test_a_result_can_be_read_again_and_again_by_every_library(client: kunacore.Client) -> None:
    result = client.create_customers(rows(3), progress=False)
    for _ in range(2):
        assert pyarrow.table(result).num_rows == 3
        assert polars.DataFrame(result).height == 3
    assert result.to_pyarrow().column_names == result.to_polars().columns == list(result.to_pandas().columns)
    assert result.to_pandas()["status_code"].tolist() == result.to_polars()["status_code"].to_list()
    assert polars.DataFrame(result.created)["id"].to_list() == [row["id"] for row in result.to_dicts()]
    assert [len(part) for part in (result.rejected, result.unresolved, result.unsent)] == [0, 0, 0]
    for part in (result.rejected, result.unresolved, result.unsent):
        assert part.to_polars().height == 0


def test_rejected_rows_come_with_the_columns_and_types_of_the_table(client: kunacore.Client) -> None:
    table = rows(3)
    client.create_customer(**alex(2))
    frame = polars.DataFrame(table).with_columns(polars.lit(2.5).alias("balance"))
    result = client.create_customers(frame, extra="ignore", progress=False)
    rejected = result.rejected.to_polars()
    assert len(result.rejected) == rejected.height == 1
    assert rejected.columns[: frame.width] == frame.columns
    assert rejected["balance"].to_list() == [2.5]
    assert rejected["reject_code"].to_list() == ["duplicate_email"]
    assert rejected["existing_id"].to_list() == [client.find_customers(email=table[1]["email"])[0].id]
    assert result.rejected.to_dicts()[0]["email"] == table[1]["email"]
    with pytest.raises(kunacore.RejectedError, match="1 row was refused"):
        result.raise_for_problems()
    # Mended, it is the table of a new run.
    mended = rejected.with_columns(polars.lit("alexsmith+mended@mail.com").alias("email"))
    assert client.create_customers(mended, extra="ignore", progress=False).summary["created"] == 1


def test_columns_and_values_are_mapped(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    table = [{("E-mail" if name == "email" else name): value for name, value in row.items()} for row in rows(2)]
    for row in table:
        del row["country"]
    result = client.create_customers(table, columns={"E-mail": "email"}, set={"country": "UA"}, progress=False)
    assert {entry["email"] for entry in sandbox.ledger()} == {row["email"] for row in rows(2)}
    assert result.summary["created"] == 2


def test_key_columns_are_carried_into_the_result(client: kunacore.Client) -> None:
    table = [{**row, "tenant": f"t{number}", "batch": number} for number, row in enumerate(rows(3))]
    result = client.create_customers(table, key=["tenant", "batch"], progress=False)
    assert [(row["tenant"], row["batch"]) for row in result.to_dicts()] == [("t0", "0"), ("t1", "1"), ("t2", "2")]


NOTHING = [None, math.nan, pandas.NA, pandas.NaT]


@pytest.mark.parametrize("nothing", NOTHING, ids=["None", "NaN", "NA", "NaT"])
def test_a_value_that_is_missing_is_left_out(
    sandbox: kunacore.Sandbox, client: kunacore.Client, nothing: object
) -> None:
    table = [{**row, "comment": nothing if number else "first"} for number, row in enumerate(rows(2))]
    client.create_customers(table, progress=False)
    assert {entry["email"]: entry["comment"] for entry in sandbox.ledger()} == {
        table[0]["email"]: "first",
        table[1]["email"]: None,
    }


def test_missing_values_of_a_frame_are_left_out(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    frame = pandas.DataFrame(
        [{**row, "comment": "first"} for row in rows(1)] + [{**row, "comment": None} for row in rows(3)[1:]]
    )
    frame.loc[2, "comment"] = math.nan
    client.create_customers(frame, progress=False)
    by_email = {entry["email"]: entry["comment"] for entry in sandbox.ledger()}
    assert list(map(by_email.get, frame["email"])) == ["first", None, None]


def test_rows_may_differ_in_their_keys_however_late(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    def table() -> Iterator[dict[str, object]]:
        for number, row in enumerate(rows(9000), 1):
            yield {**row, "comment": "late"} if number == 9000 else {**row}

    result = client.create_customers(table(), check=True, progress=False)
    assert result.summary == {"rows": 9000, "problems": 0, "created": 0, "rejected": 0, "unresolved": 0, "unsent": 9000}
    result = client.create_customers([*rows(2), {**rows(3)[2], "comment": "late"}], progress=False)
    assert {entry["comment"] for entry in sandbox.ledger()} == {None, "late"}


def test_numbers_and_uuids_are_taken_where_digits_are_meant(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    number = uuid.uuid5(uuid.NAMESPACE_URL, "example.com")
    table = [{**rows(1)[0], "external_id": number, "itn": 123456}]
    client.create_customers(table, progress=False)
    client.create_customers(
        pandas.DataFrame({**rows(2)[1], "external_id": pandas.Series([7], dtype="Int64")}), progress=False
    )
    assert {entry["externalId"] for entry in sandbox.ledger()} == {str(number), "7"}


def test_the_index_of_a_filtered_pandas_frame_is_no_column(client: kunacore.Client) -> None:
    frame = pandas.DataFrame(rows(4))
    result = client.create_customers(frame[frame["external_id"] != "2"], progress=False)
    assert [row["external_id"] for row in result.to_dicts()] == ["1", "3", "4"]


def test_a_check_sends_nothing(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    table = rows(3)
    result = client.create_customers(table, check=True, progress=False)
    assert (len(result), result.summary["rows"], result.summary["problems"]) == (3, 3, 0)
    table[1]["email"] = table[0]["email"]
    with pytest.raises(kunacore.InvalidCustomerError, match="row 2: email is also in row 1"):
        client.create_customers(table, check=True, progress=False)
    result = client.create_customers(table, check=True, invalid="reject", progress=False)
    with pytest.raises(kunacore.InvalidCustomerError, match=r"1 problem was found .*problems\.csv"):
        result.raise_for_problems()
    assert result.summary["problems"] == 1
    assert sandbox.ledger() == []
    with pytest.raises(kunacore.ConfigurationError):
        result.to_dicts()


def test_rows_go_over_in_batches(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    table = polars.DataFrame({name: [value] * 100_000 for name, value in ALEX.items()}).with_columns(
        email=polars.int_range(100_000, eager=True).cast(polars.String) + "@mail.com"
    )
    before = _kunacore.crossings()
    assert len(client.create_customers(table, check=True, progress=False)) == 100_000
    assert _kunacore.crossings() - before <= 3
    before = _kunacore.crossings()
    assert len(client.create_customers(table.iter_rows(named=True), check=True, progress=False)) == 100_000
    assert _kunacore.crossings() - before <= 100_000 / 4096 + 4


def test_the_module_uses_the_environment(sandbox: kunacore.Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    result = kunacore.create_customers(rows(2), run="run", progress=False)
    assert (result.summary["created"], result.run.name) == (2, "run")


def test_the_three_doors_take_the_same_options_and_defaults() -> None:
    calls: list[Callable[..., object]] = [
        kunacore.create_customers,
        kunacore.Client.create_customers,
        kunacore.AsyncClient.create_customers,
    ]
    parameters = [
        {name: (option.kind, option.default) for name, option in inspect.signature(call).parameters.items()}
        for call in calls
    ]
    for options in parameters:
        options.pop("self", None)
    assert parameters[0] == parameters[1] == parameters[2]
    assert parameters[0]["max_identical_rejections"][1] == _kunacore.MAX_IDENTICAL_REJECTIONS


def test_a_closed_client_imports_nothing(client: kunacore.Client) -> None:
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.create_customers(rows(1), progress=False)
