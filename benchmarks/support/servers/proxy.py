"""A small TCP proxy on this machine that can refuse, hang, delay, cut, throttle and corrupt connections."""

import random
import socket
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Self

CHUNK_BYTES = 16_384
CHUNK_S = 0.05  # a throttled connection carries this much time's worth of bytes at once
DEADLINE_S = 10.0


class Proxy:
    """Passes bytes between its own port and another port of this machine; its faults may change at any time.

    Attributes:
        target_port: Port of the server behind the proxy.
        port: Port of the proxy.
        is_hanging: Whether it accepts connections and passes nothing on, also in open connections.
        is_refusing: Whether it closes new connections at once.
        delay_s: Extra latency of the bytes from the server; the rate stays the same.
        bytes_per_s: Limit on the rate of bytes from the server; 0: no limit.
        corruption: Share of the bytes from the server that are replaced.
        connections: Number of connections so far.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.is_hanging = self.is_refusing = False
        self.delay_s = self.bytes_per_s = self.corruption = 0.0
        self.connections = 0
        self._over = threading.Event()
        self._open: list[socket.socket] = []
        self._rng = random.Random(7)  # the same corruption in each run
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
        """Close all connections at once, also in the middle of a packet; send ``after`` to the clients first."""
        connections, self._open = self._open, []
        for connection in connections:
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
        """Serve one client until either side disconnects."""
        self._wait_while_hanging()
        if self.is_refusing or self._over.is_set():
            client.close()
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port), DEADLINE_S)
        except OSError:
            client.close()
            return
        server.settimeout(None)  # the timeout was for connecting only
        self._open.append(server)
        with client, server:
            upstream = threading.Thread(target=self._pass_to_server, args=(client, server), daemon=True)
            upstream.start()
            self._pass_to_client(server, client)
            for connection in (client, server):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            upstream.join(DEADLINE_S)

    def _pass_to_server(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on the client's bytes without delay; close the server's side when the client has disconnected."""
        with suppress(OSError):
            while chunk := client.recv(CHUNK_BYTES):
                self._wait_while_hanging()
                server.sendall(chunk)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _pass_to_client(self, server: socket.socket, client: socket.socket) -> None:
        """Pass on the server's bytes, with delay, throttling and corruption."""
        delayed = SimpleQueue[tuple[float, bytes]]()  # (when due, chunk); an empty chunk ends it
        sender = threading.Thread(target=self._send_delayed, args=(delayed, client), daemon=True)
        sender.start()
        with suppress(OSError):
            while chunk := server.recv(min(CHUNK_BYTES, int(self.bytes_per_s * CHUNK_S) or CHUNK_BYTES)):
                self._wait_while_hanging()
                delayed.put((time.monotonic() + self.delay_s, self._degrade(chunk)))
        delayed.put((0.0, b""))
        sender.join(DEADLINE_S)

    def _send_delayed(self, delayed: SimpleQueue[tuple[float, bytes]], client: socket.socket) -> None:
        """Send each chunk when it is due, until an empty one comes or the client disconnects."""
        with suppress(OSError):
            while (entry := delayed.get())[1]:
                self._over.wait(max(0.0, entry[0] - time.monotonic()))
                client.sendall(entry[1])

    def _wait_while_hanging(self) -> None:
        while self.is_hanging and not self._over.wait(0.02):
            pass

    def _degrade(self, chunk: bytes) -> bytes:
        """The chunk after throttling (this call waits) and corruption."""
        if self.bytes_per_s:
            self._over.wait(len(chunk) / self.bytes_per_s)
        if not self.corruption:
            return chunk
        corrupted = bytearray(chunk)
        for position in range(len(corrupted)):
            if self._rng.random() < self.corruption:
                corrupted[position] = self._rng.randrange(256)
        return bytes(corrupted)
