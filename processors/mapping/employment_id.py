"""Employment id: text with its leading zeros, to the employee's code (R-34); never cleared."""

from processors.mapping.context import MappingContext
from processors.mapping.text import clean
from schemas.employee import FieldResult, Mapped, Target
from schemas.person import HumaField, Projection


def employment_id(projection: Projection, _context: MappingContext) -> FieldResult:
    """Map the employment id; an emptied one writes nothing (R-46).

    >>> from datetime import date
    >>> context = MappingContext("NO", date(2026, 1, 1), False, {}, {})
    >>> dict(employment_id(Projection({"employmentId": "0042"}), context).targets)
    {<Target.EMPLOYEE_CODE: 'employee.code'>: '0042'}
    """
    typed = clean(projection[HumaField.EMPLOYMENT_ID])
    targets = {} if typed.value is None else {Target.EMPLOYEE_CODE: typed.value}
    return Mapped(targets, typed.warnings)
