"""A personal value prints itself nowhere (R-103)."""

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pprint import pformat
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.personal import HIDDEN, Personal
from schemas.settings import Settings

pytestmark = pytest.mark.rule("R-103")

CANARY = "Kanarifugl-1414"
SECRET = Personal(CANARY)


@dataclass
class Holder:
    """Something that holds one."""

    token: Personal[str]


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        format,
        pformat,
        lambda one: f"{one} {one!r} {one!s} {one:>40} {one!s:x<99}",
        lambda one: "%s %r" % (one, one),  # noqa: UP031 - logging's own way
        lambda one: "{} {!r}".format(one, one),  # noqa: UP032 - the older way
        lambda one: repr([one, {"token": one}, (one,)]),
        lambda one: repr(Holder(one)),
        lambda one: " ".join(dir(one)),
    ],
)
def test_no_way_of_showing_it_shows_the_value(show: Callable[[Any], str]) -> None:
    """Whatever logs, formats or inspects it."""
    assert CANARY not in show(SECRET)


@pytest.mark.parametrize(
    "serialise", [pickle.dumps, json.dumps, orjson.dumps, copy.deepcopy, copy.copy,
                  lambda one: asdict(Holder(one)), lambda one: one.value, vars]
)  # fmt: skip
def test_nothing_serialises_it(serialise: Callable[[Any], Any]) -> None:
    """It fails, and the error does not quote it either."""
    with pytest.raises((TypeError, AttributeError)) as refused:
        serialise(SECRET)
    assert CANARY not in "".join(traceback.format_exception(refused.value))


def test_a_failed_comparison_does_not_show_it() -> None:
    """Assertions print both sides."""
    other = Personal("another")
    with pytest.raises(AssertionError) as failed:
        assert other == SECRET
    assert CANARY not in str(failed.value)


def test_it_is_shown_to_who_asks_by_name() -> None:
    """For mapping, encryption and the wire."""
    assert SECRET.reveal() == CANARY
    assert repr(SECRET) == HIDDEN


@given(st.text() | st.integers() | st.none(), st.text() | st.integers() | st.none())
def test_equality_hash_and_truth_are_those_of_the_value(one: Any, two: Any) -> None:
    """And it never equals a bare value, which could be guessed at that way."""
    assert (Personal(one) == Personal(two)) is (one == two)
    assert hash(Personal(one)) == hash(one)
    assert bool(Personal(one)) is bool(one)
    assert Personal(one) != one


def test_settings_hold_no_secret() -> None:
    """So that they may be printed: a secret is the name of a file."""
    assert "password" in Settings().model_dump_json()
    assert Settings().store.password_file is None
