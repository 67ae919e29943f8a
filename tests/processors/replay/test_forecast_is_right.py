r"""On a frozen state the forecast of a replay equals its outcome, whatever happened before (R-91).

Through the real intake, store and lanes. More, from a seed (it is printed in either case):

    HUMA_XLEDGER_TEST_FORECASTS=20000 .venv/bin/python -m pytest \
        tests/processors/replay/test_forecast_is_right.py --timeout=7200 --hypothesis-seed=20261125
"""

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import Phase, given, seed, settings

from processors.replay.forecast import ANEW, UNREAD
from schemas.desk import Forecast
from tests.processors.life.drawn import History
from tests.processors.life.world import World
from tests.processors.replay.playing import Ending, Player, Replayed, endings

EXAMPLES: Final = int(os.environ.get("HUMA_XLEDGER_TEST_FORECASTS", "250"))
BY_FORECAST: Final = {
    Forecast.WILL_APPLY: "applied",
    Forecast.SATISFIED: "unchanged",
    Forecast.SUPERSEDED: "superseded",
    Forecast.BLOCKED: "skipped",
    Forecast.WILL_FAIL: "dead-lettered",
}
PAUSED: Final = "the connection is paused"
GIVE_REASONS: Final = frozenset({"dead-lettered", "skipped"})


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One organisation for all histories."""
    one = World(sqlite_template, tmp_path_factory.mktemp("forecast"))
    yield one
    one.close()


def is_right(one: Replayed) -> bool:
    """Say whether what was foretold is what came."""
    foretold, outcomes = one.foretold, one.outcomes
    if foretold.why is not None and foretold.why.startswith(PAUSED):
        return outcomes == []
    if foretold.why == UNREAD:
        return True
    if outcomes is None or len(outcomes) != 1:
        return False
    (told,) = outcomes
    if foretold.forecast is Forecast.WILL_BE_TRIED:
        codes = one.codes if foretold.code is None else {foretold.code} & one.codes
        return bool(codes) or told["result"] == "applied" or foretold.why == ANEW
    return _is_that(one, told)


def _is_that(one: Replayed, told: dict[str, Any]) -> bool:
    """Say whether an outcome is the one foretold: the result, and where it has a reason one."""
    codes = {end.get("code") for end in told["fields"].values()} | {told.get("reason")}
    same = BY_FORECAST[one.foretold.forecast] == told["result"]
    return same and (told["result"] not in GIVE_REASONS or one.foretold.code in codes)


@pytest.mark.rule("R-91", "R-92")
def test_a_forecast_is_what_comes(world: World, request: pytest.FixtureRequest) -> None:
    """One letter of a history is sent again, and ends as was foretold."""
    chosen: Any = request.config.getoption("--hypothesis-seed", None)
    number = int(chosen) if chosen else secrets.randbits(32)
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None,
        phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(endings())
    def check(drawn: tuple[History, Ending]) -> None:
        history, ending = drawn
        player = Player(world, history)
        try:
            player.play(ending)
            letters = player.letters()
            if not letters:
                return
            replayed = player.replay(letters[ending.which % len(letters)], ending)
            seen[replayed.foretold.forecast.value] += 1
            assert is_right(replayed), f"{replayed}; seed {number}"
        finally:
            world.tidy()

    check()
    assert len(seen) > 1, f"so few are drawn that nothing is shown: {seen}"
    assert seen.total() > EXAMPLES // 20, f"so few are drawn that nothing is shown: {seen}"
