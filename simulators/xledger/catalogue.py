"""What every company finds there: countries, system values, object values, banks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

Row: TypeAlias = Mapping[str, Any]

COUNTRY_CODES: Final = """\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
"""ISO 3166-1 alpha-2."""
NAMED: Final = {
    "DE": "Germany",
    "DK": "Denmark",
    "FI": "Finland",
    "GB": "United Kingdom",
    "IS": "Iceland",
    "NO": "Norway",
    "PL": "Poland",
    "SE": "Sweden",
}

COUNTRIES: Final[Sequence[Row]] = tuple(
    {"dbId": 1001 + at, "code": code, "description": NAMED.get(code, code)}
    for at, code in enumerate(COUNTRY_CODES.split())
)
GENDER: Final = 77
"""The genders' `definitionId`; the real one is unknown."""
SYSTEM_VALUES: Final[Sequence[Row]] = tuple(
    {"dbId": 2001 + at, "dbSubId": 1 + at, "definitionId": GENDER, "code": code, "name": name}
    for at, (code, name) in enumerate((("M", "MALE"), ("F", "FEMALE")))
)
KINDS: Final[Sequence[Row]] = (
    {"dbId": 3001, "name": "EMPLOYMENT_TYPE"},
    {"dbId": 3002, "name": "EMPLOYEE_GROUP"},
)
OBJECT_VALUES: Final[Sequence[Row]] = tuple(
    {"dbId": 3101 + at, "objectKindDbId": kind, "code": code, "description": text, "id": code}
    for at, (kind, code, text) in enumerate(
        (
            (3001, "FAST", "Fast ansatt"),
            (3001, "MIDL", "Midlertidig ansatt"),
            (3002, "1", "Administrasjon"),
            (3002, "2", "Produksjon"),
        )
    )
)
BANKS: Final[Sequence[Row]] = (
    {"dbId": 4001, "code": "TEST", "description": "Testbanken", "bankName": "Testbanken"}
    | {"bankRouting": "0001", "swift": "TESTNOKK"},
)


class Rows:
    """One table of rows, found by any of their values."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._by: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            for name, value in row.items():
                self._by.setdefault((name, str(value)), []).append(row)

    def find(self, name: str, value: Any) -> Sequence[Row]:
        """Return the rows of which this is a value."""
        return self._by.get((name, str(value)), ())

    def one(self, name: str, value: Any) -> Row | None:
        """Return a row of which this is a value, or None."""
        return next(iter(self.find(name, value)), None)


TABLES: Final[Mapping[str, Rows]] = {
    "countries": Rows(COUNTRIES),
    "systemValues": Rows(SYSTEM_VALUES),
    "objectKinds": Rows(KINDS),
    "objectValues": Rows(OBJECT_VALUES),
    "banks": Rows(BANKS),
}
"""The tables, by the root that lists them."""
