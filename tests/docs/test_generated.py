"""Documents that are generated equal what they are generated from."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from console.configuration import names_of
from console.documentation import ROOT, asyncapi, commands, generate, write
from schemas import metrics, topics
from schemas.advice import REASONS
from schemas.letter import NAMES, PREFIX
from schemas.rules import RULES
from schemas.settings import Settings

DOCS = ROOT / "docs"


def text(name: str) -> str:
    """Return a document as it stands in the tree."""
    return (DOCS / name).read_text("utf-8")


def first_cells(name: str) -> list[str]:
    """Return the first cell of every row of a document's tables, without marks."""
    rows = re.findall(r"^\| (.+?) \|", text(name), re.MULTILINE)
    return [row.strip("`") for row in rows if row.startswith(("`", "R-"))]


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    """Every document, generated now."""
    return generate()


@pytest.mark.parametrize(
    "name",
    ["alerts.md", "asyncapi.yaml", "commands.md", "metrics.md", "reasons.md", "rules.md",
     "settings.md", "topics.md"],
)  # fmt: skip
def test_a_generated_document_is_up_to_date(generated: dict[str, str], name: str) -> None:
    """Whoever changes what it is made from writes it anew."""
    assert text(name) == generated[name], f"docs/{name} is not up to date: run `make docs`"


def test_every_generated_document_is_compared(generated: dict[str, str]) -> None:
    """None is generated and left alone."""
    marked = {file.name for file in DOCS.glob("*") if file.is_file() and made(file)}
    assert marked == set(generated)


def made(file: Path) -> bool:
    """Say whether a document says that it is generated."""
    return "enerated by `make docs`" in file.read_text("utf-8")


def test_generating_twice_makes_the_same(generated: dict[str, str]) -> None:
    """No dates, no chance, no order of a file system."""
    assert generate() == generated


def test_writing_changes_what_differs_only(tmp_path: Path) -> None:
    """`make docs` says what it has written."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    assert len(write(tmp_path)) == len(generate())
    (tmp_path / "docs" / "topics.md").write_text("old")
    assert write(tmp_path) == ["topics.md"]
    assert write(tmp_path) == []


def test_every_setting_is_documented() -> None:
    """By the name that works, and no other is."""
    assert sorted(first_cells("settings.md")) == sorted(names_of(Settings))


def test_every_metric_is_documented() -> None:
    """And no other is."""
    assert first_cells("metrics.md") == sorted(metric.name for metric in metrics.ALL)


def test_every_reason_is_documented() -> None:
    """And no other is."""
    assert sorted(first_cells("reasons.md")) == sorted(code.value for code in REASONS)


def test_every_topic_is_documented() -> None:
    """And no other is."""
    assert first_cells("topics.md") == [topic.name for topic in topics.ALL]


def test_every_rule_is_documented() -> None:
    """In order."""
    assert first_cells("rules.md") == [rule.id for rule in RULES]


def test_every_command_is_documented() -> None:
    """With a sentence of help and, for each of its options, what the option does."""
    from console.command import commands as tree  # noqa: PLC0415 - loads the whole program

    leaves = dict(commands.leaves(tree, commands.NAME))
    assert re.findall(r"^## (.+)$", text("commands.md"), re.MULTILINE) == sorted(leaves)
    for name, command in leaves.items():
        assert (command.help or "").split("\n")[0].rstrip().endswith((".", ";", ","))
        assert f"`{name}" in text("commands.md")


def references(document: Any) -> Iterator[str]:
    """Yield every reference of a document."""
    if isinstance(document, dict):
        if isinstance(document.get("$ref"), str):
            yield document["$ref"]
        for inner in document.values():
            yield from references(inner)
    elif isinstance(document, list):
        for inner in document:
            yield from references(inner)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    """Inside it, and everything that is declared is used."""
    document = asyncapi.document()
    used = set(references(document))
    for reference in used:
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    for kind in ("messages", "schemas"):
        for name in document["components"][kind]:
            assert f"#/components/{kind}/{name}" in used


def test_the_asyncapi_document_holds_the_topics() -> None:
    """Their names, partitions, retention and sizes."""
    channels = asyncapi.document()["channels"].values()
    assert {channel["address"] for channel in channels} == {topic.name for topic in topics.ALL}
    for channel in channels:
        (topic,) = [one for one in topics.ALL if one.name == channel["address"]]
        kafka = channel["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"] == {
            "retention.ms": topic.retention_ms,
            "max.message.bytes": topic.max_message_bytes,
        }


def test_every_example_of_the_asyncapi_document_has_the_shape_that_it_says() -> None:
    """Required members are there, no member is undeclared, and each is of its type."""
    components = asyncapi.document()["components"]
    for message in components["messages"].values():
        shape = components["schemas"].get(message["payload"].get("$ref", "").rsplit("/", 1)[-1])
        for example in message.get("examples", []):
            assert shape is not None
            assert fits(example["payload"], shape), message["name"]


TYPES: Final = {"object": dict, "array": list, "string": str, "integer": int}
NOT_DESCRIBED: Final = {"datacontenttype", "partitionkey"}


def fits(value: Any, shape: dict[str, Any]) -> bool:
    """Say whether a value is what a schema of ours says."""
    kinds = shape.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    right = (
        any(isinstance(value, TYPES[kind]) for kind in kinds) or not kinds,
        value == shape.get("const", value),
        value in shape.get("enum", [value]),
    )
    return all(right) and all(fits(*one) for one in inside(value, shape))


def inside(value: Any, shape: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield each member of a value with the schema that it must fit."""
    if isinstance(value, dict) and "properties" in shape:
        members = shape["properties"]
        assert set(shape.get("required", ())) <= set(value) <= set(members) | NOT_DESCRIBED
        yield from ((one, members[name]) for name, one in value.items() if name in members)
    elif isinstance(value, dict) and "additionalProperties" in shape:
        yield from ((one, shape["additionalProperties"]) for one in value.values())
    elif isinstance(value, list) and "items" in shape:
        yield from ((one, shape["items"]) for one in value)


def test_the_letters_headers_are_in_the_asyncapi_document() -> None:
    """Every one of them, and no other."""
    letter = asyncapi.document()["components"]["messages"]["deadLetter"]
    assert list(letter["headers"]["properties"]) == [PREFIX + name for name in NAMES]
