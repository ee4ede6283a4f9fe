"""A slow browser at a slow server: `SLOW_BROWSER=4` in the environment. What is only right when all is quick shows here.

Every answer waits before it is worked out and again between its head and its body, and every page computes four times as
slowly; with 1 it computes as ever. A story that then fails has looked before the person could have seen anything, or the
program drops what a quick person does.
"""

import os
import random
import time
from collections.abc import Iterator
from typing import Any

CPU_RATE = int(os.environ.get("SLOW_BROWSER", "0"))
SLOW = CPU_RATE > 0
LONGEST_WAIT = 0.3  # seconds, before an answer and again within it
PATIENCE = 4 if SLOW else 1  # how many times as long a story waits for what should come

_luck = random.Random()  # noqa: S311 - nothing is kept secret by it


def _dawdle() -> None:
    time.sleep(_luck.uniform(0, LONGEST_WAIT))


class SlowServer:
    """The same application, in no hurry."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        _dawdle()
        body = self.app(environ, start_response)
        try:
            yield b""  # the head goes now
            _dawdle()
            yield from body
        finally:
            if hasattr(body, "close"):
                body.close()


def slow_down_server(thread: Any) -> None:
    """Put the dawdling in front of a running server, once."""
    if SLOW and not isinstance(thread.httpd.get_app(), SlowServer):
        thread.httpd.set_app(SlowServer(thread.httpd.get_app()))


def slow_down_page(page: Any) -> None:
    """Patience of a page, and in the slow mode its slowness."""
    page.set_default_timeout(15_000 * PATIENCE)
    if CPU_RATE > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": CPU_RATE})
