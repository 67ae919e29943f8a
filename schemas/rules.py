"""Every rule of the specification: its number, what it is about, and whether it is done.

`docs/rules.md` is generated from here and from the tests that name a rule. A rule that is not done
says which part is missing.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `missing` is empty when it is done."""

    id: str
    title: str
    missing: str = ""

    @property
    def done(self) -> bool:
        """Whether the rule holds whole."""
        return not self.missing


CONSOLE: Final = "the console and its sign-in"
WIZARD: Final = "the manual sync wizard"
DRIFT: Final = "the drift report"

RULES: Final = (
    Rule(
        "R-01",
        "Only an administrator with full access connects, with token and consent",
        "the administrator's sign-in; `connections add` asks for token and consent",
    ),
    Rule("R-02", "Every scope of the token is tested before anything is saved"),
    Rule("R-03", "A new connection is inactive: events are skipped, nothing is written"),
    Rule("R-04", "Adding new users automatically is an option, off by default"),
    Rule("R-05", "With the option off a created user is not written, and later changes skipped"),
    Rule("R-06", "Where a user came from does not matter"),
    Rule("R-07", "Activation is the moment the confirmed listing began; events meanwhile wait"),
    Rule("R-08", "The token is sealed, never shown again, never logged"),
    Rule("R-09", "A connection is tied to one company, and a person to one connection of it"),
    Rule("R-10", "People are matched by equal email address"),
    Rule("R-11", "Emails are compared in their normal form"),
    Rule("R-12", "The stored link beats the email address"),
    Rule("R-13", "Several with one email are ambiguous: a human picks"),
    Rule("R-14", "The contact's email decides over the subledger's"),
    Rule("R-15", "No or an invalid email never matches"),
    Rule("R-16", "A linked employee is not matched again"),
    Rule("R-17", "Only persons are in scope"),
    Rule("R-18", "Matching works on complete listings of both sides"),
    Rule("R-19", "Equal employment id with another email is only a possible match", WIZARD),
    Rule("R-20", "The three steps of the manual sync", WIZARD),
    Rule("R-21", "Each mismatch can be resolved", WIZARD),
    Rule("R-22", "Choices for people on one side only", WIZARD),
    Rule("R-23", "Positions flow one way", WIZARD),
    Rule("R-24", "Fields we cannot write never offer Huma's value", WIZARD),
    Rule("R-25", "The plan on screen is the plan that runs", WIZARD),
    Rule("R-26", "One mail with the result of a run", WIZARD),
    Rule("R-27", "One preview or run at a time for a connection", WIZARD),
    Rule("R-28", "The wizard's own changes come back as no change", WIZARD),
    Rule("R-29", "A second run without changes writes nothing", WIZARD),
    Rule("R-30", "A person lacking a required field is not synchronised; the rest are"),
    Rule("R-31", "Email, given name and family name are required"),
    Rule("R-32", "Missing means nothing visible is left; a later change fills the gap"),
    Rule("R-33", "Clashes of unique values when writing to Huma", WIZARD),
    Rule("R-34", "Values are sent as typed, trimmed, in NFC; normal forms only compare"),
    Rule("R-35", "Exchanged unique values are refused before anything is written", WIZARD),
    Rule("R-36", "Keys by which a creation can be looked up"),
    Rule("R-37", "The states of a link, and what leads to a creation"),
    Rule("R-38", "Creating a person in Huma", WIZARD),
    Rule("R-39", "Huma is written only by a confirmed manual sync", WIZARD),
    Rule("R-40", "Every field goes to every target named"),
    Rule("R-41", "The subledger's description is the full name"),
    Rule("R-42", "The bank account goes to the subledger"),
    Rule("R-43", "The subledger company's country is never written"),
    Rule("R-44", "Norwegian accounts are checked; others are not squeezed in"),
    Rule("R-45", "Clearing an address leaves Xledger's"),
    Rule("R-46", "A value that turns into nothing is cleared; an absent one is not"),
    Rule("R-47", "Address lines are joined; the country is a code"),
    Rule("R-48", "Gender is mapped, never guessed"),
    Rule("R-49", "Only Norwegian national identity numbers are sent"),
    Rule("R-50", "Nothing is cut silently"),
    Rule("R-51", "Every character that can arrive arrives unchanged"),
    Rule("R-52", "What triggers position data"),
    Rule("R-53", "The cut-off gates the trigger, not the inputs"),
    Rule("R-54", "Activation sends no historical positions"),
    Rule("R-55", "Employment begins with the earliest position"),
    Rule("R-56", "Employment ends with the position that ends last"),
    Rule("R-57", "Trial period of the primary position"),
    Rule("R-58", "Job title and notice date of the same position"),
    Rule("R-59", "Today is the organisation's"),
    Rule("R-60", "What only the date changes"),
    Rule("R-61", "A deleted position"),
    Rule("R-62", "An end before its start"),
    Rule("R-63", "Position edits in Xledger never reach Huma", DRIFT),
    Rule("R-65", "What counts as a Norwegian identity number"),
    Rule("R-66", "A birth date that differs from the identity number is a warning"),
    Rule("R-67", "What counts as a birth date"),
    Rule("R-70", "A deactivated user is locked, not deactivated in Xledger"),
    Rule("R-71", "The lock is a version"),
    Rule("R-72", "A failed field tried again after the lock closes as locked"),
    Rule("R-73", "A locked user in the wizard", WIZARD),
    Rule("R-74", "Reactivation compares everything"),
    Rule("R-75", "A deleted user is not deleted in Xledger"),
    Rule(
        "R-76",
        "A deleted user's record at the next manual sync",
        "the offer, in the manual sync wizard; when they were deleted is kept",
    ),
    Rule(
        "R-77",
        "A deleted user whose record has changed",
        "the comparison, in the manual sync wizard; the digest to compare with is kept",
    ),
    Rule("R-78", "Deletion ends what is pending, erases values, leaves a tombstone"),
    Rule("R-79", "Delete before create ends as deleted"),
    Rule("R-80", "What real time is, and how it is measured"),
    Rule("R-81", "Key, and order of a person's changes"),
    Rule("R-82", "One event, one effect; a creation has an intent"),
    Rule("R-83", "Staleness is per field"),
    Rule("R-84", "Equal to the confirmed value: no call"),
    Rule("R-85", "Systemic trouble never dead-letters"),
    Rule("R-86", "Errors in an answer of status 200 are failures"),
    Rule("R-87", "One bad field does not stop the others"),
    Rule("R-88", "One bad person delays nobody else"),
    Rule("R-89", "The error log"),
    Rule("R-90", "What a dead letter keeps"),
    Rule("R-91", "Replay: forecast, canary, limited rate, five rounds"),
    Rule("R-92", "What a replay does: the value of now, judged anew"),
    Rule("R-93", "The guard against mass changes"),
    Rule("R-94", "A lane has exactly one state"),
    Rule("R-95", "Unknown types, too large values, limits on letters"),
    Rule("R-96", "The revision orders a person's changes"),
    Rule("R-97", "Reading a person from Huma"),
    Rule("R-98", "An organisation without a connection leaves no trace"),
    Rule("R-99", "Only a confirmed email counts"),
    Rule("R-100", "Several connections, one group each"),
    Rule("R-101", "Joining and leaving a group"),
    Rule("R-102", "The audit names Huma's actor beside Xledger's record"),
    Rule("R-103", "No personal value and no token anywhere"),
    Rule("R-104", "Audit rows can be added, not changed"),
    Rule("R-105", "Metrics and alerts", "the metric of drift"),
    Rule("R-106", "The drift report", "the report"),
    Rule("R-107", "Who you are, and what you may", CONSOLE),
    Rule("R-108", "Erasure"),
    Rule("R-109", "The heartbeat"),
    Rule("R-110", "Help texts come from the field table", CONSOLE),
    Rule("R-111", "Unsupported fields are ignored; an incomplete person waits"),
    Rule("R-112", "Confirmed is only what Xledger acknowledged"),
)
