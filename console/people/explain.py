"""`people explain`: why one field has the value that it has."""

from typing import Any

import click

from console.output import JSON, emit
from console.people.explain_lines import lines_of
from console.people.show import CONNECTION
from console.people.values import VALUES, require_reason, revealed
from console.people.whom import REASON, USER, Named
from console.wiring import Wiring
from processors.fields import FIELDS, field_of
from processors.people.explained import explained, targets_asked, values_in
from schemas.employee import Target
from schemas.person import Field
from schemas.personal import Personal


class FieldName(click.ParamType):
    """A field of Huma's, or a field of Xledger's that we write."""

    name = "field"

    def convert(self, value: Any, param: Any, ctx: Any) -> Field | Target:
        """See click."""
        field = field_of(str(value))
        if field is not None:
            return field
        try:
            return Target(value)
        except ValueError:
            names = ", ".join(one.value for one in (*FIELDS, *Target))
            self.fail(f"'{value}' is no field; these are: {names}", param, ctx)


@click.command()
@USER
@click.argument("field", type=FieldName())
@CONNECTION
@VALUES
@REASON
@JSON
@click.pass_obj
def explain(
    wiring: Wiring,
    user: Named,
    field: Field | Target,
    connection: str | None,
    reason: Personal[str] | None,
    *,
    values: bool,
    as_json: bool,
) -> None:
    """Say why a field has the value it has: rule, inputs, what was confirmed, by which event.

    FIELD is Huma's name of a field, such as bankAccount or contractEndDate, or Xledger's, such as
    subledger.description.

    Example: huma-xledger people explain 9b2e0c1a-0000-4000-8000-0000000000aa contractEndDate
    """
    require_reason(reason, values=values)
    person = wiring.person(user.user, user.organization)
    seen = wiring.look(person, connection, 0, targets_asked(field))
    document = explained(seen, field, wiring.settings.delivery.attempts, values=values)
    if reason is not None and (fields := values_in(document)):
        wiring.values_shown(person, connection, fields, reason)
    document = revealed(document)
    emit(document, lines_of(document), as_json=as_json)
