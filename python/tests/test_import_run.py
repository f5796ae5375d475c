"""Runs of an import: stopped, continued, read again elsewhere, and silent about people."""

from __future__ import annotations

import asyncio
import itertools
import logging
import pickle
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import polars
import pytest
from conftest import PythonRunner
from example import ALEX, Fields, Row, rows

import kunacore


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a name are made in the current directory."""
    monkeypatch.chdir(tmp_path)


def slow(latency: float = 0.02) -> kunacore.Sandbox:
    return kunacore.sandbox(latency=latency)


def test_options_that_say_how_a_table_is_read_need_one(client: kunacore.Client) -> None:
    client.create_customers(rows(3), run="run", canary=1, progress=False)
    with pytest.raises(kunacore.ConfigurationError, match="columns says how a table is read"):
        client.create_customers(run="run", columns={"E-mail": "email"}, progress=False)
    with pytest.raises(kunacore.ConfigurationError, match="extra says how a table is read"):
        client.create_customers(run="run", extra="ignore", progress=False)


def test_a_canary_returns_and_the_same_call_goes_on(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    result = client.create_customers(rows(10), canary=3, progress=False)
    assert (result.summary["created"], result.summary["unsent"], len(result.unsent)) == (3, 7, 7)
    with pytest.raises(kunacore.ImportStoppedError, match=r"create_customers\(run="):
        result.raise_for_problems()
    result = client.create_customers(run=result.run, progress=False)
    assert result.summary["created"] == len(sandbox.ledger()) == 10
    result.raise_for_problems()


def test_a_finished_run_sends_nothing_again(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    first = client.create_customers(rows(5), progress=False)
    again = client.create_customers(rows(5), progress=False)
    assert again.run == first.run
    assert again.to_dicts() == first.to_dicts()
    assert len(sandbox.ledger()) == 5


def test_a_finished_run_may_be_continued_without_its_table(client: kunacore.Client) -> None:
    first = client.create_customers(rows(5), run="run", progress=False)
    assert client.create_customers(run="run", progress=False).to_dicts() == first.to_dicts()


def test_a_stop_raises_and_says_how_to_go_on(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    refuse = {"operation": "create", "phase": "before", "effect": {"status": {"code": 401}}}
    sandbox.faults([refuse])
    with pytest.raises(kunacore.ImportStoppedError) as caught:
        client.create_customers(rows(4), run="run", progress=False)
    stopped = caught.value
    assert stopped.outcome == "not_applied"
    assert stopped.run == Path("run").resolve()
    assert stopped.result is not None
    assert stopped.result.summary["unsent"] == 4
    assert f"create_customers(run={str(stopped.run)!r})" in str(stopped)
    twin = pickle.loads(pickle.dumps(stopped))
    assert (str(twin), twin.run, twin.outcome) == (str(stopped), stopped.run, stopped.outcome)
    assert twin.result.summary == stopped.result.summary
    sandbox.faults([])
    assert client.create_customers(run="run", progress=False).summary["created"] == 4


def test_rows_in_doubt_are_looked_up_when_the_run_goes_on(sandbox: kunacore.Sandbox) -> None:
    client = kunacore.Client(sandbox.url, api_key=sandbox.api_key, settle=0.05)
    lost = {"operation": "create", "phase": "after", "effect": {"reset": {}}, "count": 1}
    sandbox.faults([lost])
    result = client.create_customers(rows(4), run="run", progress=False)
    assert (result.summary["created"], result.summary["reconciled"]) == (4, 1)
    assert sorted(row["how"] for row in result.to_dicts()) == ["created", "created", "created", "reconciled"]
    assert len(sandbox.ledger()) == 4


def test_options_of_the_client_hold_for_an_import(sandbox: kunacore.Sandbox) -> None:
    blind = {"operation": "find", "phase": "before", "effect": {"status": {"code": 503}}}
    lost = {"operation": "create", "phase": "after", "effect": {"reset": {}}, "count": 1}
    sandbox.faults([lost, blind])
    with kunacore.Client(sandbox.url, api_key=sandbox.api_key) as patient:
        hasty = patient.with_options(settle=0.05, max_attempts=1, deadline=2)
        began = time.monotonic()
        result = hasty.create_customers(rows(2), run="run", progress=False)
    assert time.monotonic() - began < 20
    assert (result.summary["unresolved"], len(result.unresolved)) == (1, 1)
    [row] = result.unresolved.to_dicts()
    assert isinstance(row["row"], int)
    assert row["first_sent_at"]
    assert result.unresolved.to_polars()["row"].to_list() == [row["row"]]
    with pytest.raises(kunacore.OutcomeUnknownError, match="1 row may or may not"):
        result.raise_for_problems()
    assert [other["state"] for other in result.to_dicts() if other["row"] == row["row"]] == ["unresolved"]


def test_another_table_for_a_run_is_refused(client: kunacore.Client) -> None:
    client.create_customers(rows(2), run="run", progress=False)
    with pytest.raises(kunacore.ConfigurationError, match=r'not the one .* known="run", run="NEW"'):
        client.create_customers(rows(3), run="run", progress=False)
    with pytest.raises(kunacore.ConfigurationError, match="no such directory"):
        client.create_customers(run="nowhere", progress=False)


def test_known_customers_are_not_sent_again(sandbox: kunacore.Sandbox, client: kunacore.Client) -> None:
    client.create_customers(rows(3), run="first", progress=False)
    result = client.create_customers(rows(5), run="second", known="first", progress=False)
    assert [row["how"] for row in result.to_dicts()] == ["known"] * 3 + ["created"] * 2
    assert len(sandbox.ledger()) == 5


def test_a_run_remembers_whom_it_knows_and_whether_it_adopts() -> None:
    with kunacore.sandbox(unique=False) as sandbox, kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
        first = client.create_customers(rows(3), run="first", progress=False)
        table = [rows(4)[3], *rows(3)]
        client.create_customers(table, run="second", canary=1, known="first", progress=False)
        client.create_customers(table, run="third", canary=1, existing="adopt", progress=False)
        for run in ("second", "third"):
            result = client.create_customers(run=run, progress=False)
            assert [row["id"] for row in result.to_dicts()][1:] == [row["id"] for row in first.to_dicts()]
        assert len(sandbox.ledger()) == 4


def test_a_run_at_another_server_cannot_be_known(client: kunacore.Client) -> None:
    client.create_customers(rows(3), run="first", progress=False)
    with kunacore.sandbox() as other, kunacore.Client(other.url, api_key=other.api_key) as elsewhere:
        with pytest.raises(kunacore.ConfigurationError, match="made at another server"):
            elsewhere.create_customers(rows(3), run="second", known="first", progress=False)
        assert not other.ledger()


def test_a_conflict_of_rows_that_are_gone_is_settled_by_the_users_word(client: kunacore.Client) -> None:
    namesake: Fields = {**ALEX, "last_name": "Jones"}
    other = client.create_customer(**namesake)
    [row] = client.create_customers([ALEX], run="run", existing="adopt", progress=False).to_dicts()
    assert (row["state"], row["code"]) == ("rejected", "conflict")
    [row] = client.create_customers(run="run", accept={1: other.id}, progress=False).to_dicts()
    assert (row["state"], row["how"], row["id"]) == ("created", "adopted", other.id)


def test_existing_customers_can_be_adopted(client: kunacore.Client) -> None:
    before = client.create_customer(**ALEX)
    result = client.create_customers([ALEX], existing="adopt", progress=False)
    [row] = result.to_dicts()
    assert (row["how"], row["id"], row["wallet_id"]) == ("adopted", before.id, before.wallet_id)


def test_open_run_reads_a_run_in_another_process(client: kunacore.Client, python: PythonRunner) -> None:
    result = client.create_customers(rows(3), run="run", progress=False)
    program = f"import kunacore; print([row['id'] for row in kunacore.open_run({str(result.run)!r}).to_dicts()])"
    done = python("-c", program)
    assert done.stderr == ""
    assert done.stdout.strip() == str([row["id"] for row in result.to_dicts()])
    assert kunacore.open_run("run").summary == result.summary
    with pytest.raises(kunacore.ConfigurationError, match="no such directory"):
        kunacore.open_run("nowhere")


def test_open_run_writes_reports_that_a_killed_process_could_not(client: kunacore.Client) -> None:
    result = client.create_customers(rows(3), run="run", keep_input=True, progress=False)
    expected = result.to_dicts()
    for report in ("results.arrow", "summary.json", "created.csv"):
        (result.run / report).unlink()
    assert kunacore.open_run("run").to_dicts() == expected


def test_results_are_small_to_pickle_and_silent_about_people(client: kunacore.Client) -> None:
    table = rows(3)
    table[1]["country"] = "XX"
    result = client.create_customers(table, invalid="reject", key="email", run="run", progress=False)
    pickled = pickle.dumps(result)
    twin = pickle.loads(pickled)
    assert twin.to_dicts() == result.to_dicts()
    assert pickle.loads(pickle.dumps(result.rejected)).to_dicts() == result.rejected.to_dicts()
    html = result._repr_html_()
    for shown in (repr(result), repr(result.created), repr(result.rejected), html, str(pickled)):
        for value in (table[0]["email"], ALEX["last_name"], ALEX["residence_address"]):
            assert value not in shown
    assert "2 created, 1 rejected" in repr(result)
    assert result.to_dicts()[0]["id"] in html
    assert "<td>3</td>" in html


def test_a_notebook_shows_no_markup_of_a_directory(client: kunacore.Client) -> None:
    result = client.create_customers(rows(1), run="<b>run", progress=False)
    assert "<b>" not in result._repr_html_()


@pytest.mark.parametrize("package", ["polars", "pandas", "pyarrow"])
def test_a_missing_package_is_named(client: kunacore.Client, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    result = client.create_customers(rows(1), progress=False)
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(ImportError, match=f"pip install .*{package}"):
        getattr(result, f"to_{package}")()


def test_progress_is_told_on_the_calling_thread() -> None:
    seen: list[tuple[kunacore.Progress, int, float]] = []
    with slow() as sandbox, kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
        client.create_customers(
            rows(200),
            concurrency=4,
            progress=lambda progress: seen.append((progress, threading.get_ident(), time.monotonic())),
        )
    assert {thread for _, thread, _ in seen} == {threading.get_ident()}
    assert all(after - before >= 0.09 for (_, _, before), (_, _, after) in itertools.pairwise(seen))
    moments = [moment for moment, _, _ in seen]
    assert moments
    assert moments[-1].done == 200, "the end is told, too"
    assert {moment.rows for moment in moments if moment.phase == "sending"} == {200}
    done = [moment.done for moment in moments if moment.phase == "sending"]
    assert done == sorted(done)
    with pytest.raises(AttributeError):
        moments[0].done = 3  # type: ignore[misc]


def test_an_exception_of_the_callback_stops_the_import_in_order() -> None:
    class EnoughError(Exception):
        pass

    def enough(progress: kunacore.Progress) -> None:
        if progress.done > 10:
            raise EnoughError

    with slow() as sandbox, kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
        with pytest.raises(EnoughError) as caught:
            client.create_customers(rows(500), run="run", concurrency=4, progress=enough)
        stopped = caught.value.__cause__
        assert isinstance(stopped, kunacore.ImportStoppedError)
        assert stopped.result is not None
        summary = stopped.result.summary
        assert summary["unresolved"] == 0
        assert 10 < summary["created"] == len(sandbox.ledger()) < 500
        assert client.create_customers(run="run", progress=False).summary["created"] == 500
        assert len(sandbox.ledger()) == 500


def test_an_exception_of_the_iterable_is_raised_and_nothing_is_sent(
    sandbox: kunacore.Sandbox, client: kunacore.Client
) -> None:
    class BrokenError(Exception):
        pass

    def table() -> Iterator[Row]:
        yield from rows(5000)
        raise BrokenError

    with pytest.raises(BrokenError) as caught:
        client.create_customers(table(), progress=False)
    assert caught.value.__cause__ is None
    assert sandbox.ledger() == []


def test_what_a_person_should_know_is_logged(client: kunacore.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kunacore")
    client.create_customers([{**ALEX, "itn": 12}], run="run", progress=False)
    assert "Integers are read from “itn”" in caplog.text
    assert "without a rate limit" in caplog.text
    assert ALEX["email"] not in caplog.text


def test_an_import_is_awaited_while_the_loop_stays_free() -> None:
    async def main(sandbox: kunacore.Sandbox) -> tuple[kunacore.ImportResult, int, set[int]]:
        turns = 0
        threads = set()

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.005)

        async with kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key) as client:
            turning = asyncio.create_task(turn())
            result = await client.create_customers(
                iter(rows(200)), concurrency=4, progress=lambda _: threads.add(threading.get_ident())
            )
            turning.cancel()
            return result, turns, threads

    with slow() as sandbox:
        result, turns, threads = asyncio.run(main(sandbox))
    assert result.summary["created"] == 200
    assert turns > 20
    assert threads == {threading.get_ident()}


def test_a_failure_of_an_awaited_import_is_raised(client: kunacore.Client, sandbox: kunacore.Sandbox) -> None:
    async def main() -> None:
        client = kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key)
        with pytest.raises(kunacore.ConfigurationError, match=r"no rows|no columns"):
            await client.create_customers([], progress=False)

        def fail(_: kunacore.Progress) -> None:
            raise LookupError

        with pytest.raises(LookupError) as caught:
            await client.create_customers(rows(2000), concurrency=1, progress=fail)
        assert isinstance(caught.value.__cause__, kunacore.ImportStoppedError)

    asyncio.run(main())


def test_a_cancelled_import_stops_in_order_in_the_background(caplog: pytest.LogCaptureFixture) -> None:
    async def main(sandbox: kunacore.Sandbox) -> BaseException | None:
        client = kunacore.AsyncClient(sandbox.url, api_key=sandbox.api_key)
        importing = asyncio.create_task(client.create_customers(rows(500), run="run", concurrency=4, progress=False))
        while len(sandbox.ledger()) < 10:
            await asyncio.sleep(0.01)
        importing.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await importing
        return caught.value.__cause__

    with slow() as sandbox:
        cause = asyncio.run(main(sandbox))
        for thread in threading.enumerate():
            if thread.name == "kunacore-import":
                thread.join(10)
        assert isinstance(cause, kunacore.ImportStoppedError)
        assert cause.run == Path("run").resolve()
        assert len(caplog.records) == 1
        assert "create_customers(run=" in caplog.text
        result = kunacore.open_run("run")
        assert (result.summary["unresolved"], result.summary["created"]) == (0, len(sandbox.ledger()))
        with kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
            assert client.create_customers(run="run", progress=False).summary["created"] == 500


def test_two_imports_of_one_run_are_refused() -> None:
    with slow() as sandbox, kunacore.Client(sandbox.url, api_key=sandbox.api_key) as client:
        first = threading.Thread(
            target=client.create_customers,
            args=(rows(100),),
            kwargs={"run": "run", "concurrency": 2, "progress": False},
        )
        first.start()
        while not sandbox.ledger():
            time.sleep(0.01)
        with pytest.raises(kunacore.ConfigurationError, match="another process"):
            client.create_customers(rows(100), run="run", progress=False)
        first.join()
        assert len(sandbox.ledger()) == 100


def test_the_bar_is_one_line_of_numbers() -> None:
    from kunacore._progress import line

    moment = kunacore.Progress("sending", 2000, 500, 498, 2, 0, 1, 8, 250.0, None, 2.0, 66.0)
    assert (
        line(moment)
        == "[######..................] 500 of 2,000 rows · 2 rejected · 1 in doubt · 250 rows/s · 1 min 6 s left"
    )


def test_polars_joins_on_the_row_number(client: kunacore.Client) -> None:
    frame = polars.DataFrame(rows(5)).with_row_index("row", offset=1)
    result = client.create_customers(frame, extra="ignore", progress=False)
    joined = frame.with_columns(polars.col("row").cast(polars.UInt64)).join(result.to_polars(), on="row")
    assert joined.height == 5
