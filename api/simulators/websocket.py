"""The server's end of a WebSocket (RFC 6455), on the socket of a request: whole texts out and in."""

import base64
import hashlib
import socket
import threading

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
MOST = 1_000_000


class Gone(ConnectionError):
    """The other side has closed, or does not speak WebSocket."""


class WebSocket:
    """One thread may receive while others send."""

    def __init__(self, connection: socket.socket, key: str) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        accept = base64.b64encode(hashlib.sha1(f"{key}{MAGIC}".encode(), usedforsecurity=False).digest()).decode()
        lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}")
        connection.sendall("\r\n".join((*lines, "", "")).encode())

    def send(self, text: str) -> None:
        self._send(TEXT, text.encode())

    def receive(self) -> str:
        """Return the next text; answer pings and a close by the way."""
        whole = b""
        while True:
            first, second = self._read(2)
            length = second & 0x7F
            if length >= 126:
                length = int.from_bytes(self._read(2 if length == 126 else 8), "big")
            if not second & 0x80 or length + len(whole) > MOST:
                raise Gone("the other side does not mask, or sends too much")
            mask = self._read(4)
            data = bytes(byte ^ mask[number % 4] for number, byte in enumerate(self._read(length)))
            kind = first & 0x0F
            if kind == CLOSE:
                self._send(CLOSE, data[:2])
                raise Gone("closed")
            if kind == PING:
                self._send(PONG, data)
            elif kind != PONG:
                whole += data
                if first & 0x80:
                    return whole.decode()

    def close(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _send(self, kind: int, data: bytes) -> None:
        size = len(data)
        head = bytes([0x80 | kind]) + (bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2, "big"))
        head = head if size < 65536 else bytes([0x80 | kind, 127]) + size.to_bytes(8, "big")
        with self._sending:
            self._connection.sendall(head + data)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._connection.recv(size - len(data))
            if not more:
                raise Gone("closed")
            data += more
        return data
