"""What each reason code means to people: its rule, one sentence, what to do, and if replay helps.

Written for an administrator in payroll, not for a programmer. `docs/reasons.md` is generated from
here; the error log and the console show the same sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from schemas.reasons import Code, LetterClass


class Kind(StrEnum):
    """What a code can end: skipped by design, failed, or applied with a warning."""

    SKIP = "skip"
    FAIL = "fail"
    WARNING = "warning"


class Replay(StrEnum):
    """Whether sending a dead letter again can help."""

    NO = "no"
    NOT_NEEDED = "not needed: the correction is an event of its own"
    MENDED = "yes, once the cause is mended"


@dataclass(frozen=True, slots=True)
class Reason:
    """What a code means. `letter` is the class of the dead letter, for what fails."""

    code: Code
    kind: Kind
    rule: str
    says: str
    advice: str
    replay: Replay = Replay.NO
    letter: LetterClass | None = None


NOTHING: Final = "Nothing."
NEXT_SYNC: Final = "Decide about the person at the next manual sync."
IN_HUMA: Final = "Correct it in Huma; the correction is sent by itself."
FILL: Final = "Enter it in Huma; the whole person is then sent by itself."
BY_HAND: Final = "Nothing; empty it in Xledger by hand, if it must be empty there."


def _skip(code: Code, rule: str, says: str, advice: str = NOTHING) -> Reason:
    return Reason(code, Kind.SKIP, rule, says, advice)


def _fail(
    code: Code, letter: LetterClass, rule: str, says: str, advice: str, replay: Replay
) -> Reason:
    return Reason(code, Kind.FAIL, rule, says, advice, replay, letter)


def _warning(code: Code, rule: str, says: str, advice: str = NOTHING) -> Reason:
    return Reason(code, Kind.WARNING, rule, says, advice)


def _data(code: Code, rule: str, says: str, advice: str = IN_HUMA) -> Reason:
    replay = Replay.NOT_NEEDED if advice == IN_HUMA else Replay.MENDED
    return _fail(code, LetterClass.DATA, rule, says, advice, replay)


def _no_event(code: Code, rule: str, says: str, advice: str) -> Reason:
    return _fail(code, LetterClass.SCHEMA, rule, says, advice, Replay.NO)


PUBLISHER: Final = "Tell whoever publishes the events; the letter holds the record whole."

_ALL: Final = (
    # skipped, whole events
    _skip(Code.TOMBSTONE, "R-95", "The record is empty: no event."),
    _skip(Code.NOT_OURS, "R-95", "The event is about something else than people and positions."),
    _skip(
        Code.UNSUPPORTED,
        "R-95",
        "An event of a kind that this version does not know; the first hundred of the hour are "
        "dead letters.",
        "Install a version that knows it, or ask the publisher. Of those that are no dead letters "
        "the next manual sync finds what they changed.",
    ),
    _skip(
        Code.NO_SUPPORTED_FIELD,
        "R-111",
        "Nothing in the change is synchronised with Xledger.",
    ),
    _skip(
        Code.NOT_ACTIVE,
        "R-03",
        "The connection had not been activated when the change was made.",
        "Run the first manual sync; it finds every difference.",
    ),
    _skip(
        Code.OUT_OF_SCOPE,
        "R-101",
        "The person is not a member of the connection's group.",
        "Nothing, or put the person into the group in Huma; they are then treated as new.",
    ),
    _skip(Code.NOT_A_PERSON, "R-17", "A service user or the like, which is never synchronised."),
    _skip(
        Code.LOCKED,
        "R-70",
        "The person is deactivated in Huma, and nothing is sent until they are reactivated.",
        "Nothing; once they are reactivated everything that differs is sent. What Xledger needs "
        "before, a last contract end for example, is entered there by hand.",
    ),
    _skip(
        Code.DELETED,
        "R-78",
        "The person was deleted in Huma; nothing more is sent.",
        "Nothing; the employee stays in Xledger as it is, and is ended there by hand.",
    ),
    _skip(Code.STALE, "R-83", "A newer value was known already."),
    _skip(
        Code.NOT_LINKED,
        "R-05",
        "The person is not linked to an Xledger employee.",
        NEXT_SYNC,
    ),
    _skip(
        Code.EXISTS_IN_XLEDGER,
        "R-37",
        "Xledger has an employee with this email or employment id, who is not linked.",
        "Confirm the match at the next manual sync; the person stands first in its list.",
    ),
    _skip(Code.DECLINED, "R-37", "At a manual sync it was decided not to create them.", NEXT_SYNC),
    _skip(
        Code.AMBIGUOUS,
        "R-13",
        "Several Xledger employees could be this person.",
        "Pick one at the next manual sync; nothing is written until then.",
    ),
    _skip(
        Code.LINKED_BY_ANOTHER,
        "R-09",
        "Another connection of the same company holds this person.",
        "Remove the person from one of the two groups.",
    ),
    _skip(Code.CONNECTION_REMOVED, "R-09", "The connection was removed before this was sent."),
    _skip(
        Code.REJECTED,
        "R-93",
        "The guard had held it among very many changes, and a human rejected them all.",
        "Correct it in Huma, if it is wrong there: the next change of the same field, or `people "
        "resend`, sends what Huma has then.",
    ),
    _skip(
        Code.UNKNOWN_IN_HUMA,
        "R-97",
        "Huma's API knows no such person, so that the rest of their fields could not be read.",
        "Look at the person in Huma: were they deleted a moment ago?",
    ),
    _skip(
        Code.BEFORE_ACTIVATION,
        "R-53",
        "The position was changed in Huma before the connection was activated.",
        "Nothing is wrong: the next change of a position of this person sends them all.",
    ),
    _skip(
        Code.NO_POSITION_DATA,
        "R-52",
        "No position of the person was created or updated since the activation, so that their "
        "position data is not sent yet.",
        "Nothing: the next change of a position of this person sends them all.",
    ),
    _skip(Code.NOTHING_TO_DO, "R-84", "Nothing that was asked for differs from what is known."),
    _skip(Code.MISSING_EMAIL, "R-32", "The person has no email address in Huma.", FILL),
    _skip(Code.MISSING_GIVEN_NAME, "R-32", "The person has no given name in Huma.", FILL),
    _skip(Code.MISSING_FAMILY_NAME, "R-32", "The person has no family name in Huma.", FILL),
    # skipped, fields
    _skip(
        Code.UNMAPPED_VALUE,
        "R-48",
        "The gender is a text that Xledger has no value for; it is never guessed.",
        "Set it in Xledger by hand, if it is needed there.",
    ),
    _skip(
        Code.NOT_NORWEGIAN,
        "R-49",
        "None of the identifications is a Norwegian national identity number.",
        "Nothing, unless the person has one: then enter it in Huma, as national and of Norway.",
    ),
    _skip(
        Code.NO_POSITION,
        "R-61",
        "The person has no position left that can be used; Xledger keeps what it has.",
        "Correct the person's dates in Xledger by hand, if they are wrong.",
    ),
    _skip(
        Code.NO_CONTRACT_START,
        "R-55",
        "No position of the person has a contract start date; Xledger keeps what it has.",
        "Enter the date in Huma, if Xledger is to have it.",
    ),
    # failed, whole events
    _no_event(
        Code.NOT_JSON, "R-51", "The record is not valid JSON, or not JSON at all.", PUBLISHER
    ),
    _no_event(
        Code.NOT_AN_EVENT, "R-95", "The record is no CloudEvent, or a batch of several.", PUBLISHER
    ),
    _no_event(
        Code.BAD_EVENT,
        "R-96",
        "Something in the event is missing or not as the contract says; `fields` names it.",
        PUBLISHER,
    ),
    _fail(
        Code.CANNOT_BE_STORED,
        LetterClass.SCHEMA,
        "R-95",
        "The event holds something that the store cannot keep.",
        "Report it as a fault of this program, with the letter's coordinates.",
        Replay.MENDED,
    ),
    _fail(
        Code.TOO_LARGE,
        LetterClass.SCHEMA,
        "R-95",
        "The event is larger than the setting INTAKE__MAX_VALUE_KIB.",
        "Ask the publisher what is in it, or raise the setting.",
        Replay.MENDED,
    ),
    _fail(
        Code.UNSUPPORTED_TYPE,
        LetterClass.UNSUPPORTED,
        "R-95",
        "An event about a person or a position of a kind or version that is not known here.",
        "Install a version that knows it, or ask the publisher.",
        Replay.MENDED,
    ),
    # failed, fields: map
    _data(
        Code.BAD_BANK_ACCOUNT,
        "R-44",
        "The bank account is no valid Norwegian account number; Xledger keeps the old one.",
    ),
    _fail(
        Code.UNSUPPORTED_BANK_ACCOUNT,
        LetterClass.UNSUPPORTED,
        "R-44",
        "The bank account is an IBAN, which Xledger's field does not take: the account in Xledger "
        "is now known to be wrong.",
        "Set the account in Xledger by hand, or enter a national number in Huma.",
        Replay.NOT_NEEDED,
    ),
    _data(
        Code.BAD_IDENTITY_NUMBER,
        "R-65",
        "The national identity number is not valid; Xledger keeps the old one.",
    ),
    _fail(
        Code.AMBIGUOUS_IDENTITY_NUMBER,
        LetterClass.DATA,
        "R-49",
        "There are two different national identity numbers; which one is right is not guessed.",
        "Remove the wrong one in Huma; the other is then sent by itself.",
        Replay.NOT_NEEDED,
    ),
    _data(Code.BAD_BIRTH_DATE, "R-67", "The birth date is no date, before 1900, or in the future."),
    _data(
        Code.BAD_POSITION_DATE,
        "R-57",
        "A date of one of the person's positions is no date.",
    ),
    _data(Code.UNKNOWN_COUNTRY, "R-47", "The address's country is no country that is known here."),
    _data(Code.TOO_LONG, "R-50", "The value is longer than Xledger takes; nothing is cut."),
    # failed: call
    _data(
        Code.EMPLOYMENT_ID_IN_USE,
        "R-36",
        "An Xledger employee who is linked to somebody else has this employment id.",
        "Give one of the two another employment id: in Huma, and it is sent by itself; or in "
        "Xledger, and this is sent again.",
    ),
    _data(
        Code.EMPLOYEE_GONE,
        "R-37",
        "The linked employee does not exist in Xledger any more.",
        "Match or create the person at the next manual sync.",
    ),
    _data(
        Code.REFUSED,
        "R-87",
        "Xledger refused the value.",
        "Read Xledger's words in the error log. A wrong value is corrected in Huma, and is sent by "
        "itself; after a change of Xledger's set-up send this again.",
    ),
    _data(
        Code.GENDER_LOOKUP,
        "R-48",
        "Xledger did not find the value for the gender.",
        "Let whoever runs this program set DELIVERY__GENDER_BY to how this company's Xledger names "
        "genders, then send this again.",
    ),
    _fail(
        Code.EXHAUSTED,
        LetterClass.EXHAUSTED,
        "R-85",
        "Xledger answered several times, over a quarter of an hour or more, with an error that is "
        "not known here.",
        "Read Xledger's words in the error log; ask Xledger's support. Once it is mended, send "
        "this again.",
        Replay.MENDED,
    ),
    # warnings
    _warning(
        Code.KEY_MISMATCH,
        "R-98",
        "The record's key names another person than the event; the event decided.",
        "Tell whoever publishes the events: order is only kept within one key.",
    ),
    _warning(
        Code.OLD_ZIP_CODE_KEPT,
        "R-45",
        "The zip code was emptied; Xledger keeps the old one.",
        BY_HAND,
    ),
    _warning(
        Code.OLD_STREET_KEPT, "R-45", "The street was emptied; Xledger keeps the old one.", BY_HAND
    ),
    _warning(
        Code.OLD_PLACE_KEPT, "R-45", "The place was emptied; Xledger keeps the old one.", BY_HAND
    ),
    _warning(
        Code.OLD_COUNTRY_KEPT,
        "R-45",
        "The country was emptied; Xledger keeps the old one.",
        BY_HAND,
    ),
    _warning(
        Code.ADDRESS_KEPT, "R-45", "The address was emptied; Xledger keeps the old one.", BY_HAND
    ),
    _warning(
        Code.ACCOUNT_COUNTRY_NOT_WRITTEN,
        "R-43",
        "The account's country is not Norway; the number was sent, the country is never written.",
        "Look at the supplier's country in Xledger.",
    ),
    _warning(
        Code.BIRTH_DATE_DIFFERS,
        "R-66",
        "Birth date and identity number do not belong together; both were sent.",
        "Find out which is right, and correct it in Huma.",
    ),
    _warning(
        Code.IDENTITY_NUMBER_IGNORED,
        "R-49",
        "One of several identity numbers is not valid, and was left out.",
        "Correct it in Huma.",
    ),
    _warning(
        Code.END_BEFORE_START,
        "R-62",
        "A position ends before it starts; it was not used.",
        "Correct its dates in Huma.",
    ),
    _warning(
        Code.OPEN_BESIDE_ENDED,
        "R-56",
        "A position without an end began before another that has ended: the contract stays open.",
        "If the person has left, set the end of the older position in Huma.",
    ),
    _warning(
        Code.CHARACTERS_REMOVED,
        "R-51",
        "Invisible characters were left out of the value.",
        "Nothing; where a name or text looks wrong in Xledger, type it anew in Huma.",
    ),
    _warning(
        Code.EMAIL_OF_ANOTHER,
        "R-12",
        "Another Xledger employee has this email address; it was sent all the same.",
        "Look at both employees in Xledger.",
    ),
)

REASONS: Final[Mapping[Code, Reason]] = MappingProxyType({one.code: one for one in _ALL})
"""Every code's meaning."""
