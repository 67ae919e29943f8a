"""The threads of one role: they start together, and end together when one of them fails."""

import contextlib
import ctypes
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from processors.ports.telemetry import Health
from schemas.errors import RetryLater

M_ARENA_MAX: Final = -8
"""As in malloc.h."""
YOUNG: Final = 50_000
"""Objects made before the youngest are looked through; Python's own default is 700."""
OLDER: Final = (20, 50)
STARTS: Final = "it is starting"
START_SECONDS: Final = 1.0
"""Between two looks for a store or a cluster that is away when a role starts."""

log = structlog.get_logger()

Work = Callable[[threading.Event], None]


class Crew:
    """Runs a role's loops until a signal, the parent's end, or a failure of one of them."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._failure: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def add(self, name: str, work: Work) -> None:
        """Have a loop run in a thread of its own, from `sail` on.

        Not before: a role that fails while it is still built would leave the thread behind, and
        with it a process that does nothing and does not end.
        """
        self._threads.append(threading.Thread(target=self._guarded, args=(work,), name=name))

    def sail(self, work: Work) -> None:
        """Start the others, run the main loop in this thread, then wait for them.

        Raises:
            BaseException: what the first loop to fail raised.
        """
        for thread in self._threads:
            thread.start()
        self._guarded(work)
        self.stop.set()
        for thread in self._threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _guarded(self, work: Work) -> None:
        try:
            work(self.stop)
        except BaseException as failure:  # noqa: BLE001 - raised again by `sail`
            self._failure = self._failure or failure
            self.stop.set()


def obey(stop: threading.Event, *, attached: bool) -> None:
    """Set `stop` on SIGTERM and SIGINT, and, when attached, as the parent goes.

    Args:
        stop: what the loops look at.
        attached: standard input is a pipe that the parent holds.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if attached:
        threading.Thread(target=_until_the_parent_goes, args=(stop,), daemon=True).start()


def _until_the_parent_goes(stop: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    stop.set()


def once_possible(
    check: Callable[[], None],
    health: Health,
    parts: Mapping[str, str | None],
    stop: threading.Event,
) -> None:
    """Wait until the store and Kafka are there; a role that starts before them is no failure.

    Args:
        check: raises RetryLater while something is away, StopProcess when a human must act.
        health: hears what is waited for.
        parts: those that wait, each with what it has still to do then, if it says so by itself.
        stop: ends the wait.
    """
    for part in parts:
        health.trouble(part, STARTS)
    while not stop.is_set():
        for part in parts:
            health.beat(part)
        try:
            check()
        except RetryLater as away:
            log.warning("start.waits", why=str(away))
            for part in parts:
                health.trouble(part, str(away))
            stop.wait(START_SECONDS)
            continue
        for part, then in parts.items():
            health.trouble(part, then)
        return


def spare_the_collector() -> None:
    """Let Python look for cycles seldom: a batch is thousands of objects, and none is a cycle.

    What was loaded at the start stays until the end, and is looked at no more.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *OLDER)


def spare_memory() -> None:
    """Let glibc keep two heaps instead of one a thread: what one frees the others can use.

    Where the C library is another one, nothing happens.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def say_ready(role: str, port: int, host: str) -> None:
    """Print the one line that says that the role runs, and where it is looked at."""
    shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    sys.stdout.write(json.dumps({"role": role, "url": f"http://{shown}:{port}"}) + "\n")
    sys.stdout.flush()
