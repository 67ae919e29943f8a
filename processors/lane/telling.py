"""What is worth a log event besides its code: warnings given once, whose email it is (R-12, R-43).

Ids and codes, never a value (R-103).
"""

from collections.abc import Iterable, Mapping

import structlog

from processors.ports.lane import PersonResult
from schemas.reasons import ONCE

log = structlog.get_logger()


def tell_once(connection: str, results: Iterable[PersonResult]) -> None:
    """Log the warnings that a person and connection get once, as they are given (R-43)."""
    for result in results:
        for end in result.ends:
            for code in ONCE.intersection(end.warnings):
                log.warning(
                    "field.warning", connection=connection, person=result.user,
                    fields=[end.field], code=code.value,
                )  # fmt: skip


def tell_emails(connection: str, others: Mapping[str, str]) -> None:
    """Log which other employee, by dbId, has the email that a person gets (R-12)."""
    for user, employee in others.items():
        log.warning("email.of_another", connection=connection, person=user, id=employee)
