"""The fault `refuse`: inputs refused for a value, and named in one of several ways."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulators.xledger.faults import Fault, matching
from simulators.xledger.problems import Problem, Sort


def refused_by(
    fault: Fault | None, alias: str, root: str, inputs: Sequence[Mapping[str, Any]]
) -> dict[int, Problem]:
    """Return what is said of the inputs that the fault refuses, by their index."""
    if fault is None or fault.fault != "refuse" or fault.match.root not in (None, root):
        return {}
    if fault.match.field is None:
        found: dict[int, Any] = dict.fromkeys(range(len(inputs)))
    else:
        found = dict(matching(fault.match, inputs))
    return {at: _problem(fault, alias, at, inputs[at], value) for at, value in found.items()}


def _problem(fault: Fault, alias: str, at: int, given: Mapping[str, Any], value: Any) -> Problem:
    message, path = fault.message, (alias,)
    match fault.naming:
        case "clientId":
            return Problem(Sort.OTHER, f"{message} (clientId '{given.get('clientId')}')", path=path)
        case "index":
            return Problem(Sort.OTHER, message, path=(alias, "inputs", at))
        case "value":
            return Problem(Sort.OTHER, f"{message}: '{value}'", path=path)
        case _:
            return Problem(Sort.OTHER, message, path=path)
