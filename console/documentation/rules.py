"""`docs/rules.md`: every rule, whether it is done, and the tests that prove it.

A test names its rules with `@pytest.mark.rule("R-83", ...)`. The marks are read from the source, so
that no test has to run.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from console.documentation.markdown import page, table
from schemas.rules import RULES, Rule


def proofs(root: Path) -> dict[str, list[str]]:
    """Return the test files that name each rule, sorted, by the rule's number.

    Args:
        root: where `tests/` is.

    Raises:
        TypeError: a mark names its rule by anything but a text.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((root / "tests").rglob("test_*.py")):
        for rule in sorted(set(named(file.read_text("utf-8")))):
            found[rule].append(file.relative_to(root).as_posix())
    return dict(found)


def named(source: str) -> Iterator[str]:
    """Return the rules that the marks of a test file name, repeats included.

    >>> list(named('pytestmark = pytest.mark.rule("R-01", "R-02")'))
    ['R-01', 'R-02']
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.rule":
            for argument in node.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise TypeError(f"line {node.lineno}: a rule is named by a text")
                yield argument.value


def text(tests: Mapping[str, Sequence[str]]) -> str:
    """Return the document.

    Args:
        tests: see `proofs`.
    """
    done = sum(rule.done for rule in RULES)
    return page(
        "The rules",
        f"What the integration must do, as numbered rules: {done} of {len(RULES)} are done. A rule "
        "that is done has at least one test that names it, and the test run fails when one has "
        'none. The others say "later", and which part is missing; what there is of them may be '
        "tested all the same.",
        table(
            ["rule", "about", "state", "tests that name it"],
            [[rule.id, rule.title, _state(rule), _links(tests.get(rule.id, ()))] for rule in RULES],
        ),
    )


def _state(rule: Rule) -> str:
    return "**done**" if rule.done else f"later: {rule.missing}"


def _links(files: Sequence[str]) -> str:
    return ", ".join(f"[{file.removeprefix('tests/')}](../{file})" for file in files)
