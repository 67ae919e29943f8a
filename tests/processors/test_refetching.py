"""A read that events overtake is repeated, a few times (R-97)."""

import pytest

from processors.ports.huma import HumaPerson
from processors.ports.lane import Unread
from processors.refetching import TRIES, email_key_of, refetch
from schemas.errors import RetryLater

USER = "9b2e0c1a-0000-4000-8000-0000000000aa"


class Moving:
    """A person about whom events arrive: one during each of the first reads."""

    def __init__(self, events: int) -> None:
        self.events = events
        self.revision = 0
        self.reads = 0

    def ask(self) -> Unread:
        """Return the highest revision now."""
        return Unread(USER, self.revision)

    def read(self) -> HumaPerson:
        """Ask Huma; meanwhile something may happen."""
        self.reads += 1
        if self.events:
            self.events -= 1
            self.revision += 1
        return HumaPerson(USER, "user", None, None, {"email": str(self.reads)}, {})

    def merge(self, asked: Unread, read: HumaPerson) -> str | None:
        """Say which answer was taken."""
        return str(read.fields["email"]) if asked.revision == self.revision else None


@pytest.mark.rule("R-97")
@pytest.mark.parametrize("events", range(TRIES))
def test_the_first_answer_that_nothing_overtook_counts(events: int) -> None:
    """Each read is asked for at the revision of its own beginning."""
    person = Moving(events)
    assert refetch(person.ask, person.read, person.merge) == str(events + 1)


@pytest.mark.rule("R-97")
def test_when_events_keep_arriving_it_says_so() -> None:
    """After a few times; nothing was changed."""
    person = Moving(100)
    with pytest.raises(RetryLater, match="repeat the command"):
        refetch(person.ask, person.read, person.merge)
    assert person.reads == TRIES


@pytest.mark.rule("R-97")
def test_a_merge_that_changed_nothing_is_no_repeat() -> None:
    """Nothing to fill is an answer, too."""
    person = Moving(0)
    assert refetch(person.ask, person.read, lambda _asked, _read: "") == ""
    assert person.reads == 1


@pytest.mark.rule("R-78")
def test_the_emails_normal_form_is_what_a_rehire_is_known_by() -> None:
    """None where there is none."""
    people = [
        HumaPerson(USER, "user", None, None, {"email": email}, {}) for email in (" K@X.no ", None)
    ]
    assert [email_key_of(one) for one in people] == ["k@x.no", None]
