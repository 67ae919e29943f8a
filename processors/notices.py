"""What a notice says, in words for whoever runs payroll (R-94, R-97). Pure.

What happened, since when, what it means, what to do, and the command. Ids, states and the name that
an administrator gave the connection: no person, no value, no token (R-103).
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from schemas.connection import LaneState
from schemas.notice import HUMA_AT_ONCE, HUMA_OK, Notice, NoticeAbout, as_told

WIDTH: Final = 76
NAME: Final = 60
"""Characters of a connection's name in a subject."""
PROGRAM: Final = "huma-xledger"


@dataclass(frozen=True, slots=True)
class Text:
    """A mail's subject and body."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one state; `command` has `{id}` where the connection's id goes."""

    subject: str
    happened: str
    means: str
    do: str
    command: str = "connections show {id}"


WAITS: Final = (
    "Changes made in Huma wait here in order, and none is lost; Xledger does not get them yet."
)
BY_ITSELF: Final = "Nothing now: it tries again by itself, and a mail follows when it runs again."
LETTERS: Final = "dead-letters list --connection {id} --by code"

_SAYS: Final[Mapping[str, Words]] = MappingProxyType({
    "waiting: credits": Words(
        "waits for Xledger's credits",
        "The company's credits for Xledger's API are used up.",
        WAITS,
        "It goes on by itself when Xledger grants new credits. If it cannot wait, or happens "
        "often, ask Xledger for more.",
    ),
    "waiting: dead letters": Words(
        "waits: very many changes fail",
        "So many changes failed within an hour that the connection stopped, to go on in the next.",
        WAITS,
        "Look at what they have in common; mend it, and send them again.",
        LETTERS,
    ),
    "waiting: outbox": Words(
        "waits: its results cannot be delivered",
        "What this program has to report piles up, because Kafka does not take it.",
        WAITS,
        "Tell whoever runs Kafka. It goes on by itself when Kafka is back.",
    ),
    "waiting": Words(
        "waits for Xledger",
        "Xledger has said for a long time that it gets too many requests.",
        WAITS,
        "Find out whether another program uses the same company's API at the same time. It goes on "
        "by itself.",
    ),
    "broken: a fault of this program": Words(
        "does not run: a fault of this program",
        "This program met an error that nobody had thought of, in this connection alone.",
        WAITS,
        "Tell whoever runs this program: its log has a line 'lane.failed' that says where. It "
        "tries again every minute.",
    ),
    "broken": Words(
        "does not run: Xledger is away",
        "Xledger does not answer, or answers with errors of its own.",
        WAITS,
        BY_ITSELF + " If it lasts, ask Xledger whether they know of it.",
    ),
    "failing": Words(
        "sends little: most changes fail",
        "More than 40 % of at least 20 people whose changes were sent within ten minutes failed.",
        "Ten people a minute are still tried, so that it shows when it is mended; the others wait. "
        "Those that failed stand in the error log.",
        "Look at what they have in common, most often a setting of Xledger's; mend it there. It "
        "then goes on by itself, and what failed can be sent again.",
        LETTERS,
    ),
    "held: sensitive fields": Words(
        "is held: unusually many bank accounts or the like changed",
        "Bank account, identity number, contract end or email of unusually many people changed "
        "in Huma within an hour.",
        "Nothing of this connection is sent until somebody decides. It may be an import that you "
        "know of, or somebody who changes where wages go.",
        "Ask who made these changes before you release them. Release sends them; reject drops "
        "them: Xledger keeps what it has until the field changes in Huma again.",
        "connections held {id}",
    ),
    "held": Words(
        "is held: unusually many people changed",
        "Unusually many people changed in Huma within an hour.",
        "Nothing of this connection is sent until somebody decides. It may be an import that you "
        "know of, or a mistake.",
        "Look at what is held. Release sends it; reject drops it: Xledger keeps what it has until "
        "the field changes in Huma again.",
        "connections held {id}",
    ),
    "paused: by hand": Words(
        "was paused by hand",
        "Somebody paused the connection. The audit names who.",
        WAITS,
        "Nothing, if it was meant. Nothing is sent until somebody resumes it.",
        "connections resume {id}",
    ),
    "paused: other company": Words(
        "is stopped: the token reaches another company",
        "The token stored for this connection now reaches another company of Xledger's than the "
        "one that was connected.",
        "Nothing is written, to neither company. " + WAITS,
        "Make a token for the company that was connected, and put it in the place of this one. If "
        "people are to go to the other company, add a connection of its own.",
        "connections replace-token {id} --token-file FILE",
    ),
    "paused: credential": Words(
        "is stopped: Xledger refuses the token",
        "Xledger refuses the connection's token: it has expired, was withdrawn, or has lost a "
        "right that it needs.",
        WAITS,
        "Renew the token in Xledger, or give it its rights back. A new token is stored with the "
        "command below; rights that come back are noticed within 15 minutes.",
        "connections replace-token {id} --token-file FILE",
    ),
    "paused": Words(
        "is paused", "The connection was paused.", WAITS, "See why it is.",
    ),
    "running": Words(
        "runs again",
        "The connection sends again. The last mail said that it {told}.",
        "What waited meanwhile is on its way to Xledger, in order.",
        "Nothing.",
    ),
    "huma: credential": Words(
        "cannot ask Huma: Huma refuses the client",
        "Huma refuses the organisation's API client: it was withdrawn, or has lost a right.",
        "People of whom not everything is known yet, new ones above all, wait and are not sent. "
        "The others are.",
        "Make a new client in Huma, or give it its rights back. Rights that come back are noticed "
        "within 15 minutes.",
    ),
    "huma": Words(
        "cannot ask Huma: Huma does not answer",
        "Huma's API does not answer, or answers with errors of its own.",
        "People of whom not everything is known yet, new ones above all, wait and are not sent. "
        "The others are.",
        BY_ITSELF + " If it lasts, ask Huma whether they know of it.",
    ),
    "huma: ok": Words(
        "can ask Huma again",
        "Huma's API answers again.",
        "Those who waited for it are sent.",
        "Nothing.",
    ),
})  # fmt: skip
"""By what is told; where the reason is not among them, the state's own words."""


def text_of(notice: Notice, name: str, zone: str) -> Text:
    """Return what a notice says.

    Args:
        notice: the change.
        name: of the connection, the administrator's own.
        zone: of the connection; times are told in it.
    """
    words = _words(notice)
    short = textwrap.shorten(name, NAME, placeholder="…") or notice.connection
    since = datetime.fromtimestamp(notice.since / 1000, UTC).astimezone(ZoneInfo(zone))
    told = "did not run" if notice.told is None else _said(notice.told).subject
    command = f"{PROGRAM} {words.command.format(id=notice.connection)}"
    parts = [
        ("What happened", words.happened.format(told=told)),
        ("Since", f"{since:%Y-%m-%d %H:%M} ({zone})"),
        ("What it means", words.means),
        ("What to do", words.do),
    ]
    lines = [f'The connection "{short}" {words.subject}.', ""]
    for title, says in parts:
        lines += [f"{title}:", *textwrap.wrap(says, WIDTH, initial_indent="  ",
                                              subsequent_indent="  "), ""]  # fmt: skip
    lines += [
        "To see more, or to do it, whoever runs huma-xledger types:", f"  {command}", "",
        "--",
        f"Connection {notice.connection}. Another address: connections set --notify.",
    ]  # fmt: skip
    return Text(f"[{PROGRAM}] {short} {words.subject}", "\n".join(lines) + "\n")


def _words(notice: Notice) -> Words:
    if notice.about is NoticeAbout.HUMA:
        known = notice.state in {HUMA_OK, HUMA_AT_ONCE}
        return _SAYS[f"huma: {notice.state}" if known else "huma"]
    return _said(as_told(notice.state, notice.reason) or LaneState.RUNNING.value)


def _said(told: str) -> Words:
    """Return the words for a state with its reason; without, where the reason is not known."""
    return _SAYS.get(told) or _SAYS[LaneState(told.partition(": ")[0]).value]
