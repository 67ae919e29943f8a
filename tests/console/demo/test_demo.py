"""`make demo` ends with a proof that holds, and says so by its exit code."""

import re

import pytest

from console.demo.proof import LOCKED, NOT_SENT, NOT_TURNED, SENT, TURNED
from tests.console.conftest import Operator


@pytest.mark.rule("R-52", "R-54", "R-60", "R-70", "R-75", "R-78", "R-89", "R-91", "R-105")
def test_a_small_demo_proves_itself(operator: Operator) -> None:
    """Everything on one machine, without a question: day, flood, evening, midnight, exit code 0."""
    bare = Operator({}, operator.folder)
    said = bare.starts("demo", "--people", "90", "--flood", "300", "--seed", "5", seconds=170)
    assert (said.code, said.err) == (0, ""), said.out + said.err
    assert "The proof holds" in said.out
    events, outcomes = re.findall(r"([\d,]+) events, ([\d,]+) outcomes", said.out)[0]
    assert events == outcomes
    assert "the working day: median" in said.out
    assert "dead-lettered: invalid bank account" in said.out
    assert "skipped: ambiguous" in said.out, "somebody deleted was hired again"
    ((looked_at, turned),) = re.findall(r"Midnight: (\d+) people looked at, (\d+) turned", said.out)
    assert int(looked_at) > int(turned) > 0
    for kind in (SENT, TURNED, LOCKED, NOT_SENT, NOT_TURNED):
        assert kind in said.out
    ((letters, cause),) = re.findall(r"Dead letters in the evening: (\d+) ([a-z ]+)\n", said.out)
    assert int(letters) > 0
    assert f"forecast: {letters} will be tried" in said.out, cause
    assert re.search(rf"replayed in [0-9.]+ s: {letters} applied", said.out)
    assert "0 open at the end" in said.out
