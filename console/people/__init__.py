"""`people`: one person, named by Huma's user id or by `<organization>:<user>`."""

import click

from console.people.erase import erase
from console.people.explain import explain
from console.people.refetch import refetch
from console.people.resend import resend
from console.people.show import show


@click.group()
def people() -> None:
    """See one person's state, and act on it. USER: Huma's user id, or <organization>:<user>."""


for command in (show, explain, resend, refetch, erase):
    people.add_command(command)
