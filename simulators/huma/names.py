"""What made-up Norwegians are called and where they live, the awkward cases included."""

from typing import Final

WOMEN: Final = (
    "Kari", "Ingrid", "Åse", "Ragnhild", "Solveig", "Nora", "Emma", "Sigrid", "Tuva", "Maren",
    "Gunn Bjørg", "Ann-Kristin", "Liv", "Aud", "Hedda", "Fatima", "Zofia", "Thi Hoa",
)  # fmt: skip
MEN: Final = (
    "Ola", "Per", "Bjørn", "Øyvind", "Håkon", "Lars Erik", "Jakob", "Odd", "Even", "Magnus",
    "Jan-Åge", "Sverre", "Ærlend", "Emil", "Mohammed", "Tomasz", "Knut", "Iver",
)  # fmt: skip
FAMILIES: Final = (
    "Hansen", "Nordmann", "Ødegård", "Bjørnstad", "Fjellheim", "Ås", "Kvåle", "Sæther", "Lien",
    "Brekke", "Myhre", "Tveit", "Haugen", "Nguyen", "Kowalska", "Solberg-Dahl", "van der Berg",
    "Eriksen", "Vik", "Strøm", "Røst", "Holm", "Moen", "Aune",
)  # fmt: skip
STREETS: Final = (
    "Storgata", "Kirkeveien", "Åsveien", "Fjordgløttvegen", "Sjøgata", "Øvre Torggate",
    "Bjørkealleen", "Strandveien",
)  # fmt: skip
PLACES: Final = (
    ("0150", "Oslo"), ("5003", "Bergen"), ("7010", "Trondheim"), ("9008", "Tromsø"),
    ("3015", "Drammen"), ("0580", "Oslo"), ("4006", "Stavanger"), ("6002", "Ålesund"),
    ("8514", "Narvik"), ("1617", "Fredrikstad"),
)  # fmt: skip
TITLES: Final = (
    "Utvikler", "Daglig leder", "Lønnsmedarbeider", "Kokk", "Renholder", "Prosjektleder",
    "Lærling", "Vaktmester", "Økonomisjef", "Sykepleier",
)  # fmt: skip
COMPANIES: Final = ("Fjordmat AS", "Fjordmat Nord AS")
TEAMS: Final = ("Kjøkken", "Økonomi", "Drift", "Salg")

NASTY: Final = (
    ('Kari "Kaja"', 'Kari "Kaja"'),
    ("O'Hara\\", "O'Hara\\"),
    ("Anne\nLise", "Anne Lise"),
    ("Tab\tBerg", "Tab Berg"),
    ('"""', '"""'),
    ("Linje\u2028skille", "Linje\u2028skille"),
    ("Smil 😀 Hansen", "Smil 😀 Hansen"),
    ("A\u030ase O\u0308berg", "Åse Öberg"),
    ("{$user: 1} #", "{$user: 1} #"),
    ("  Blank  ", "Blank"),
    ("æøå ÆØÅ", "æøå ÆØÅ"),
    ("Nul\u0001l", "Null"),
)
"""As typed in Huma, and what should stand in Xledger (R-34, R-51)."""
