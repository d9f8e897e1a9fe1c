"""The yardstick: Tornado answering a constant, nothing parsed, nothing stored, no access log. Usage: PORT."""

import asyncio
import sys

from tornado.web import Application, RequestHandler

ANSWER = b'{"ResultCode":0,"ResultDesc":"Success"}'


class Constant(RequestHandler):
    """Answers everything alike."""

    def post(self) -> None:
        """Take a callback and forget it."""
        self.set_header("Content-Type", "application/json")
        self.finish(ANSWER)

    get = post


async def main(port: int) -> None:
    """Serve until ended."""
    Application([(".*", Constant)], log_function=lambda _handler: None).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
