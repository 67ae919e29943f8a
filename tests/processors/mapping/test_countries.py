"""The known countries (R-47)."""

from importlib.resources import files

import pytest

from processors.mapping.countries import COUNTRIES

pytestmark = pytest.mark.rule("R-47")


def test_the_table_is_iso_3166s() -> None:
    """As the time zone database carries it."""
    table = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    listed = {line[:2] for line in table.splitlines() if line and not line.startswith("#")}
    assert listed == COUNTRIES
