"""The demo's last words: what became of the events, what it cost, and the proof."""

from collections.abc import Iterable, Iterator
from typing import Final

from console.demo.proof import TURNED, Proof
from console.demo.tally import percentiles
from console.demo.watcher import Watcher

SHOWN: Final = 10
"""Of what nothing explains, so many lines are shown."""


def lines_of(
    watcher: Watcher,
    requests: int,
    proof: Proof,
    evening: Iterable[str],
    seconds: float,
    *,
    holds: bool,
) -> Iterator[str]:
    """Yield the summary, line by line.

    Args:
        watcher: knows what was published, and counted every outcome.
        requests: that Xledger had for them.
        proof: person by person.
        evening: what the operator did, in lines.
        seconds: the demo's, set-up included.
        holds: nothing is unexplained, lost, or left open.
    """
    tally, published = watcher.tally, watcher.published
    yield ""
    yield f"{published:,} events, {len(tally):,} outcomes"
    for (result, reason), count in sorted(tally.ends.items(), key=lambda end: -end[1]):
        yield f"  {count:>7,}  {result}{': ' + reason if reason else ''}"
    written = tally.count("applied", "superseded")
    yield (
        f"{requests:,} requests to Xledger; one call for each change that was to be written would "
        f"have been {written:,}"
    )
    yield "From the change in Huma to Xledger's confirmation:"
    for what, times in (("the working day", tally.day), ("the flood", tally.flood)):
        if times:
            median, most, nearly_all = percentiles(times)
            yield f"  {what}: median {median:.2f} s, 95 % {most:.2f} s, 99 % {nearly_all:.2f} s"
    yield f"Proof, person by person: {proof.equal:,} hold in Xledger what Huma holds"
    for why, count in sorted(proof.different.items(), key=lambda item: -item[1]):
        yield f"  {count:>7,}  differ: {why}"
    yield f"  {proof.untouched:>7,}  of Xledger's own, untouched"
    yield "Position data, as the story says it must be:"
    for why, count in sorted(proof.positions.items(), key=lambda item: -item[1]):
        yield f"  {count:>7,}  {why}"
    turned = proof.positions.get(TURNED, 0)
    yield f"Midnight: {len(tally.looked_at):,} people looked at, {turned:,} turned"
    yield from evening
    if holds:
        yield f"The proof holds ({seconds:.0f} s)."
        return
    yield f"THE PROOF DOES NOT HOLD: {len(proof.unexplained):,} differences nothing explains"
    for line in proof.unexplained[:SHOWN]:
        yield f"  {line}"
