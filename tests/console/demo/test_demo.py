"""`make demo` ends with a proof that holds, and says so by its exit code."""

import re

import pytest

from tests.console.conftest import Operator


@pytest.mark.rule("R-105")
def test_a_small_demo_proves_itself(operator: Operator) -> None:
    """Everything on one machine, without a question: the day, a flood, a summary, exit code 0."""
    bare = Operator({}, operator.folder)
    said = bare.starts("demo", "--people", "90", "--flood", "300", "--seed", "5", seconds=170)
    assert (said.code, said.err) == (0, ""), said.out + said.err
    assert "The proof holds" in said.out
    events, outcomes = re.findall(r"([\d,]+) events, ([\d,]+) outcomes", said.out)[0]
    assert events == outcomes
    assert "the working day: median" in said.out
    assert "dead-lettered: invalid bank account" in said.out
