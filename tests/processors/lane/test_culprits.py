"""Finding whom Xledger refuses: exactly them, exactly their fields, in few requests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.lane.culprits import Case, Search, root_of
from processors.lane.parts import share, split
from processors.lane.updating import GROUPS
from processors.ports.xledger import Input, Refusal, RootAnswer, Verb, WriteRoot
from schemas.employee import Root, Target
from schemas.personal import Personal

pytestmark = pytest.mark.rule("R-87", "R-88")

FIELDS = {
    Root.CONTACT: (Target.CONTACT_PHONE, Target.CONTACT_BIRTHDAY, Target.CONTACT_EMAIL),
    Root.SUBLEDGER: (Target.SUBLEDGER_PHONE, Target.SUBLEDGER_BANK_ACCOUNT),
}
Bad = frozenset[tuple[str, Target]]


@dataclass
class Model:
    """What Xledger might be: nobody was ever seen to tell.

    Attributes:
        bad: who, and which value of theirs, is refused.
        apart: whether aliased roots are judged apart.
        partial: whether the good of a refused root are done.
        naming: errors name everybody, nobody, or only the first one.
        path: whether errors say which root they are about.
        fields: whether errors that name somebody also name the field.
    """

    bad: Bad
    apart: bool = True
    partial: bool = False
    naming: str = "none"
    path: bool = True
    fields: bool = False
    requests: list[tuple[WriteRoot, ...]] = field(default_factory=list)

    def answer(self, roots: Sequence[WriteRoot]) -> dict[str, RootAnswer]:
        """Judge a request."""
        self.requests.append(tuple(roots))
        assert all(len(root.inputs) <= 500 for root in roots)
        assert len(roots) <= 100
        refused = {root.alias: self._refused(root) for root in roots}
        stopped = not self.apart and any(refused.values())
        told = {alias: self._errors(found) for alias, found in refused.items()}
        if not self.apart and self.naming == "first":
            first = next((alias for alias, errors in told.items() if errors), None)
            told = {alias: errors if alias == first else [] for alias, errors in told.items()}
        if not self.path and stopped:
            everything = [error for errors in told.values() for error in errors]
            told = {root.alias: [_for(root, one) for one in everything] for root in roots}
        return {
            root.alias: RootAnswer(
                {}
                if stopped or (refused[root.alias] and not self.partial)
                else {
                    one.client_id: "1"
                    for one in root.inputs
                    if one.client_id not in refused[root.alias]
                },
                tuple(told[root.alias]),
            )
            for root in roots
        }

    def _refused(self, root: WriteRoot) -> dict[str, Target]:
        found: dict[str, Target] = {}
        for one in root.inputs:
            assert one.db_id is not None
            for target in one.values:
                if (one.db_id, target) in self.bad:
                    found.setdefault(one.client_id, target)
        return found

    def _errors(self, found: Mapping[str, Target]) -> list[Refusal]:
        errors = [
            Refusal(
                (client,) if self.naming != "none" else (),
                target if self.fields and self.naming != "none" else None,
                gone=False, retry=False, text=Personal("no"),
            )
            for client, target in found.items()
        ]  # fmt: skip
        return errors[:1] if self.naming == "first" else errors


def _for(root: WriteRoot, error: Refusal) -> Refusal:
    clients = {one.client_id for one in root.inputs}
    named = tuple(client for client in error.clients if client in clients)
    return Refusal(named, error.target, gone=False, retry=False, text=error.text)


def cases(people: Iterable[int], *records: Root) -> dict[str, tuple[Case, ...]]:
    """Return a batch of updates of all fields."""
    everybody = list(people)
    return {
        record.value: tuple(
            Case(
                str(n), record, Verb.UPDATE,
                Input("", dict.fromkeys(FIELDS[record], "v"), db_id=str(n)), GROUPS,
            )
            for n in everybody
        )
        for record in records or (Root.CONTACT,)
    }  # fmt: skip


def run(model: Model, batch: Mapping[str, tuple[Case, ...]], apart: bool | None = None) -> Search:  # noqa: FBT001
    """Search until it is over; the first request is the batch itself."""
    search = Search(100, apart=apart)
    search.first(batch, model.answer([root_of(alias, one) for alias, one in batch.items()]))
    while not search.over:
        search.absorb(model.answer(search.next()))
    return search


def refused(search: Search) -> Bad:
    """Return who was refused what."""
    return frozenset(
        (person, target)
        for (person, _), verdict in search.verdicts.items()
        for target in verdict.refused
    )


def undone(search: Search, batch: Mapping[str, tuple[Case, ...]]) -> Bad:
    """Return what was not done."""
    return frozenset(
        (case.person, target)
        for members in batch.values()
        for case in members
        for target in case.input.values
        if target not in search.verdicts[case.person, case.record].done
    )


CONTACT, ACCOUNT = Target.CONTACT_PHONE, Target.SUBLEDGER_BANK_ACCOUNT


@pytest.mark.parametrize(("naming", "extra"), [("all", 1), ("first", 21), ("none", 2)])
def test_twenty_among_five_hundred(naming: str, extra: int) -> None:
    """Twenty are found in one request more when errors name them, in two when nobody is named.

    Each of them then has its fields told apart, all of them in one request.
    """
    bad = frozenset((str(n), CONTACT) for n in range(3, 500, 25))
    model, batch = Model(bad, naming=naming), cases(range(500))
    search = run(model, batch)
    assert len(bad) == 20
    assert refused(search) == undone(search, batch) == bad
    alone = len(model.requests) - 1 - 1
    assert alone <= extra


def test_a_named_one_is_refused_once_more_alone() -> None:
    """Somebody named by mistake passes alone, and gets no letter."""
    batch = cases(range(10))
    search = Search(100, apart=None)
    wrong = Refusal(("3",), None, gone=False, retry=False, text=Personal("no"))
    search.first(batch, {"contact": RootAnswer({}, (wrong,))})
    roots = search.next()
    assert sorted(len(root.inputs) for root in roots) == [1] * 10
    search.absorb(Model(frozenset()).answer(roots))
    assert search.over
    assert not refused(search)


def test_a_whole_batch_of_the_refused_is_not_searched_to_its_end() -> None:
    """Where most fail it is not the people: the search stops, and leaves the others undecided."""
    batch = cases(range(500))
    model = Model(frozenset((str(n), t) for n in range(500) for t in FIELDS[Root.CONTACT]))
    search = run(model, batch)
    assert 20 <= len({person for person, _ in refused(search)}) <= 120
    assert len(model.requests) < 200


def test_a_creation_that_the_answer_passes_over_is_lost_not_refused() -> None:
    """Neither named nor refused: it may have happened, so it is not simply sent again."""
    batch = {
        "contact": tuple(
            Case(str(n), Root.CONTACT, Verb.ADD, Input("", {CONTACT: "v"}), GROUPS)
            for n in range(3)
        )
    }
    search = Search(100, apart=None)
    search.first(batch, {"contact": RootAnswer({"0": "10", "2": "12"})})
    assert search.over
    assert search.lost == {"1"}
    assert {person for person, _ in search.verdicts} == {"0", "2"}


def test_a_creation_without_its_essentials_is_not_made() -> None:
    """A bad email refuses the contact; a bad birth date leaves it out (R-87)."""
    values = {Target.CONTACT_EMAIL: "v", Target.CONTACT_BIRTHDAY: "v", CONTACT: "v"}
    for bad, made in ((Target.CONTACT_BIRTHDAY, True), (Target.CONTACT_EMAIL, False)):
        case = Case(
            "1", Root.CONTACT, Verb.ADD, Input("", values, db_id="1"), GROUPS,
            frozenset({Target.CONTACT_EMAIL}),
        )  # fmt: skip
        model = Model(frozenset({("1", bad)}), naming="all", fields=True)
        search = run(model, {"contact": (case,)})
        verdict = search.verdicts["1", Root.CONTACT]
        assert (verdict.db_id is not None) is made
        assert bad in verdict.refused
        assert (verdict.done == set(values) - {bad}) is made


@st.composite
def models(draw: st.DrawFn) -> tuple[int, Model, bool | None]:
    """Draw how many people, an Xledger that refuses a few of them, and what is known of it."""
    people = draw(st.integers(1, 200))
    most = max(1, people // 4)
    who = draw(st.sets(st.integers(0, people - 1), max_size=min(most, 8)))
    targets = [target for record in FIELDS.values() for target in record]
    bad = {(str(n), draw(st.sampled_from(targets))) for n in sorted(who)}
    model = Model(
        frozenset(bad),
        apart=draw(st.booleans()),
        partial=draw(st.booleans()),
        naming=draw(st.sampled_from(["all", "first", "none"])),
        path=draw(st.booleans()),
        fields=draw(st.booleans()),
    )
    return people, model, draw(st.sampled_from([None, model.apart]))


@settings(max_examples=150, deadline=None)
@given(models())
def test_whatever_xledger_is_exactly_the_culprits_are_refused(
    drawn: tuple[int, Model, bool | None],
) -> None:
    """Everybody else is done, every other field of a culprit too, in a bounded number."""
    people, model, known = drawn
    batch = cases(range(people), Root.CONTACT, Root.SUBLEDGER)
    search = run(model, batch, known)
    assert refused(search) == model.bad
    assert undone(search, batch) == model.bad
    culprits = len(model.bad)
    each = 6 if model.apart else 2 * ceil(log2(people + 1)) + 12
    assert len(model.requests) <= 3 + culprits * each


@given(st.lists(st.integers()), st.integers(1, 50))
def test_parts_are_equal_and_lose_nobody(items: list[int], parts: int) -> None:
    """Lengths differ by one at the most."""
    cut = split(items, parts) if items else ()
    assert [item for part in cut for item in part] == items
    assert len({len(part) for part in cut}) <= 2
    assert len(cut) <= parts


@given(st.lists(st.integers(1, 500), min_size=1, max_size=50))
def test_shares_stay_within_the_aliases_and_cut_what_was_refused(sizes: list[int]) -> None:
    """Nothing larger than one stays whole, and no more parts than aliases are asked for."""
    shares = share(sizes, 100)
    assert all(1 < parts <= size for size, parts in zip(sizes, shares, strict=True) if size > 1)
    assert sum(shares) <= 100
