"""The port `processors.ports.timer.Timer`: `setitimer`, SIGALRM at its default action, which kills.

The kernel counts while a process is stopped (SIGSTOP, a debugger): when it wakes after its lease it
dies before it runs another instruction of ours. The signal is for the process, so that any thread
that does not block it may take it while the one that sends runs on for a moment: all others block
it. A thread begins with the mask of the thread that starts it.
"""

import signal
from typing import Final

ALARM: Final = frozenset({signal.SIGALRM})


class KernelTimer:
    """The process's real-time interval timer; there is one.

    Made in the main thread before it starts others, which then keep out by themselves.
    """

    def __init__(self) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        self.keep_out()

    def arm(self, seconds: float) -> None:
        """Set the end so far from now, for the calling thread to die of."""
        signal.setitimer(signal.ITIMER_REAL, max(0.001, seconds))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ALARM)

    def disarm(self) -> None:
        """Set no end."""
        signal.setitimer(signal.ITIMER_REAL, 0.0)

    def keep_out(self) -> None:
        """Block the signal in the calling thread."""
        signal.pthread_sigmask(signal.SIG_BLOCK, ALARM)
