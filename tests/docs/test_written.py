"""Documents written by hand keep up with what they speak of."""

import re
import tomllib

import pytest
from sqlalchemy import LargeBinary

from connectors.store.tables import metadata
from console.documentation import ROOT
from schemas import topics
from schemas.connection import LaneState, LinkState
from schemas.outcome import FieldEnd, Result

DOCS = ROOT / "docs"
RECORDS = sorted((DOCS / "adr").glob("[0-9]*.md"))
NAMED = {"confluent-kafka", "faust-streaming", "httpx", "orjson", "prometheus-client", "pydantic",
         "pytest", "testcontainers"}  # fmt: skip
"""Dependencies that the project's owner named: no decision of ours."""


def rows(name: str) -> dict[str, list[str]]:
    """Return the rows of a document's tables by their first cell."""
    lines = re.findall(r"^\| (.+) \|$", (DOCS / name).read_text("utf-8"), re.MULTILINE)
    cells = [[cell.strip() for cell in line.split(" |")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells if row[0] != "---"}


def test_the_glossary_is_in_order_and_names_every_state() -> None:
    """Each word once, each meaning a sentence."""
    words = list(rows("glossary.md"))[1:]
    assert words == sorted(words, key=str.lower)
    assert len(words) == len(set(words))
    states = {one.value for kind in (LaneState, LinkState, Result, FieldEnd) for one in kind}
    assert states <= set(words)
    assert all(
        meaning[0].endswith((".", "?")) for meaning in list(rows("glossary.md").values())[1:]
    )


def test_every_word_of_the_design_is_in_the_glossary() -> None:
    """As far as the design is beside the project; its words are those of `design.md`, Words."""
    words = {"connection", "lane", "projection", "link", "dirty", "turn", "confirmed", "letter",
             "request", "sync", "run"}  # fmt: skip
    assert words <= set(rows("glossary.md"))


def test_privacy_tells_of_every_table_of_the_store() -> None:
    """And of each column of bytes, whether it is sealed or a digest."""
    told = rows("privacy.md")
    tables = {table.name: table for table in metadata.sorted_tables}
    assert set(tables) <= set(told)
    for name, table in tables.items():
        _, sealed, digests, _ = told[name]
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                digest = column.name.endswith("digest") or column.name == "event"
                where = digests if digest else f"{sealed} {told[name][0]}"
                assert f"`{column.name}`" in where, f"{name}.{column.name}"


def test_privacy_tells_of_every_topic() -> None:
    """With how long its records are kept."""
    told = rows("privacy.md")
    for topic in topics.ALL:
        assert told[topic.name][1] == f"{topic.retention_ms // topics.DAY_MS} days"


def test_every_decision_record_is_in_the_index() -> None:
    """By number, title and file, in order."""
    index = (DOCS / "adr" / "README.md").read_text("utf-8")
    lines = re.findall(r"^\| \[([0-9]{4})\]\((.+)\) \| (.+) \|$", index, re.MULTILINE)
    expected = []
    for file in RECORDS:
        number, title = file.read_text("utf-8").split("\n", 1)[0].removeprefix("# ").split(" ", 1)
        expected.append((number, file.name, title))
        assert file.name.startswith(number)
    assert lines == expected
    assert len({number for number, _, _ in expected}) == len(expected)


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
def test_a_decision_record_says_what_was_decided(file: object) -> None:
    """Under one heading, whatever else it says."""
    assert "**Decision.**" in (DOCS / "adr" / str(file)).read_text("utf-8")


def dependencies() -> list[str]:
    """Return the names of all dependencies, those of development included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    given = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return [re.split(r"[\[<>=!~ ]", one, maxsplit=1)[0] for one in given]


@pytest.mark.parametrize("name", sorted(set(dependencies()) - NAMED))
def test_every_dependency_of_our_choice_has_a_decision(name: str) -> None:
    """What it is taken for stands in a record; to have considered it is not enough."""
    decided = [
        file.stem
        for file in RECORDS
        if re.search(
            rf"\b{re.escape(name)}\b",
            file.read_text("utf-8").split("**Decision.**")[1].split("**Considered.**")[0],
            re.IGNORECASE,
        )
    ]
    assert decided, f"docs/adr/ has no decision about {name}"


def test_every_link_between_documents_leads_somewhere() -> None:
    """Relative ones; a renamed file is noticed here."""
    for file in [*DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text("utf-8")):
            assert (file.parent / target).exists(), f"{file.name}: {target}"
