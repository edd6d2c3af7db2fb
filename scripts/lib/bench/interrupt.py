"""Ctrl-C and SIGTERM: nothing of a benchmark is left behind."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_in_order() -> None:
    """Makes the first signal raise SystemExit in the main thread; further ones do not disturb the cleaning up."""

    def end(number: int, _: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for each in SIGNALS:
        signal.signal(each, end)


@contextmanager
def put_off() -> Iterator[None]:
    """Lets a signal wait until something is done that must not end half-way, such as the start of a server."""
    came: list[int] = []
    before = {each: signal.signal(each, lambda number, _: came.append(number)) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if came:
            os.kill(os.getpid(), came[0])
