"""The switches: what is inferred or unknown about Xledger, and its limits (`interfaces.md`)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from simulators.xledger.schema import UnknownPart, check_hidden, seldom_filters

Status = Literal[200, 400, 401, 403]


class Burst(BaseModel):
    """So many requests of one token in any so many seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests: int = Field(default=20, ge=1)
    seconds: float = Field(default=5.0, gt=0)


class Credits(BaseModel):
    """So many credits of one token; they return so many seconds after the first one is spent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    budget: int = Field(ge=0)
    seconds: float = Field(default=3600.0, gt=0)


class Settings(BaseModel):
    """Every switch, with what holds when nobody says.

    Attributes:
        empty_edges: what `edges` of an empty page are.
        cursor: a record's dbId, or a dotted composite.
        atomic: a root with a refused input does nothing; else the other inputs are done.
        aliases_apart: each root of a mutation is judged alone; else all or none is done.
        scopes_apart: a root whose scope is missing is refused alone; else the whole mutation is.
        address_merges: a nested address changes what it names; else it is the whole address.
        unique_employee_code: a second employee with a code is refused.
        check_social_sec: an identity number must have its check digits.
        inline_fields: a person's fields in an employee are written to contact and subledger.
        require_links: an employee without contact or subledger is refused; else they are created.
        auth_status: HTTP status where the token is not known.
        syntax_status: where a document cannot be parsed.
        validation_status: where document or variables do not fit the schema.
        lookup_status: where a look-up finds nothing, or too much.
        reset_at: how `extensions.resetAt` is written.
        burst: see there.
        refused_count: a request refused for the burst limit counts in its window.
        concurrency: requests of one token in flight.
        credits: see there; a plain number is a budget, None is without end.
        email_filter_ignores_case: letters of an email are alike in a filter.
        hidden: `Type.field`s to leave out of the schema.
        visible_after_seconds: a write whose answer did not arrive shows up so long afterwards.
        latency_ms: how long each request takes besides.
        journal_limit: how many requests the journal keeps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    empty_edges: Literal["null", "list"] = "null"
    cursor: Literal["plain", "composite"] = "plain"
    atomic: bool = True
    aliases_apart: bool = True
    scopes_apart: bool = False
    address_merges: bool = True
    unique_employee_code: bool = False
    check_social_sec: bool = False
    inline_fields: bool = False
    require_links: bool = True
    auth_status: Status = 200
    syntax_status: Status = 200
    validation_status: Status = 200
    lookup_status: Status = 200
    reset_at: Literal["naive", "utc", "absent"] = "naive"
    burst: Burst = Burst()
    refused_count: bool = False
    concurrency: int = Field(default=4, ge=1)
    credits: Credits | None = None
    email_filter_ignores_case: bool = True
    hidden: frozenset[str] = Field(default_factory=seldom_filters)
    visible_after_seconds: float = Field(default=0.0, ge=0)
    latency_ms: float = Field(default=0.0, ge=0)
    journal_limit: int = Field(default=10_000, ge=1)

    @field_validator("hidden")
    @classmethod
    def _known(cls, hidden: frozenset[str]) -> frozenset[str]:
        try:
            check_hidden(hidden)
        except UnknownPart as unknown:
            raise ValueError(str(unknown)) from None
        return hidden

    @field_validator("empty_edges", mode="before")
    @classmethod
    def _null(cls, value: Any) -> Any:
        return "null" if value is None else value

    @field_validator("credits", mode="before")
    @classmethod
    def _budget(cls, value: Any) -> Any:
        return {"budget": value} if type(value) is int else value


DEFAULTS: Final = Settings()
