"""Address, to contact and subledger; what is emptied in Huma stays in Xledger (R-45, R-47)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from processors.mapping.context import MappingContext
from processors.mapping.countries import country_code
from processors.mapping.text import Text, clean, merged
from schemas.employee import Failed, FieldResult, Mapped, Target, TargetValue
from schemas.errors import DeadLetter
from schemas.person import HumaField, Json, Projection
from schemas.reasons import Code

LINES: Final = ("line1", "line2", "line3")

KEPT: Final[Mapping[Code, tuple[Target, Target]]] = MappingProxyType(
    {
        Code.OLD_STREET_KEPT: (Target.CONTACT_STREET_ADDRESS, Target.SUBLEDGER_STREET_ADDRESS),
        Code.OLD_ZIP_CODE_KEPT: (Target.CONTACT_ZIP_CODE, Target.SUBLEDGER_ZIP_CODE),
        Code.OLD_PLACE_KEPT: (Target.CONTACT_PLACE, Target.SUBLEDGER_PLACE),
        Code.OLD_COUNTRY_KEPT: (Target.CONTACT_COUNTRY, Target.SUBLEDGER_COUNTRY),
    }
)
"""Each part's targets, by the warning that it was emptied in Huma and stays in Xledger."""


def address(projection: Projection, context: MappingContext) -> FieldResult:
    """Map the parts that are filled; an empty part is not written, never cleared (R-45, R-46).

    Warns of a part that Xledger got from us and now keeps: by name, or once for all when the whole
    address was emptied. An unknown country fails the field (R-47).
    """
    home = projection[HumaField.HOME_ADDRESS]
    if home is not None and not isinstance(home, dict):
        raise DeadLetter(Code.BAD_EVENT, "map")
    parts = _parts(home or {})
    country = parts[Code.OLD_COUNTRY_KEPT]
    warnings = merged(*(part.warnings for part in parts.values()))
    if country.value is not None and country_code(country.value) is None:
        return Failed(Code.UNKNOWN_COUNTRY, warnings)
    if country.value is not None:
        parts[Code.OLD_COUNTRY_KEPT] = Text(country_code(country.value))
    filled = {code: part.value for code, part in parts.items() if part.value is not None}
    targets = {target: filled[code] for code in filled for target in KEPT[code]}
    kept = tuple(code for code in KEPT if code not in filled and _had(context.confirmed, code))
    if kept and not filled:
        kept = (Code.ADDRESS_KEPT,)
    return Mapped(targets, merged(warnings, kept))


def _parts(home: Mapping[str, Json]) -> dict[Code, Text]:
    """Return the four parts, in the order and under the codes of `KEPT`."""
    lines = [clean(home.get(line)) for line in LINES]
    street = ", ".join(line.value for line in lines if line.value is not None) or None
    return {
        Code.OLD_STREET_KEPT: Text(street, merged(*(line.warnings for line in lines))),
        Code.OLD_ZIP_CODE_KEPT: clean(home.get("postalCode")),
        Code.OLD_PLACE_KEPT: clean(home.get("city")),
        Code.OLD_COUNTRY_KEPT: clean(home.get("country")),
    }


def _had(confirmed: Mapping[Target, TargetValue], code: Code) -> bool:
    return any(confirmed.get(target) is not None for target in KEPT[code])
