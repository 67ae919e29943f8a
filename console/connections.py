"""`connections`: add, list, show, set, pause, resume, replace-token, remove; see `held` too."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import click

from console.address import Address
from console.held import held, reject, release
from console.output import JSON, emit
from console.secrets import client_of, one_stdin, token_of
from console.wiring import Asked, Shown, Wiring
from processors.connecting import Tested
from processors.mapping.countries import country_code
from processors.people.lane_says import lane_says
from processors.people.times import iso, local
from processors.ports.people import LaneSeen
from schemas.connection import LaneState
from schemas.personal import Personal


class Organization(click.ParamType):
    """A UUID, in lower case."""

    name = "uuid"

    def convert(self, value: str, param: Any, ctx: Any) -> str:
        """See click."""
        try:
            return str(UUID(value))
        except ValueError:
            self.fail("is no UUID", param, ctx)


class Zone(click.ParamType):
    """An IANA time zone."""

    name = "zone"

    def convert(self, value: str, param: Any, ctx: Any) -> str:
        """See click."""
        if value not in available_timezones():
            self.fail("is no time zone, such as Europe/Oslo", param, ctx)
        return value


class Country(click.ParamType):
    """An ISO 3166-1 alpha-2 code."""

    name = "country"

    def convert(self, value: str, param: Any, ctx: Any) -> str:
        """See click."""
        code = country_code(value)
        if code is None:
            self.fail("is no country code, such as NO", param, ctx)
        return code


class Name(click.ParamType):
    """What people call a connection: it stands in lists and in mails."""

    name = "text"

    def convert(self, value: str, param: Any, ctx: Any) -> str:
        """See click."""
        text = value.strip()
        if not text or not text.isprintable() or len(text) > LONGEST_NAME:
            self.fail(f"is not one line of 1 to {LONGEST_NAME} characters", param, ctx)
        return text


LONGEST_NAME = 100
CONNECTION = click.argument("connection")
PEOPLE = click.IntRange(1, 100_000)
PERCENT = click.IntRange(0, 100)


@click.group()
def connections() -> None:
    """Tie organisations of Huma to companies of Xledger."""


for _command in (held, release, reject):
    connections.add_command(_command)


@connections.command()
@click.option("--organization", required=True, type=Organization(), help="Huma's id of it.")
@click.option("--token-file", required=True, metavar="F", help="Xledger's token; - is stdin.")
@click.option(
    "--huma-client-file",
    required=True,
    metavar="F",
    help='Huma\'s client, JSON {"client_id", "client_secret"}; - is stdin.',
)
@click.option("--consent", is_flag=True, help="Somebody entitled agrees to the transfer (R-01).")
@click.option("--group", type=Organization(), help="Only this group of Huma (R-100).")
@click.option(
    "--name", type=Name(), default="Xledger", show_default=True, help="What people call it."
)
@click.option("--xledger-url", metavar="U", help="Default: the setting XLEDGER__URL.")
@click.option("--huma-url", metavar="U", help="Default: the setting HUMA__URL.")
@click.option("--add-new-users", is_flag=True, help="Create new users in Xledger (R-04).")
@click.option("--zone", type=Zone(), default="Europe/Oslo", show_default=True, help="R-59.")
@click.option("--country", type=Country(), default="NO", show_default=True, help="R-34.")
@click.option("--notify", type=Address(), help="Who gets mail when its state changes (R-94).")
@click.option(
    "--synthetic-numbers",
    is_flag=True,
    help="Accept synthetic identity numbers: for tests only (R-65).",
)
@JSON
@click.pass_obj
def add(
    wiring: Wiring,
    organization: str,
    token_file: str,
    huma_client_file: str,
    group: str | None,
    name: str,
    xledger_url: str | None,
    huma_url: str | None,
    zone: str,
    country: str,
    notify: Personal[str] | None,
    *,
    consent: bool,
    add_new_users: bool,
    synthetic_numbers: bool,
    as_json: bool,
) -> None:
    """Test token, scopes and Huma's client, and save the connection; it begins inactive.

    Example: huma-xledger connections add --organization ID --token-file token.txt
    --huma-client-file client.json --consent
    """
    if not consent:
        raise click.UsageError(
            "--consent is missing: nothing is saved without it (R-01); it says that somebody "
            "entitled agrees that personal data goes to Xledger"
        )
    one_stdin(token_file, huma_client_file)
    client_id, client_secret = client_of(huma_client_file)
    asked = Asked(
        organization, group, name, token_of(token_file), client_id, client_secret,
        xledger_url, huma_url, add_new_users, zone, country, synthetic_numbers,
        notify,
    )  # fmt: skip
    made, tested = wiring.connect(asked)
    company = tested.identity.name or tested.identity.entity
    untested = _untested(tested)
    click.echo(f"next: huma-xledger sync run {made.id} --link-matching", err=True)
    emit(
        {"id": made.id, "entity": made.entity, "company": company, "untested": untested},
        [f"connected to {company}; connection {made.id}, not active yet"],
        as_json=as_json,
    )


@connections.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in LaneState]),
    help="Only those whose lane is in this state; several times for several.",
)
@JSON
@click.pass_obj
def list_(wiring: Wiring, states: tuple[str, ...], *, as_json: bool) -> None:
    """List every connection with the state of its lane, since when it stands still, and why."""
    connected = wiring.shown()
    found = [one for one in connected if not states or one.state in states]
    lines = [
        f"{one.connection.id}  {one.state.value:<8}  {_active(one):<12}  {one.connection.name}"
        + _stands(one)
        for one in found
    ]
    none = f"none of {len(connected):,} connections is {' or '.join(states)}"
    empty = none if connected else "no connections yet"
    emit([_document(wiring, one) for one in found], lines or [empty], as_json=as_json)


@connections.command()
@CONNECTION
@JSON
@click.pass_obj
def show(wiring: Wiring, connection: str, *, as_json: bool) -> None:
    """Show one connection: options, company, lane, links by state. Its token is never shown."""
    (one,) = wiring.shown(connection)
    stands = LaneSeen(one.state, one.reason, one.since, one.until, owned=False)
    says = lane_says(stands, one.connection, int(datetime.now(UTC).timestamp() * 1000))
    if says is not None:
        click.echo(says, err=True)
    if one.state is LaneState.HELD:
        click.echo(f"what is held: huma-xledger connections held {connection}", err=True)
    document = _document(wiring, one)
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in document.items()]
    emit(document, lines, as_json=as_json)


@connections.command("set")
@CONNECTION
@click.option("--name", type=Name(), help="What people call it.")
@click.option("--add-new-users/--no-add-new-users", default=None, help="R-04.")
@click.option("--zone", type=Zone(), help="R-59.")
@click.option("--country", type=Country(), help="R-34.")
@click.option("--notify", type=Address(), help="Who gets mail when its state changes (R-94).")
@click.option("--no-notify", is_flag=True, help="Nobody gets mail about it.")
@click.option("--guard-people", type=PEOPLE, help="So many people may change in one hour (R-93).")
@click.option("--guard-percent", type=PERCENT, help="Or so many percent of the linked ones.")
@click.option(
    "--guard-sensitive-people",
    type=PEOPLE,
    help="The same of bank account, identity number, contract end and email.",
)
@click.option("--guard-sensitive-percent", type=PERCENT, help="Or percent of the linked ones.")
@JSON
@click.pass_obj
def set_(
    wiring: Wiring,
    connection: str,
    name: str | None,
    zone: str | None,
    country: str | None,
    notify: Personal[str] | None,
    *,
    add_new_users: bool | None,
    no_notify: bool,
    as_json: bool,
    guard_people: int | None,
    guard_percent: int | None,
    guard_sensitive_people: int | None,
    guard_sensitive_percent: int | None,
) -> None:
    """Change options; what is not named stays. Nobody is created retroactively (R-37).

    The guard's limits can be raised, not removed; a lane that is held stays so (R-93).
    """
    if notify and no_notify:
        raise click.UsageError("--notify and --no-notify contradict each other")
    given: dict[str, object] = {
        "name": name,
        "add_new_users": add_new_users,
        "zone": zone,
        "country": country,
        "guard_people": guard_people,
        "guard_percent": guard_percent,
        "guard_sensitive_people": guard_sensitive_people,
        "guard_sensitive_percent": guard_sensitive_percent,
    }
    changes = {option: value for option, value in given.items() if value is not None}
    told = {"notify": notify} if notify or no_notify else {}
    if not changes | told:
        raise click.UsageError("name at least one option to change")
    wiring.change(connection, changes | told)
    changes |= {option: address is not None for option, address in told.items()}
    emit(changes, [f"changed: {', '.join(changes)}"], as_json=as_json)


@connections.command()
@CONNECTION
@JSON
@click.pass_obj
def pause(wiring: Wiring, connection: str, *, as_json: bool) -> None:
    """Stop writing to Xledger; what changes meanwhile waits."""
    wiring.pause(connection)
    emit({"id": connection, "state": "paused"}, ["paused"], as_json=as_json)


@connections.command()
@CONNECTION
@JSON
@click.pass_obj
def resume(wiring: Wiring, connection: str, *, as_json: bool) -> None:
    """Go on writing to Xledger."""
    wiring.resume(connection)
    emit({"id": connection, "state": "running"}, ["resumed"], as_json=as_json)


@connections.command("replace-token")
@CONNECTION
@click.option("--token-file", required=True, metavar="F", help="Xledger's token; - is stdin.")
@JSON
@click.pass_obj
def replace_token(wiring: Wiring, connection: str, token_file: str, *, as_json: bool) -> None:
    """Test another token of the same company and use it; links and waiting work stay (R-09)."""
    tested = wiring.replace_token(connection, token_of(token_file))
    document = {"id": connection, "untested": _untested(tested)}
    emit(document, ["the token was replaced"], as_json=as_json)


@connections.command()
@CONNECTION
@click.option("--execute", is_flag=True, help="Do it; without it the plan is shown.")
@JSON
@click.pass_obj
def remove(wiring: Wiring, connection: str, *, execute: bool, as_json: bool) -> None:
    """Remove a connection with its token, links and waiting work; Xledger's records stay.

    The last connection of an organisation takes what is known of its people with it (R-98).
    """
    (one,) = wiring.shown(connection)
    if not execute:
        click.echo("a plan only: repeat with --execute to do it", err=True)
        lines = [f"would remove {one.connection.name}, and {sum(one.links.values()):,} links"]
        emit({"id": connection, "links": dict(one.links)}, lines, as_json=as_json)
        return
    ended = wiring.remove(connection)
    emit(
        {"id": connection, "ended": ended},
        [f"removed; {ended:,} waiting events were skipped"],
        as_json=as_json,
    )


def _untested(tested: Tested) -> list[str]:
    """Tell, and return, the scopes that answered neither way (R-02)."""
    if tested.untested:
        click.echo(f"could not be tested: {', '.join(tested.untested)}", err=True)
    return list(tested.untested)


def _stands(one: Shown) -> str:
    """Return since when, and why, a lane does not run."""
    if one.state is LaneState.RUNNING:
        return ""
    why = "" if one.reason is None else f", {one.reason}"
    return f"  since {local(one.since, one.connection.zone)}{why}"


def _active(one: Shown) -> str:
    return "not active" if one.connection.activated_at is None else "active"


def _document(wiring: Wiring, one: Shown) -> dict[str, Any]:
    connection = one.connection
    since = connection.activated_at
    return {
        "id": connection.id,
        "name": connection.name,
        "organization": connection.organization,
        "group": connection.group,
        "xledger_url": connection.xledger_url,
        "entity": connection.entity,
        "huma_url": connection.huma_url,
        "activated_at": None if since is None else since.isoformat(),
        "state": one.state.value,
        "reason": one.reason,
        "since": iso(one.since or None),
        "until": iso(one.until or None),
        "add_new_users": connection.add_new_users,
        "zone": connection.zone,
        "country": connection.country,
        "synthetic_numbers": connection.synthetic_numbers,
        **{
            name: getattr(wiring.settings.guard, name.removeprefix("guard_"))
            if own is None
            else own
            for name, own in one.guard.items()
        },
        "links": dict(one.links),
    }
