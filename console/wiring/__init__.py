"""The one place that builds connectors: each part of a process, made once, when first asked for."""

from console.wiring.acting import Acting, Changed, Held, ShownOrganization
from console.wiring.administration import Asked, Shown, ShownRun
from console.wiring.desk import Desk
from console.wiring.mailing import Mails
from console.wiring.operation import Operation
from console.wiring.replaying import Replaying, Wanted
from console.wiring.roles import Roles, Vitals

__all__ = [
    "Asked",
    "Changed",
    "Held",
    "Shown",
    "ShownOrganization",
    "ShownRun",
    "Vitals",
    "Wanted",
    "Wiring",
]


class Wiring(Roles, Mails, Acting, Desk, Replaying, Operation):
    """One process's parts, by its settings."""
