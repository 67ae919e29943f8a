"""What `dead-letters forecast` and `replay` say, and what they refuse (R-91)."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import TextColumn

from console.dead_letters.progress import Drawn, Plain, sentence_of
from processors.ports.replay import Progress
from tests.console.conftest import Operator

MEANT = ("--code", "refused by Xledger")
REASON = ("--reason", "rights are back")


def progress(unsent: int = 40, under_way: int = 7) -> Progress:
    """Return how a run may get on."""
    ended = {("applied", None): 50, ("dead-lettered", "refused by Xledger"): 2}
    ended |= {("skipped", "stale"): 1, ("skipped", "locked"): 1}
    return Progress(103, unsent, 2, {"c1": under_way}, ended, None, 0)


@pytest.mark.rule("R-91")
def test_an_empty_selection_says_so(migrated: Operator) -> None:
    """A forecast of nothing, and a replay of nothing, are no errors."""
    ready = migrated.but(KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:1")
    for command in (("forecast", *MEANT), ("replay", *MEANT, *REASON, "--execute")):
        said = ready.types("dead-letters", *command)
        assert (said.code, said.err) == (0, "")
        assert said.out == "no letter is meant by this: see `dead-letters list`\n"
    counted = ready.types("dead-letters", "forecast", *MEANT, "--json").json
    assert counted == {"letters": 0, "sent": 0, "without_bytes": 0, "forecast": []}


@pytest.mark.rule("R-91")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (MEANT, 2, "Missing option '--reason'"),
        ((*MEANT, *REASON, "--resume", "r1"), 2, "--resume goes on with a run as it was planned"),
        ((*REASON, "--resume", "r1", "--canary", "3"), 2, "--resume goes on with a run"),
        ((*REASON, "--resume", "r1"), 1, "there is no replay r1"),
        ((*REASON, "--resume", "r1", "--execute"), 1, "there is no replay r1"),
        ((*REASON, "--share", "0"), 2, "'--share': 0 is not in the range 1<=x<=100"),
    ],
)
def test_wrong_use_is_said(
    migrated: Operator, arguments: tuple[str, ...], code: int, says: str
) -> None:
    """What is missing, what does not go together, what is not there."""
    said = migrated.types("dead-letters", "replay", *arguments)
    assert (said.code, says in said.err) == (code, True), said.err


@pytest.mark.rule("R-91")
def test_progress_is_a_sentence() -> None:
    """What failed, and what was skipped so that its letter stays, did not end well."""
    assert sentence_of(progress()) == (
        "54 ended, 3 of them not well; 7 under way, 40 to be sent, 2 not sent"
    )


@pytest.mark.rule("R-91")
def test_where_there_is_no_terminal_a_line_comes_with_each_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same twice is said once."""
    plain = Plain()
    for one in (progress(), progress(), progress(30, 17)):
        plain.show(one)
    plain.say("the outbox is full")
    lines = capsys.readouterr().err.splitlines()
    assert lines == [sentence_of(progress()), sentence_of(progress(30, 17)), "the outbox is full"]


@pytest.mark.rule("R-91")
def test_on_a_terminal_it_is_a_bar() -> None:
    """What has ended or is not sent is done; sentences stand above it, as they are."""
    out = io.StringIO()
    with Bar(
        TextColumn("{task.fields[says]}", markup=False),
        console=Console(file=out, force_terminal=True, width=120),
    ) as bar:
        drawn = Drawn(bar)
        drawn.show(progress())
        drawn.say("[c1] waits")
        assert (bar.tasks[0].completed, bar.tasks[0].total) == (56, 103)
    assert "[c1] waits" in out.getvalue()
    assert sentence_of(progress()) in out.getvalue()
