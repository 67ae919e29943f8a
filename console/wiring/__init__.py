"""The one place that builds connectors: each part of a process, made once, when first asked for."""

from console.wiring.administration import Administration, Asked, Shown, ShownRun
from console.wiring.operation import Operation
from console.wiring.roles import Roles

__all__ = ["Asked", "Shown", "ShownRun", "Wiring"]


class Wiring(Roles, Administration, Operation):
    """One process's parts, by its settings."""
