"""A rule that is called done is proved by a test that names it, and no number is made up."""

import re

import pytest

from console.documentation import ROOT
from console.documentation.rules import named, proofs
from schemas.rules import RULES

SPECIFICATION = ROOT.parent / "shared" / "rules.md"
PROOFS = proofs(ROOT)


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule.done])
def test_a_rule_that_is_done_has_a_test(rule: str) -> None:
    """At least one that names it: `@pytest.mark.rule("R-…")`."""
    assert PROOFS.get(rule), f"{rule} is called done in schemas/rules.py, and no test names it"


def test_every_rule_that_a_test_names_exists() -> None:
    """A number that is no rule proves nothing."""
    assert set(PROOFS) <= {rule.id for rule in RULES}


def test_every_rule_is_there_once() -> None:
    """With a title and, unless it is done, what is missing."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert len({rule.title for rule in RULES}) == len(RULES)
    assert all(re.fullmatch(r"R-[0-9]{2,3}", rule.id) for rule in RULES)


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="../shared/rules.md is not here")
def test_the_numbers_are_those_of_the_specification() -> None:
    """As far as the specification is beside the project."""
    numbers = re.findall(r"^\* \*\*(R-[0-9]+)\*\*", SPECIFICATION.read_text("utf-8"), re.MULTILINE)
    assert {rule.id for rule in RULES} == set(numbers)
    assert len(numbers) == len(set(numbers))


def test_marks_are_found_wherever_they_stand() -> None:
    """On a module, a class, a test, or one row of a table."""
    source = """
import pytest
pytestmark = [pytest.mark.rule("R-01"), pytest.mark.java]

@pytest.mark.rule("R-02", "R-03")
class TestAll:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.rule("R-04"))])
    def test_one(self, x): ...

NOT_A_MARK = "pytest.mark.rule('R-05')"
"""
    assert sorted(named(source)) == ["R-01", "R-02", "R-03", "R-04"]


def test_a_rule_that_is_named_by_no_text_is_an_error() -> None:
    """It could not be found without running the tests."""
    with pytest.raises(TypeError, match="line 1"):
        list(named("pytest.mark.rule(RULE)"))
