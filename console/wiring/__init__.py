"""The one place that builds connectors: each part of a process, made once, when first asked for."""

from console.wiring.administration import Asked, Shown, ShownRun
from console.wiring.operation import Operation
from console.wiring.people import People
from console.wiring.roles import Roles

__all__ = ["Asked", "Shown", "ShownRun", "Wiring"]


class Wiring(Roles, People, Operation):
    """One process's parts, by its settings."""
