"""`dead-letters export`: letters as JSON, one a line; with their bytes where asked for (R-103)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import click

from console.dead_letters.forecast import NONE_MEANT
from console.dead_letters.selection import selected
from console.output import JSON
from console.people.values import require_reason, revealed
from console.people.whom import REASON
from console.wiring import Wiring
from processors.desk.documents import letter_document
from processors.desk.records import of_letter, record_document
from processors.ports.desk import Letter, Place
from processors.ports.replay import LetterRecord
from schemas.desk import Selection
from schemas.labels import UNENDED
from schemas.personal import Personal

AT_ONCE: Final = 500
WITH_BYTES: Final = 50
"""Letters held at the same time with their bytes, of which one can be 10 MiB."""
WITHHELD: Final = "the person was deleted in Huma"


@click.command()
@selected
@click.option(
    "--values", is_flag=True,
    help="With each letter's key, value and headers, in base64; needs --reason, and is audited.",
)  # fmt: skip
@REASON
@JSON
@click.pass_obj
def export(
    wiring: Wiring,
    selection: Selection,
    reason: Personal[str] | None,
    *,
    values: bool,
    as_json: bool,
) -> None:
    """Print letters as JSON, one a line: ids, codes and names; without --state those not ended.

    With --values the bytes are read from Kafka; a letter whose bytes are gone says why.

    Example: huma-xledger dead-letters export --stage decode --values --reason "for the publisher"
    """
    del as_json  # it is, either way
    require_reason(reason, values=values)
    selection = selection if selection.states else replace(selection, states=UNENDED)
    known = wiring.desk.connections()
    if not wiring.desk.count(selection):
        click.echo(NONE_MEANT, err=True)
    for letters in _pages(wiring, selection, AT_ONCE if reason is None else WITH_BYTES):
        documents = [letter_document(one, known) for one in letters]
        if reason is not None:
            _with_bytes(wiring, letters, documents, reason)
        for document in documents:
            click.echo(json.dumps(revealed(document), ensure_ascii=False))


def _pages(wiring: Wiring, selection: Selection, size: int) -> Iterator[Sequence[Letter]]:
    after: Place | None = None
    while letters := wiring.desk.page(selection, size, after)[1]:
        yield letters
        after = Place(letters[-1].last_failed_at, letters[-1].id)


def _with_bytes(
    wiring: Wiring,
    letters: Sequence[Letter],
    documents: Sequence[dict[str, Any]],
    reason: Personal[str],
) -> None:
    """Put each letter's bytes into its document, after the audit has it."""
    shown = []
    withheld = wiring.withheld(letters)
    records = wiring.letter_records([one for one in letters if one.id not in withheld])
    for one, document in zip(letters, documents, strict=True):
        document |= {"bytes": None, "bytes_missing": None}
        held = records.get(one.id)
        if held is None:
            document["bytes_missing"] = WITHHELD
            continue
        held = of_letter(one, held)
        if isinstance(held, LetterRecord):
            document["bytes"] = record_document(held)
            shown.append(one)
        else:
            document["bytes_missing"] = held.value
    wiring.letters_shown(shown, reason)
