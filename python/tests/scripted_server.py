"""A server on loopback that gives scripted answers, one to a request, and remembers what it was asked.

It speaks just enough HTTP/1.1 to be told byte for byte what to do: promise more than it sends, close, or never answer.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from http.client import parse_headers
from types import TracebackType
from typing import BinaryIO, Self


@dataclass
class Reply:
    """An answer; `missing` bytes more than the body has are promised, and then the connection is closed."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    missing: int = 0

    def encode(self) -> bytes:
        headers = {"content-type": "application/json"}
        headers |= {name.lower(): value for name, value in self.headers.items()}
        headers["content-length"] = str(len(self.body) + self.missing)
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Close:
    """The connection is closed after the request was read."""


class Hang:
    """There is never an answer."""


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: str


class ScriptedServer:
    """Serves the script, in order, until the end of its `with` block. A request too many is answered with 500."""

    def __init__(self, script: list[Reply | Close | Hang]) -> None:
        self.seen: list[Request] = []
        self._script = iter(script)
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Shutting down wakes the threads that wait in accept and read.
        for open_socket in [self._listener, *self._connections]:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        for open_socket in [self._listener, *self._connections]:
            open_socket.close()

    def _start(self, target: object, *arguments: object) -> None:
        assert callable(target)
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection.makefile("rb") as stream:
            while request := _read(stream):
                with self._lock:
                    self.seen.append(request)
                    answer = next(self._script, Reply(500))
                if isinstance(answer, Hang):
                    continue
                if isinstance(answer, Reply):
                    connection.sendall(answer.encode())
                    if not answer.missing:
                        continue
                connection.shutdown(socket.SHUT_RDWR)
                return


def _read(stream: BinaryIO) -> Request | None:
    line = stream.readline().decode()
    if not line:
        return None
    method, path, _ = line.split()
    headers = {name.lower(): value for name, value in parse_headers(stream).items()}
    body = stream.read(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body.decode())
