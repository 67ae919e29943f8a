"""`make docs`: write the generated documents anew."""

import click

from console.documentation import write


def main() -> None:
    """Write, and say what changed."""
    changed = write()
    click.echo("\n".join(f"docs/{name}: written" for name in changed) or "docs are up to date")


if __name__ == "__main__":
    main()
