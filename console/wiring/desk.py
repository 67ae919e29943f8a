"""The operator's desk, as the commands use it: what looks at letters, and decides about them."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from connectors.kafka.letters import KafkaLetters
from connectors.store.letters_decided import Deciding
from connectors.store.letters_noted import note_shown
from connectors.store.letters_shown import StoredDesk
from console.wiring.people import People
from processors.ports.desk import Letter
from processors.ports.replay import LetterRecord, Missing
from schemas.desk import LetterState, Selection
from schemas.personal import Personal


class Desk(People):
    """What looks at letters, and decides about them."""

    @cached_property
    def desk(self) -> StoredDesk:
        """Letters, listed and counted; a store that is not this program's is refused."""
        self.require_store()
        return StoredDesk(self.store)

    def decide(self, selection: Selection, to: LetterState, reason: Personal[str]) -> int:
        """Park letters, or ignore them; returns how many."""
        self.require_store()
        return Deciding(self.store, self.keyring).decide(selection, to, self.actor, reason)

    def letter_records(self, letters: Sequence[Letter]) -> Mapping[str, LetterRecord | Missing]:
        """Return what stands at the places of letters, by the letter's id."""
        held = KafkaLetters(self.kafka).read([(one.partition, one.offset) for one in letters])
        return {one.id: held[one.partition, one.offset] for one in letters}

    def letters_shown(self, letters: Sequence[Letter], reason: Personal[str]) -> None:
        """Note in the audit that letters' bytes are about to be shown, to whom and why."""
        note_shown(self.store, self.keyring, letters, self.actor, reason)
