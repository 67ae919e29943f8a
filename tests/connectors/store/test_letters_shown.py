"""Letters listed and counted, on both stores (R-89, R-90)."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from sqlalchemy import insert

from connectors.store.engine import Store
from connectors.store.letters_shown import StoredDesk
from connectors.store.tables import heartbeat
from processors.ports.desk import Group, Letter, Named, Place
from schemas.desk import LetterState, Selection
from schemas.reasons import Code, LetterClass
from tests.fixtures.letters import NOON, a_letter, file
from tests.fixtures.stored import KARI, OLA, ORGANIZATION, Stored

SECOND: Final = 1000
OTHERS: Final[tuple[dict[str, Any], ...]] = (
    {"id": "ab" * 16},
    {"person": OLA.user},
    {"connection": "c2"},
    {"organization": "another"},
    {"stage": "map"},
    {"letter_class": LetterClass.EXHAUSTED.value},
    {"code": Code.EXHAUSTED.value},
    {"fields": ("email", "gender")},
    {"state": LetterState.PARKED},
    {"replay_count": 3},
)
"""Each differs in one thing from the letter of all tests."""


@pytest.fixture
def desk(store: Store) -> StoredDesk:
    """The port on an empty store."""
    return StoredDesk(store)


def found(desk: StoredDesk, selection: Selection) -> list[str]:
    """Return the events of the letters that are meant; the count says the same."""
    total, letters = desk.page(selection, 100, None)
    assert total == len(letters) == desk.count(selection)
    return [one.event for one in letters]


def at(second: int) -> datetime:
    """Return the time of so many seconds after noon."""
    return datetime.fromtimestamp((NOON + second * SECOND) / 1000, UTC)


@pytest.mark.rule("R-90")
def test_a_letter_is_shown_as_it_was_stored(store: Store, desk: StoredDesk) -> None:
    """Whole, also where nothing is known of whom it is about."""
    unread = a_letter(1, connection=None, organization=None, person=None, type=None, fields=(),
                      source_timestamp=None, program=None, stage="decode")  # fmt: skip
    closed = a_letter(0, state=LetterState.RESOLVED, closed_as="applied", closed_at=NOON, run="r1")
    file(store, [closed, unread])
    assert desk.page(Selection(), 10, None) == (2, [unread, closed])


@pytest.mark.rule("R-91")
@pytest.mark.parametrize(
    ("selection", "events"),
    [
        (Selection(), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Selection(ids=("abab",)), [1]),
        (Selection(persons=(OLA.user,)), [2]),
        (Selection(connections=("c2", "c3")), [3]),
        (Selection(organizations=("another",)), [4]),
        (Selection(stages=("map",)), [5]),
        (Selection(classes=(LetterClass.EXHAUSTED.value,)), [6]),
        (Selection(codes=(Code.EXHAUSTED.value,)), [7]),
        (Selection(fields=("gender", "birthDate")), [8]),
        (Selection(fields=("mail",)), []),
        (Selection(states=(LetterState.PARKED, LetterState.IGNORED)), [9]),
        (Selection(replayed_at_least=3), [10]),
        (Selection(since=at(9)), [10, 9]),
        (Selection(until=at(2)), [1, 0]),
        (Selection(since=at(2), until=at(4), connections=("c1",)), [2]),
    ],
)
def test_every_part_of_a_selection_must_hold(
    store: Store, desk: StoredDesk, selection: Selection, events: list[int]
) -> None:
    """A part that is not given keeps nothing out."""
    others = (a_letter(number, **one) for number, one in enumerate(OTHERS, 1))
    file(store, [a_letter(0), *others])
    assert found(desk, selection) == [f"e{number}" for number in events]


def test_pages_show_each_letter_once(store: Store, desk: StoredDesk) -> None:
    """Also those that failed in the same millisecond, and while new ones arrive in front."""
    file(store, [a_letter(number, last_failed_at=NOON + number // 3) for number in range(10)])
    seen: list[Letter] = []
    after: Place | None = None
    while True:
        total, page = desk.page(Selection(), 4, after)
        seen += page
        if len(page) < 4:
            break
        after = Place(page[-1].last_failed_at, page[-1].id)
        file(store, [a_letter(100 + len(seen))])
    assert total == 12
    assert sorted(one.event for one in seen) == sorted(f"e{number}" for number in range(10))
    assert [one.last_failed_at for one in seen] == sorted(
        (one.last_failed_at for one in seen), reverse=True
    )


@pytest.mark.rule("R-89")
@pytest.mark.parametrize(
    ("by", "counts"),
    [
        ([Group.CODE], [(("refused by Xledger",), 3), (("bad birth date",), 1)]),
        (
            [Group.CODE, Group.CONNECTION],
            [
                (("refused by Xledger", "c1"), 2),
                (("bad birth date", None), 1),
                (("refused by Xledger", "c2"), 1),
            ],
        ),
        ([Group.PERSON], [((KARI.user,), 3), ((OLA.user,), 1)]),
        ([Group.ORGANIZATION], [((ORGANIZATION,), 4)]),
        ([Group.FIELD], [(("phone",), 3), (("email",), 1), ((None,), 1)]),
        ([Group.HOUR], [((NOON,), 3), ((NOON + 3_600_000,), 1)]),
        ([Group.DAY], [((NOON - NOON % 86_400_000,), 4)]),
        ([Group.STATE, Group.CLOSED_AS], [(("open", None), 3), (("resolved", "applied"), 1)]),
        ([Group.REPLAYS, Group.RUN], [((0, None), 3), ((2, "r1"), 1)]),
        ([Group.STAGE, Group.CLASS], [(("call", "data"), 3), (("map", "data"), 1)]),
        ([Group.TYPE], [(("com.humahr.user.updated.v1",), 4)]),
    ],
)
def test_letters_are_counted_by_what_they_share(
    store: Store, desk: StoredDesk, by: list[Group], counts: list[Any]
) -> None:
    """The most first; a letter counts for each of its fields."""
    file(
        store,
        [
            a_letter(0, fields=("email", "phone")),
            a_letter(1, person=OLA.user, replay_count=2, run="r1"),
            a_letter(2, connection="c2", state=LetterState.RESOLVED, closed_as="applied"),
            a_letter(3, connection=None, fields=(), code="bad birth date", stage="map",
                     last_failed_at=NOON + 3_700_000),
        ],
    )  # fmt: skip
    told = desk.counts(Selection(), by)
    assert sorted(((one.values, one.letters) for one in told), key=repr) == sorted(counts, key=repr)
    assert [one.letters for one in told] == sorted((one.letters for one in told), reverse=True)


def test_a_count_says_since_when_and_until_when(store: Store, desk: StoredDesk) -> None:
    """The first failure of any of them, and the last; others are left out."""
    file(
        store,
        [
            a_letter(1, first_failed_at=NOON - 5, last_failed_at=NOON + 3),
            a_letter(2, first_failed_at=NOON - 4, last_failed_at=NOON + 9),
            a_letter(3, first_failed_at=NOON - 9, connection="c2"),
        ],
    )
    (one,) = desk.counts(Selection(connections=("c1",)), [Group.CODE])
    assert (one.first_failed_at, one.last_failed_at) == (NOON - 5, NOON + 9)


def test_connections_have_their_names(stored: Stored, desk: StoredDesk) -> None:
    """And the zone in which their times are told."""
    one = stored.connect("Fjord AS")
    assert desk.connections() == {one.id: Named("Fjord AS", "Europe/Oslo")}


@pytest.mark.rule("R-109")
def test_what_watch_has_heard_is_as_old_as_its_oldest_partition(
    store: Store, desk: StoredDesk
) -> None:
    """Nothing before it heard of any."""
    assert desk.heard() is None
    with store.begin() as transaction:
        rows = [{"partition": 0, "beat_at": 7}, {"partition": 1, "beat_at": 5}]
        transaction.execute(insert(heartbeat), rows)
    assert desk.heard() == 5
