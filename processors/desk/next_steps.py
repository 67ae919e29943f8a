"""What to type next, for one letter: what tells more, then what mends, a few at the most."""

from collections.abc import Mapping
from typing import Any, Final

from processors.desk.documents import reason_of
from processors.ports.letter_seen import LetterSeen
from schemas.advice import Replay
from schemas.labels import UNENDED
from schemas.reasons import Code

COMMAND: Final = "huma-xledger"
DIGITS: Final = 12
WHY: Final = '--reason "…"'


def next_steps(seen: LetterSeen, document: Mapping[str, Any]) -> list[str]:
    """Return commands, whole but for the reason."""
    one, steps = seen.letter, []
    about = f"--id {one.id[:DIGITS]}"
    if seen.alike > 1:
        steps.append(f'{COMMAND} dead-letters list --by connection,field --code "{one.code}"')
    if one.person is not None and not document["connection_removed"] and one.closed_as != _GONE:
        fields = [name for name in one.fields[:1] if one.connection is not None]
        steps += [f"{COMMAND} people explain {one.person} {name}" for name in fields]
        steps += [] if fields else [f"{COMMAND} people show {one.person}"]
    if one.state not in UNENDED:
        return steps
    if document["connection_removed"] or not _helps(one.code):
        return [
            *steps,
            f"{COMMAND} dead-letters export {about} --values {WHY}",
            f"{COMMAND} dead-letters ignore {about} {WHY}",
        ]
    return [
        *steps,
        f"{COMMAND} dead-letters forecast {about}",
        f"{COMMAND} dead-letters replay {about} {WHY}",
    ]


_GONE: Final = Code.DELETED.value


def _helps(code: str) -> bool:
    """Say whether a replay can ever help; of a code that is not known here it may."""
    reason = reason_of(code)
    return reason is None or reason.replay is not Replay.NO
