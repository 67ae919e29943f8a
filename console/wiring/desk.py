"""The operator's desk, as the commands use it: what looks at letters, and decides about them."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from connectors.kafka.letters import KafkaLetters
from connectors.store import letter_seen
from connectors.store.letters_decided import Deciding
from connectors.store.letters_noted import note_shown
from connectors.store.letters_shown import StoredDesk
from console.wiring.people import People
from console.wiring.replaying import Replaying
from processors.desk.records import event_in, is_request, is_withheld, of_letter, person_of
from processors.desk.shown import Found
from processors.ports.desk import Letter
from processors.ports.letter_seen import LetterSeen
from processors.ports.people import PersonSeen
from processors.ports.replay import LetterRecord, Missing, Sending
from schemas.desk import Foretold, LetterState, Selection
from schemas.errors import BrokerUnavailable, NotFound, StopProcess
from schemas.personal import Personal


class Desk(People, Replaying):
    """What looks at letters, and decides about them."""

    @cached_property
    def desk(self) -> StoredDesk:
        """Letters, listed and counted; a store that is not this program's is refused."""
        self.require_store()
        return StoredDesk(self.store)

    def look_at_letter(self, id_: str) -> tuple[LetterSeen, Found, list[str]]:
        """Return a letter, what is found beside its row, and what to say of what is not.

        Raises:
            NotFound: there is none.
            StopProcess: several begin so.
        """
        self.require_store()
        seen = letter_seen.look(self.store, self.keyring, id_)
        one, person = seen.letter, self._whose(seen.letter)
        if self.withheld([one]):
            return seen, Found(None, None, person, None), []
        try:
            record = of_letter(one, self.letter_records([one])[one.id])
            foretold = self._foretold(one)
        except (BrokerUnavailable, StopProcess) as away:
            return seen, Found(None, None, person, None), [f"its bytes were not read: {away}"]
        if not isinstance(record, LetterRecord):
            return seen, Found(record, None, person, foretold), []
        event, request = event_in(record, self.reading), is_request(record, self.reading)
        return seen, Found(record, event, person, foretold, request), []

    def _whose(self, one: Letter) -> PersonSeen | None:
        whose = person_of(one)
        if whose is None:
            return None
        try:
            return self.look(whose, one.connection, 0, ())
        except NotFound:  # the connection was removed
            return None

    def _foretold(self, one: Letter) -> tuple[Foretold, bool] | None:
        judged = self.foretell(Selection(ids=(one.id,), states=tuple(LetterState)))
        return (judged[0].foretold, isinstance(judged[0].way, Sending)) if judged else None

    def withheld(self, letters: Sequence[Letter]) -> frozenset[str]:
        """Return the ids of those letters whose bytes nobody sees any more (R-78)."""
        whose = {key for key in map(person_of, letters) if key is not None}
        deleted = self.desk.deleted(whose)
        return frozenset(one.id for one in letters if is_withheld(one, deleted))

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
