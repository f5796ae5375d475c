"""The connections of calls that are waited for: kept, shared between threads by turns, and never used when closed."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from example import ALEX, alex
from scripted_server import Reply, ScriptedServer

import kunacore

CREATED = b'{"data":{"id":"c","walletId":"w"}}'


class OneAnswerServer:
    """Answers one request a connection, and closes it a moment later without having said so."""

    def __init__(self) -> None:
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.closed = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            head = f"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {len(CREATED)}\r\n\r\n"
            with connection:
                connection.recv(65536)
                connection.sendall(head.encode() + CREATED)
                time.sleep(0.02)
            self.closed.set()

    def stop(self) -> None:
        self._listener.close()


def test_a_connection_that_was_closed_between_two_calls_is_not_used() -> None:
    server = OneAnswerServer()
    client = kunacore.Client(server.url, api_key="k", reconcile=False, max_attempts=1)
    for call in range(1, 21):
        server.closed.clear()
        # A request on a closed connection would be in doubt.
        assert client.create_customer(**ALEX).how == "created"
        assert server.connections == call
        server.closed.wait(5)
    server.stop()


def test_calls_one_after_the_other_use_one_connection() -> None:
    with ScriptedServer([Reply(201, body=CREATED)] * 5) as server:
        client = kunacore.Client(server.url, api_key="k")
        for _ in range(5):
            client.create_customer(**ALEX)
        assert len(server._connections) == 1


def test_64_threads_share_a_client(sandbox: kunacore.Sandbox) -> None:
    made = kunacore.Client(sandbox.url, email=sandbox.email, password=sandbox.password, merchant_id=sandbox.merchant_id)
    with made as client, ThreadPoolExecutor(64) as pool:
        customers = list(pool.map(lambda number: client.create_customer(**alex(number)), range(256)))
    assert {customer.id for customer in customers} == {created["id"] for created in sandbox.ledger()}
    assert len(sandbox.ledger()) == 256
