"""Reads whole connections: several roots at once, page after page (`xledger-api.md` 1.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.xledger.answers import edges_of, text_of
from connectors.xledger.exchange import Call, Exchange
from schemas.errors import Unavailable

PAGE: Final = 10_000
"""The most records Xledger gives at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One root of a query.

    Attributes:
        root: the connection's name, also the alias.
        fields: what is read of each record.
        filter_type: the name of the filter's input type, when there is a filter.
        filter: which records; None: all.
    """

    root: str
    fields: str
    filter_type: str = ""
    filter: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One page: its records, and the cursor of the next page, or None."""

    nodes: tuple[Mapping[str, Any], ...] = field(repr=False)
    after: str | None


def document_of(operation: str, roots: Mapping[str, Wanted]) -> str:
    """Return the query of these roots: ours alone, ended records too (R-18)."""
    declared, selected = ["$first: Int"], []
    for name, wanted in roots.items():
        declared.append(f"${name}After: String")
        arguments = f"first: $first, after: ${name}After, ownerSet: CURRENT, objectStatus: ALL"
        if wanted.filter is not None:
            declared.append(f"${name}: {wanted.filter_type}")
            arguments += f", filter: ${name}"
        selected.append(
            f"  {name}: {wanted.root}({arguments}) "
            f"{{ edges {{ cursor node {{ {wanted.fields} }} }} pageInfo {{ hasNextPage }} }}"
        )
    body = "\n".join(selected)
    return f"query {operation}({', '.join(declared)}) {{\n{body}\n}}"


def part_of(connection: object, first: int) -> Part:
    """Return a page as it was answered.

    Raises:
        Unavailable: it is none, or says that more follows and not where.
    """
    if not isinstance(connection, dict):
        raise Unavailable("Xledger's listing is not what its API promises")
    raw = connection.get("edges")
    edges = [edge for edge in raw if isinstance(edge, dict)] if isinstance(raw, list) else []
    page = connection.get("pageInfo")
    more = page.get("hasNextPage") if isinstance(page, dict) else len(edges) >= first
    after = text_of(edges[-1].get("cursor")) if edges and more else None
    if more and after is None:
        raise Unavailable("Xledger's listing goes on, but does not say where")
    return Part(tuple(edge["node"] for edge in edges_of(connection)), after)


async def gather(
    exchange: Exchange, name: str, operation: str, wanted: Mapping[str, Wanted], most: int
) -> dict[str, list[Mapping[str, Any]]]:
    """Read every record of these roots, several roots in one request.

    Args:
        exchange: of the token.
        name: the document's, in GraphQL's letters.
        operation: the call's name in metrics.
        wanted: by name.
        most: records of one root; the next page is not read.

    Raises:
        Unavailable: there are more, or a page is none; otherwise as `Exchange.read`.
    """
    records: dict[str, list[Mapping[str, Any]]] = {alias: [] for alias in wanted}
    open_roots = dict.fromkeys(wanted, "")
    while open_roots:
        roots = {alias: wanted[alias] for alias in open_roots}
        variables: dict[str, Any] = {"first": PAGE}
        for alias, after in open_roots.items():
            variables[f"{alias}After"] = after or None
            if roots[alias].filter is not None:
                variables[alias] = roots[alias].filter
        data = await exchange.read(Call(operation, document_of(name, roots), variables))
        open_roots = {}
        for alias in roots:
            part = part_of(data.get(alias), PAGE)
            records[alias] += part.nodes
            if part.after is not None:
                open_roots[alias] = part.after
            if len(records[alias]) > most:
                raise Unavailable(f"Xledger has more than {most} {alias}, the limit")
    return records
