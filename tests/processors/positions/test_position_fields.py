"""Position fields as a whole: values, failures, warnings and the explanation (R-52 to R-62)."""

import json
import os
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings

from processors.positions import RULES, TARGETS, Positions, map_positions
from schemas.employee import Failed, Mapped, Skipped, Target, TargetValue
from schemas.person import Json, PositionField, Projection
from schemas.reasons import Code
from tests.processors.positions import model
from tests.processors.positions.drawn import (
    DATES,
    TODAY,
    by_id,
    days_drawn,
    made,
    plain,
    positions_drawn,
)

EXAMPLES = int(os.environ.get("HUMA_XLEDGER_TEST_EXAMPLES", "2000"))
CHEF: Json = {"id": "t1", "name": "Chef"}


def of(
    *positions: Projection, today: date = TODAY, limits: Mapping[Target, int] | None = None
) -> Positions:
    """Map a person's positions."""
    return map_positions(by_id(positions), today, limits or {})


def sent(found: Positions) -> dict[str, TargetValue]:
    """Return what would be written, by the target's name; null clears."""
    values: dict[str, TargetValue] = {}
    for result in found.results.values():
        if isinstance(result, Mapped):
            values |= {target.value: value for target, value in result.targets.items()}
    return values


def codes(found: Positions) -> dict[PositionField, Code]:
    """Return why fields are not sent."""
    return {
        field: result.code
        for field, result in found.results.items()
        if isinstance(result, Failed | Skipped)
    }


def text(value: object) -> TargetValue:
    """Return a model's value as it is sent."""
    if isinstance(value, date):
        return value.isoformat()
    assert value is None or isinstance(value, str)
    return value


@pytest.mark.rule("R-55", "R-56", "R-57", "R-58")
def test_each_field_is_of_its_own_position() -> None:
    """The start of the first, the end of the last, and the rest of the primary one."""
    found = of(
        made("old", "2019-01-01", "2021-12-31", title={"name": "Dishwasher"}),
        made("main", "2022-01-01", "2026-12-31", title=CHEF, primary=True,
             trial="2022-07-01", notice="2026-10-01"),
        made("side", "2023-01-01", "2027-06-30", title={"name": "Waiter"}),
    )  # fmt: skip
    assert sent(found) == {
        "employee.employmentFrom": "2019-01-01",
        "employee.employmentTo": "2027-06-30",
        "contact.jobTitle": "Chef",
        "employee.trialTo": "2022-07-01",
        "employee.noticeDate": "2026-10-01",
    }
    assert {field: choice.chosen for field, choice in found.why.items()} == {
        PositionField.CONTRACT_START: "old",
        PositionField.CONTRACT_END: "side",
        PositionField.TITLE: "main",
        PositionField.PROBATION_END: "main",
        PositionField.TERMINATION_NOTICE: "main",
    }


@pytest.mark.rule("R-56", "R-57", "R-58", "R-46")
def test_what_the_chosen_one_lacks_is_cleared() -> None:
    """By an explicit null: no other position's value stands in."""
    found = of(
        made("1", "2020-01-01", title=CHEF, trial="2020-07-01", notice="2026-10-01",
             percentage=10),
        made("2", "2021-01-01", percentage=90),
    )  # fmt: skip
    assert sent(found) == {
        "employee.employmentFrom": "2020-01-01",
        "employee.employmentTo": None,
        "contact.jobTitle": None,
        "employee.trialTo": None,
        "employee.noticeDate": None,
    }


@pytest.mark.rule("R-55")
def test_without_any_start_it_is_not_sent() -> None:
    """Positions without one are ignored; nothing is cleared."""
    found = of(made("1", title=CHEF), made("2", None, "2027-01-01"))
    assert codes(found) == {PositionField.CONTRACT_START: Code.NO_CONTRACT_START}
    assert PositionField.CONTRACT_START not in found.why
    assert sent(found)["contact.jobTitle"] == "Chef"


@pytest.mark.rule("R-61", "R-62")
@pytest.mark.parametrize(
    ("positions", "warnings"),
    [
        pytest.param((), (), id="no position"),
        pytest.param(
            (made("1", "2026-02-01", "2026-01-31"),), (Code.END_BEFORE_START,), id="none usable"
        ),
    ],
)
def test_with_no_position_left_everything_stays(
    positions: tuple[Projection, ...], warnings: tuple[Code, ...]
) -> None:
    """Xledger keeps its dates, and the clock has nothing to look at."""
    found = of(*positions)
    assert found.results == dict.fromkeys(PositionField, Skipped(Code.NO_POSITION, warnings))
    assert found.why == {}
    assert found.next_flip_on is None


@pytest.mark.rule("R-62")
def test_a_position_that_ends_before_it_starts_is_warned_of_and_not_used() -> None:
    """The others are sent, each field with the warning, and the explanation names it."""
    good = made("1", "2026-01-01", title=CHEF)
    found = of(good, made("2", "2025-01-02", "2025-01-01", title={"name": "X"}, primary=True))
    assert sent(found) == sent(of(good))
    assert {result.warnings for result in found.results.values()} == {(Code.END_BEFORE_START,)}
    assert all(choice.lost["2"].name == "END_BEFORE_START" for choice in found.why.values())


@pytest.mark.rule("R-56")
def test_an_open_position_older_than_an_ended_one_is_reported() -> None:
    """With the end of the contract, which it keeps open."""
    found = of(made("1", "2020-01-01"), made("2", "2021-01-01", "2022-01-01"))
    to = found.results[PositionField.CONTRACT_END]
    assert to == Mapped({Target.EMPLOYMENT_TO: None}, (Code.OPEN_BESIDE_ENDED,))
    others = [result for field, result in found.results.items() if result is not to]
    assert {result.warnings for result in others} == {()}


@pytest.mark.rule("R-58")
@pytest.mark.parametrize(
    ("title", "value"),
    [
        pytest.param(None, None, id="null"),
        pytest.param({}, None, id="empty object"),
        pytest.param({"id": "t1"}, None, id="without a name"),
        pytest.param({"id": "t1", "name": None}, None, id="name null"),
        pytest.param({"name": " \t\u200b"}, None, id="nothing to see"),
        pytest.param({"name": "  Chef de\tpartie\n"}, "Chef de partie", id="on one line"),
        pytest.param({"name": 'Ærlig "kokk" \\ 🍳'}, 'Ærlig "kokk" \\ 🍳', id="as typed"),
        pytest.param({"name": "Kjo\u0308kken"}, "Kj\u00f6kken", id="in NFC"),
    ],
)
def test_a_title_is_its_name(title: Json, value: str | None) -> None:
    """Treated as any text (R-34, R-51); nothing visible is nothing."""
    found = map_positions({"1": Projection({"id": "1", "title": title})}, TODAY, {})
    assert sent(found)["contact.jobTitle"] == value


@pytest.mark.rule("R-58", "R-87")
@pytest.mark.parametrize(
    "title",
    ["Chef", 7, True, ["Chef"], {"name": 7}, {"name": {"nb": "Kokk"}}, {"name": ["Chef"]}],
    ids=repr,
)
def test_a_title_of_another_shape_fails_alone(title: Json) -> None:
    """Nothing is guessed, and the dates go out."""
    found = of(made("1", "2026-01-01", title=title))
    assert codes(found) == {PositionField.TITLE: Code.BAD_EVENT}
    assert sent(found)["employee.employmentFrom"] == "2026-01-01"


@pytest.mark.rule("R-50", "R-87")
@pytest.mark.parametrize(("length", "fails"), [(255, False), (256, True)])
def test_a_title_that_is_too_long_fails_alone(length: int, *, fails: bool) -> None:
    """Nothing is cut, and the dates go out."""
    found = of(
        made("1", "2026-01-01", title={"name": "x" * length}),
        limits={Target.CONTACT_JOB_TITLE: 255},
    )
    assert codes(found) == ({PositionField.TITLE: Code.TOO_LONG} if fails else {})
    assert sent(found)["employee.employmentFrom"] == "2026-01-01"


@pytest.mark.rule("R-51", "R-58")
def test_a_title_without_what_was_removed_is_warned_of() -> None:
    """As every text is."""
    found = of(made("1", title={"name": "Ch\x00ef"}))
    assert found.results[PositionField.TITLE] == Mapped(
        {Target.CONTACT_JOB_TITLE: "Chef"}, (Code.CHARACTERS_REMOVED,)
    )


UNREADABLE = ["01.02.2026", "2026-02-30", "20260201", "2026-02-01T00:00:00Z", "soon", 20260201,
              True, {"date": "2026-02-01"}]  # fmt: skip


@pytest.mark.rule("R-55", "R-56", "R-57")
@pytest.mark.parametrize("value", UNREADABLE, ids=repr)
@pytest.mark.parametrize("end", ["start", "end"])
@pytest.mark.parametrize("chosen", [True, False], ids=["chosen", "another"])
def test_a_contract_date_that_is_none_fails_every_field(
    value: Json, end: str, *, chosen: bool
) -> None:
    """Of whichever position: with it no choice is certain, and nothing wrong is sent."""
    bad = made("1", title=CHEF, primary=chosen, **{end: value})
    found = of(bad, made("2", "2026-01-01", primary=not chosen))
    why = codes(found)
    assert set(why) == set(PositionField)
    assert set(why.values()) <= {Code.BAD_POSITION_DATE, Code.BAD_EVENT}
    assert (found.why, found.next_flip_on) == ({}, None)


@pytest.mark.rule("R-57", "R-58", "R-87")
@pytest.mark.parametrize("value", UNREADABLE, ids=repr)
@pytest.mark.parametrize(
    ("name", "field"),
    [("trial", PositionField.PROBATION_END), ("notice", PositionField.TERMINATION_NOTICE)],
)
def test_another_date_that_is_none_fails_alone(
    value: Json, name: str, field: PositionField
) -> None:
    """Of the chosen position; of any other one it is not looked at."""
    bad = made("1", "2026-01-01", **{name: value})
    found = of(bad, made("2", "2026-02-01"))
    assert set(codes(found)) == {field}
    beside = of(bad, made("2", "2026-02-01", primary=True))
    assert codes(beside) == {}


@pytest.mark.rule("R-59")
@pytest.mark.parametrize(
    "day", ["0001-01-01", "1969-12-31", "2024-02-29", "2026-03-29", "2026-10-25", "9999-12-31"]
)
def test_dates_go_out_as_they_stand(day: str) -> None:
    """Leap days and days without 24 hours too: a plain date never shifts."""
    found = of(made("1", day, day, trial=day, notice=f" {day} "))
    assert set(sent(found).values()) - {None} == {day}


@pytest.mark.rule("R-55", "R-56", "R-57", "R-58", "R-62")
@settings(max_examples=EXAMPLES)
@given(positions_drawn(), days_drawn())
def test_what_is_sent_is_what_the_rules_text_says(positions: list[Projection], today: date) -> None:
    """Any positions in any order on any day: the model's values, and nothing else.

    `HUMA_XLEDGER_TEST_EXAMPLES` says how many are tried.
    """
    expected = model.expected(plain(positions), today)
    found = of(*positions, today=today)
    assert sent(found) == {target: text(value) for target, value in expected.items()}
    assert not any(isinstance(result, Failed) for result in found.results.values())


@pytest.mark.rule("R-55", "R-56", "R-57", "R-58", "R-62")
@settings(max_examples=500)
@given(positions_drawn(), days_drawn())
def test_a_choice_says_why_each_of_the_others_lost(
    positions: list[Projection], today: date
) -> None:
    """Every other position is named once, with the first criterion that it loses by."""
    known = {str(one["id"]): one for one in plain(positions)}
    for field, choice in of(*positions, today=today).why.items():
        assert choice.rule == RULES[field]
        assert sorted([choice.chosen, *choice.lost]) == sorted(known)
        winner = known[choice.chosen]
        for id_, criterion in choice.lost.items():
            expected = model.reason(choice.rule, winner, known[id_], today)
            assert criterion.name.lower() == expected


@pytest.mark.rule("R-103")
@settings(max_examples=300)
@given(positions_drawn(ids=("p1", "p2", "p3", "p4")))
def test_a_choice_holds_no_value(positions: list[Projection]) -> None:
    """Ids, criteria, the rule, and the day it was made on: no date of a contract, no title."""
    found = of(*positions, today=date(2026, 7, 17))
    for choice in found.why.values():
        document = choice.document()
        assert document.pop("on") == "2026-07-17"
        kept = json.dumps(document)
        for one in positions:
            values = [one.get(name) for name in DATES.values()]
            title = one.get("title")
            values += [title.get("name")] if isinstance(title, dict) else []
            assert not [v for v in values if isinstance(v, str) and v.strip() and v in kept]


def test_each_field_has_its_target_and_its_rule() -> None:
    """The table of position fields in `rules.md`, whole."""
    assert {field.value: target.value for field, target in TARGETS.items()} == {
        "title": model.TITLE,
        "contractStartDate": model.FROM,
        "probationEndDate": model.TRIAL,
        "terminationNoticeDate": model.NOTICE,
        "contractEndDate": model.TO,
    }
    assert RULES.keys() == TARGETS.keys() == set(PositionField)
