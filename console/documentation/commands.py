"""`docs/commands.md`: every command with its help, from click's own tree."""

from collections.abc import Iterator

import click

from console.documentation.markdown import code, page, table

NAME = "huma-xledger"


def text() -> str:
    """Return the document: each command that does something, sorted by name."""
    from console.command import commands  # noqa: PLC0415 - loads every part of the program

    return page(
        "Commands",
        "Output goes to standard output, messages to standard error. Exit code 0: done; 1: failed, "
        "one sentence says what to do; 2: wrong use, or a difference was found. What changes much "
        "plans first, and needs `--execute`.",
        *(_section(name, command) for name, command in sorted(leaves(commands, NAME))),
    )


def leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Return every command below this one that is no group, by its whole name."""
    if isinstance(command, click.Group):
        for part, inner in command.commands.items():
            if not inner.hidden:
                yield from leaves(inner, f"{name} {part}")
    else:
        yield name, command


def _section(name: str, command: click.Command) -> str:
    with click.Context(command, info_name=name) as context:
        usage = " ".join([name, *command.collect_usage_pieces(context)])
    rows = [_row(one) for one in command.params if isinstance(one, click.Option) and not one.hidden]
    help_ = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    options = table(["option", "takes", "default", "does"], rows) if rows else ""
    return "\n\n".join(part for part in (f"## {name}", code(usage), help_, options) if part)


def _row(option: click.Option) -> list[str]:
    names = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    return [names, _takes(option), _default(option), option.help or ""]


def _takes(option: click.Option) -> str:
    if option.is_flag:
        return "nothing"
    if option.metavar:
        return option.metavar
    kind = option.type
    if isinstance(kind, click.Choice):
        return ", ".join(code(str(choice)) for choice in kind.choices)
    if isinstance(kind, click.IntRange):
        ends = ("" if end is None else str(end) for end in (kind.min, kind.max))
        return "number, {} to {}".format(*ends)
    return {"integer": "number", "path": "file"}.get(kind.name, kind.name)


def _default(option: click.Option) -> str:
    if option.required:
        return "required"
    given = option.to_info_dict()["default"]
    return "" if option.is_flag or given in (None, (), []) else code(str(given))
