"""The port `processors.ports.timer.Timer`: `setitimer`, SIGALRM at its default action, which kills.

The kernel counts while a process is stopped (SIGSTOP, a debugger): when it wakes after its lease it
dies before it runs another instruction of ours. Other threads must not take the signal: it is for
the process, and any thread's default action ends all.
"""

import signal


class KernelTimer:
    """The process's real-time interval timer; there is one."""

    def __init__(self) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def arm(self, seconds: float) -> None:
        """Set the end so far from now."""
        signal.setitimer(signal.ITIMER_REAL, max(0.001, seconds))

    def disarm(self) -> None:
        """Set no end."""
        signal.setitimer(signal.ITIMER_REAL, 0.0)
