"""Stops a delivery process between the lease's check and the sending, where a file asks for it.

On the path of the delivery under test only (`PYTHONPATH`). The file holds the beginning of a
mutation's name: before the next such write the process removes the file and stops itself, where the
kernel might have stopped it.
"""

import os
import signal
from pathlib import Path

from connectors.xledger.answers import Answer
from connectors.xledger.exchange import Call, Exchange

ASKED = Path(os.environ["HUMA_XLEDGER_TEST_STOP_FILE"])
once = Exchange._once


async def stopped_before(self: Exchange, call: Call) -> Answer:
    """Send a request whose permit was given, perhaps after a stop."""
    if call.effects:
        stop_if_asked(call.document)
    return await once(self, call)


def stop_if_asked(document: str) -> None:
    """Stop this process when the file asks for a stop before such a document."""
    if ASKED.exists() and ASKED.read_text("utf-8") in document:
        ASKED.unlink()
        os.kill(os.getpid(), signal.SIGSTOP)


Exchange._once = stopped_before  # type: ignore[method-assign]
