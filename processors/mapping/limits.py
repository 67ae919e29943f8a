"""How long a value may be. What is longer fails the field; nothing is ever cut (R-50).

Xledger publishes no limits (`xledger-api.md`, part 3). Huma's own limit for text is 255
(`huma-api.md`, Text limits), which stands in until an answer of Xledger teaches better: only the
joined texts, street address and description, can exceed it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.employee import Failed, FieldResult, Mapped, Target
from schemas.reasons import Code

HUMA_TEXT: Final = 255

DEFAULT: Final[Mapping[Target, int]] = MappingProxyType(dict.fromkeys(Target, HUMA_TEXT))


def within(mapped: Mapped, limits: Mapping[Target, int]) -> FieldResult:
    """Return the field as mapped, or failed when a value is over its target's limit.

    Args:
        mapped: a field.
        limits: most characters (code points) a target takes; a target without one is not limited.

    >>> within(Mapped({Target.CONTACT_PHONE: "12345"}), {Target.CONTACT_PHONE: 4})
    Failed(code=<Code.TOO_LONG: 'too long'>, warnings=())
    """
    for target, value in mapped.targets.items():
        if value is not None and target in limits and len(value) > limits[target]:
            return Failed(Code.TOO_LONG, mapped.warnings)
    return mapped
