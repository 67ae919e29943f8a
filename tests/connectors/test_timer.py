"""The kernel timer, on real processes: stopped past its time, a process dies when it wakes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE = 10.0
ALARM = 1 << (signal.SIGALRM - 1)

BEGINS = """
import asyncio, sys, threading, time
from connectors.timer import KernelTimer

timer = KernelTimer()
out = sys.stdout

def say(word):
    out.write(word + "\\n")
    out.flush()
"""
WORKS_ON = (
    BEGINS
    + """
timer.arm({seconds})
say("armed")
sys.stdin.readline()
{then}
say("alive")
sys.stdin.readline()
"""
)
THREADS = (
    BEGINS
    + """
started = threading.Thread(target=threading.Event().wait, daemon=True)
started.start()

async def main():
    from concurrent.futures import ThreadPoolExecutor
    loop = asyncio.get_running_loop()
    timer.arm(60)
    loop.set_default_executor(ThreadPoolExecutor(initializer=timer.keep_out))
    await asyncio.to_thread(time.sleep, 0)
    say("armed")
    sys.stdin.readline()

asyncio.run(main())
"""
)


@contextmanager
def process(program: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a program until it has said its first word."""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=ROOT, text=True,
    ) as running:  # fmt: skip
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "armed\n"
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def go_on(running: "subprocess.Popen[str]") -> str:
    """Let the program take its next step; returns its next word, or nothing when it is dead."""
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write("\n")
    running.stdin.flush()
    return running.stdout.readline().strip()


def stopped(pid: int) -> bool:
    """Say whether the kernel has stopped a process."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(") ", 1)[1][0] == "T"


def test_stopped_past_its_time_it_dies_when_it_wakes() -> None:
    """SIGSTOP, the time passes, SIGCONT: it does not get to say another word."""
    with process(WORKS_ON.format(seconds=0.3, then="")) as running:
        os.kill(running.pid, signal.SIGSTOP)
        until = time.monotonic() + DEADLINE
        while not stopped(running.pid):
            assert time.monotonic() < until
        armed = time.monotonic()
        assert running.stdin is not None
        running.stdin.write("\n")  # what it would do first, once it wakes
        running.stdin.flush()
        while time.monotonic() < armed + 0.4:
            assert running.poll() is None, "it is stopped, not dead"
            time.sleep(0.02)
        os.kill(running.pid, signal.SIGCONT)
        assert running.wait(DEADLINE) == -signal.SIGALRM
        assert running.stdout is not None
        assert running.stdout.read() == ""


@pytest.mark.parametrize("then", ["timer.arm(60)", "timer.disarm()"])
def test_armed_anew_or_disarmed_it_lives(then: str) -> None:
    """A renewed lease, or none, does not kill."""
    with process(WORKS_ON.format(seconds=1.0, then=then)) as running:
        assert go_on(running) == "alive"
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            assert running.poll() is None
            time.sleep(0.05)


def test_a_time_that_is_over_kills_at_once() -> None:
    """A lease that ended before the timer was armed is no reason to live for ever."""
    with process(WORKS_ON.format(seconds=60, then="timer.arm(-1.0)")) as running:
        assert running.stdin is not None
        running.stdin.write("\n")
        running.stdin.flush()
        assert running.wait(DEADLINE) == -signal.SIGALRM


def test_only_the_thread_that_sends_takes_the_signal() -> None:
    """All others block it, so that the sender cannot run on while another one takes it."""
    with process(THREADS) as running:
        tasks = Path(f"/proc/{running.pid}/task")
        blocked = {}
        for task in tasks.iterdir():
            status = (task / "status").read_text("utf-8")
            mask = next(line for line in status.splitlines() if line.startswith("SigBlk"))
            blocked[int(task.name)] = bool(int(mask.split()[1], 16) & ALARM)
        assert len(blocked) == 3
        assert blocked.pop(running.pid) is False
        assert set(blocked.values()) == {True}
