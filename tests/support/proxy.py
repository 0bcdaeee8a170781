"""A small TCP proxy on this machine that can refuse, hang, delay, cut, throttle and corrupt what passes."""

import random
import socket
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Self

CHUNK_BYTES = 16_384
CHUNK_S = 0.05  # what a slow network carries at a time
DEADLINE_S = 10.0


class Proxy:
    """Passes bytes between its own port and another one of this machine; its faults may change at any moment.

    Attributes:
        port: Where it listens.
        is_hanging: Accepts and says nothing; what runs falls silent.
        is_refusing: Closes new connections at once.
        delay_s: What the server sends comes so much later, as much as ever of it.
        bytes_per_s: At most so much from the server; 0: no limit.
        corruption: Share of the server's bytes that are replaced.
        connections: How many there were.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.is_hanging = self.is_refusing = False
        self.delay_s = self.bytes_per_s = self.corruption = 0.0
        self.connections = 0
        self._over = threading.Event()
        self._open: list[socket.socket] = []
        self._rng = random.Random(7)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()
        self._thread.join(DEADLINE_S)

    def cut(self, *, after: bytes = b"") -> None:
        """Close all connections, mid-packet where they are; send ``after`` to the clients first."""
        cut, self._open = self._open, []
        for connection in cut:
            with suppress(OSError):
                if after:
                    connection.sendall(after)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """One client, until either side has gone."""
        self._wait_while_hanging()
        if self.is_refusing or self._over.is_set():
            client.close()
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port), DEADLINE_S)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        self._open.append(server)
        with client, server:
            there = threading.Thread(target=self._pass_on, args=(client, server), daemon=True)
            there.start()
            self._pass_back(server, client)
            for connection in (client, server):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            there.join(DEADLINE_S)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """What the client says, at once; when it has gone, so has its connection to the server."""
        with suppress(OSError):
            while chunk := client.recv(CHUNK_BYTES):
                self._wait_while_hanging()
                server.sendall(chunk)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        """What the server says, worse and later."""
        on_its_way = SimpleQueue[tuple[float, bytes]]()
        carrier = threading.Thread(target=self._carry, args=(on_its_way, client), daemon=True)
        carrier.start()
        with suppress(OSError):
            while chunk := server.recv(min(CHUNK_BYTES, int(self.bytes_per_s * CHUNK_S) or CHUNK_BYTES)):
                self._wait_while_hanging()
                on_its_way.put((time.monotonic() + self.delay_s, self._spoilt(chunk)))
        on_its_way.put((0.0, b""))
        carrier.join(DEADLINE_S)

    def _carry(self, on_its_way: SimpleQueue[tuple[float, bytes]], client: socket.socket) -> None:
        """Hand each chunk over when it is due, until an empty one comes or the client has gone."""
        with suppress(OSError):
            while (due := on_its_way.get())[1]:
                self._over.wait(max(0.0, due[0] - time.monotonic()))
                client.sendall(due[1])

    def _wait_while_hanging(self) -> None:
        while self.is_hanging and not self._over.wait(0.02):
            pass

    def _spoilt(self, chunk: bytes) -> bytes:
        """The chunk, worse, and as slowly as the network takes it."""
        if self.bytes_per_s:
            self._over.wait(len(chunk) / self.bytes_per_s)
        if not self.corruption:
            return chunk
        spoilt = bytearray(chunk)
        for place in range(len(spoilt)):
            if self._rng.random() < self.corruption:
                spoilt[place] = self._rng.randrange(256)
        return bytes(spoilt)
