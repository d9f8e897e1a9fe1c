"""A destination that takes everything at once. GET answers how many posts came, of how many ids. Usage: PORT."""

import asyncio
import json
import re
import sys

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb"webhook-id: *(\S+)", re.IGNORECASE)


class Sink(asyncio.Protocol):
    """One connection."""

    posts = 0
    ids: set[bytes] = set()  # noqa: RUF012 - all connections count together

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, blank, rest = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not blank or (length is not None and len(rest) < int(length[1])):
            return
        self._buffer = b""
        self._answer(self._count(head))

    def _count(self, head: bytes) -> bytes:
        if head.startswith(b"POST"):
            Sink.posts += 1
            named = _ID.search(head)
            if named is not None:
                Sink.ids.add(named[1])
        return json.dumps({"posts": Sink.posts, "ids": len(Sink.ids)}).encode()

    def _answer(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def main(port: int) -> None:
    """Serve until ended."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
