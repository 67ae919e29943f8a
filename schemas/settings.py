"""Every setting, declared once: name, unit, default, limits and why.

Read from the environment with the prefix `HUMA_XLEDGER_` and `__` between levels, so
`delivery.lease` is `HUMA_XLEDGER_DELIVERY__LEASE`. Secrets exist only as files, whose settings end
in `_FILE`. `docs/settings.md` is generated from here.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "HUMA_XLEDGER_"
DELIMITER = "__"


def _setting(default: Any, why: str, *, unit: str = "", **limits: Any) -> Any:
    return Field(default=default, description=why, json_schema_extra={"unit": unit}, **limits)


Seconds = Annotated[float, Field(gt=0)]


class Group(BaseModel):
    """Settings that belong together; a name that is not one of them is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kafka(Group):
    """The Kafka cluster."""

    bootstrap_servers: str = _setting(
        "", "Where Kafka is, host:port, several with commas; every role but the console needs it."
    )
    group: str = _setting("huma-xledger-intake", "Consumer group of intake, seen by lag tools.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = _setting(
        "PLAINTEXT", "How to talk to the brokers; SASL_SSL outside a private network."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = _setting(
        "SCRAM-SHA-512", "Used with SASL only."
    )
    username: str = _setting("", "Used with SASL only.")
    password_file: Path | None = _setting(None, "File with the SASL password.")
    ca_file: Path | None = _setting(None, "Certificate authority of the brokers, PEM.")
    session_timeout: Seconds = _setting(
        45.0,
        "After so long without a sign of life a consumer's partitions go to another; longer than "
        "the store's lock and idle limits, or a stopped process holds up its successor.",
        unit="seconds",
        le=300,
    )
    queue_mib: int = _setting(
        24,
        "Records fetched ahead; more is faster and takes memory: 16 to 32 keeps a role under "
        "200 MB with a million events waiting.",
        unit="MiB",
        ge=1,
        le=512,
    )


class Store(Group):
    """The store."""

    url: str = _setting(
        "",
        "sqlite:////path/to/store.db (one host), or postgresql://user@host/database; a password "
        "in it is refused: use the file.",
    )
    password_file: Path | None = _setting(None, "File with PostgreSQL's password.")
    busy_timeout: Seconds = _setting(
        5.0, "How long SQLite waits for another writer.", unit="seconds", le=60
    )
    lock_timeout: Seconds = _setting(
        10.0,
        "How long PostgreSQL waits for a lock; below Kafka's session time-out.",
        unit="seconds",
        le=300,
    )
    idle_timeout: Seconds = _setting(
        10.0,
        "PostgreSQL ends a transaction idle for so long, so that a stopped process cannot hold up "
        "its successor; below Kafka's session time-out.",
        unit="seconds",
        le=300,
    )
    statement_timeout: Seconds = _setting(
        30.0, "PostgreSQL ends a statement that runs longer.", unit="seconds", le=600
    )
    pool: int = _setting(8, "Connections a process opens at the most.", ge=2, le=100)


class Intake(Group):
    """Reading events."""

    batch: int = _setting(2000, "Events in one transaction at the most.", ge=1, le=10_000)
    poll: Seconds = _setting(
        0.05,
        "How long to wait for a batch to fill; part of a lone change's time.",
        unit="seconds",
        le=5,
    )
    max_value_kib: int = _setting(
        1024, "A larger event is a dead letter, 'too large' (R-95).", unit="KiB", ge=1, le=10_304
    )
    future: Seconds = _setting(
        600.0,
        "An event whose time is so far after its record's is a schema error (R-96).",
        unit="seconds",
    )
    version_from: Literal["revision", "time"] = _setting(
        "revision",
        "What orders a person's changes; `time` only for a publisher that cannot mint revisions, "
        "for the whole topic, never mixed (R-96).",
    )
    unsupported_per_hour: int = _setting(
        100, "Dead letters of one unknown type in an hour; beyond, outcomes only (R-95).", ge=0
    )
    retry: Seconds = _setting(
        1.0, "Pause before trying again when the store or Kafka is away.", unit="seconds", le=60
    )


class Delivery(Group):
    """Lanes: sending to Xledger."""

    lease: Seconds = _setting(
        90.0, "How long a worker owns a lane without renewing.", unit="seconds", le=3600
    )
    renewal: Seconds = _setting(20.0, "How often it renews.", unit="seconds")
    request_timeout: Seconds = _setting(
        60.0, "Total time of one request to Xledger, first byte to last.", unit="seconds", le=600
    )
    settle: Seconds = _setting(
        60.0,
        "What may have happened is looked at, or sent again, only so long after; longer than "
        "Xledger's longest run (R-82).",
        unit="seconds",
        le=3600,
    )
    linger: float = _setting(
        0.2,
        "A lone change waits so long from its turn, since saving one form raises several events.",
        unit="seconds",
        ge=0,
        le=5,
    )
    scan: Seconds = _setting(0.1, "How often lanes with work are looked for.", unit="seconds", le=5)
    people: int = _setting(500, "People in one request (Xledger takes 500).", ge=1, le=500)
    requests: int = _setting(
        18, "Requests in any window (Xledger's published limit is 20).", ge=1, le=20
    )
    burst: int = _setting(
        9,
        "Requests that follow each other freely; the rest of a window's are spread evenly, so that "
        "a change made during a flood does not wait for the window's end.",
        ge=1,
        le=20,
    )
    window: Seconds = _setting(5.0, "The limiter's window.", unit="seconds")
    in_flight: int = _setting(2, "Requests of one lane under way at once.", ge=1, le=4)
    aliases: int = _setting(
        100, "Parts a failing root is sent again in, one request (Delivery, Answers).", ge=2, le=500
    )
    attempts: int = _setting(5, "Tries of a refusal nobody knows (R-85).", ge=1, le=20)
    attempts_over: Seconds = _setting(900.0, "Spread over at least so long (R-85).", unit="seconds")
    probe: Seconds = _setting(
        900.0, "How often a paused credential, or an unreachable Huma, is tried.", unit="seconds"
    )
    failing_probe: Seconds = _setting(
        60.0, "How often a failing lane sends its ten people (R-94).", unit="seconds"
    )
    retry: Seconds = _setting(
        1.0, "First pause when Xledger is away; doubles with each failure.", unit="seconds", le=60
    )
    retry_longest: Seconds = _setting(
        300.0, "Longest pause between two tries when Xledger is away.", unit="seconds", le=3600
    )
    idle: Seconds = _setting(
        60.0,
        "A lane without work is given back after so long; whoever takes it next asks Xledger first "
        "whose token it is.",
        unit="seconds",
        le=3600,
    )
    credits_wait: Seconds = _setting(
        1200.0, "Wait for credits when Xledger does not say until when.", unit="seconds"
    )
    lanes: int = _setting(5000, "Lanes one process owns at the most.", ge=1, le=100_000)
    letters_per_hour: int = _setting(
        10_000, "Dead letters of one connection in an hour; beyond, the lane waits (R-95).", ge=1
    )
    gender_by: Literal["code", "name"] = _setting(
        "code", "How gender values are looked up in Xledger: M/F or MALE/FEMALE."
    )


class Xledger(Group):
    """Xledger's API."""

    url: str = _setting("https://www.xledger.net/graphql", "GraphQL address of new connections.")
    max_answer_mib: int = _setting(64, "A larger answer is refused.", unit="MiB", ge=1, le=512)
    records: int = _setting(
        200_000, "Records of one kind that a look-up by listing reads at the most.", ge=1000
    )


class Huma(Group):
    """Huma's API."""

    url: str = _setting("https://openapi.humahr.com", "Address of new connections.")
    request_timeout: Seconds = _setting(30.0, "Total time of one request.", unit="seconds", le=300)
    reads: int = _setting(8, "People read at once (R-97).", ge=1, le=50)
    max_answer_mib: int = _setting(4, "A larger answer is refused.", unit="MiB", ge=1, le=64)
    people: int = _setting(
        100_000, "People of one organisation that a listing reads at the most.", ge=1
    )
    positions: int = _setting(200, "Positions of one person that a read takes at the most.", ge=1)
    passes: int = _setting(
        5, "Passes over the list of people until two agree on who is there (R-18).", ge=2, le=20
    )


class Sync(Group):
    """Manual sync."""

    preview: Seconds = _setting(
        86_400.0, "An open preview expires after so long (R-07).", unit="seconds", le=604_800
    )


class Housekeeping(Group):
    """What is kept for a time only."""

    every: Seconds = _setting(
        3600.0,
        "How often a delivery process looks for what is too old: counts of a past day, tombstones, "
        "previews that were never finished.",
        unit="seconds",
        le=86_400,
    )
    tombstones: int = _setting(
        730,
        "How long ids and keyed digests of a deleted person are kept, to notice a rehire (R-78): "
        "24 months, or less.",
        unit="days",
        ge=1,
        le=731,
    )
    outcomes: int = _setting(
        90,
        "How long the desk keeps each outcome of a person's events: the timeline, of which the "
        "error log is made.",
        unit="days",
        ge=31,
        le=3650,
    )
    closed: int = _setting(
        90,
        "How long the desk keeps letters that are resolved or ignored, closed entries of the error "
        "log, and replays; what is open stays.",
        unit="days",
        ge=31,
        le=3650,
    )


class Guard(Group):
    """How many people may change before a lane is held (R-93); a connection may have its own."""

    people: int = _setting(
        50,
        "So many people of a connection may change in one hour, or more where the next is more.",
        ge=1,
        le=100_000,
    )
    percent: int = _setting(
        20, "Of the linked people so many may change in one hour.", unit="%", ge=0, le=100
    )
    sensitive_people: int = _setting(
        5,
        "The same of people whose bank account, identity number, contract end or email changes.",
        ge=1,
        le=100_000,
    )
    sensitive_percent: int = _setting(2, "And of the linked people.", unit="%", ge=0, le=100)
    window: Seconds = _setting(
        3600.0, "The hour in which people are counted.", unit="seconds", ge=60, le=86_400
    )


class Sweep(Group):
    """What the clock alone changes (R-60), and heartbeats (R-109)."""

    every: Seconds = _setting(
        60.0,
        "How often a delivery process looks for people whose position begins or ends today, at "
        "full minutes of the store's clock.",
        unit="seconds",
        le=60,
    )
    lease: Seconds = _setting(
        90.0,
        "How long one process sweeps without renewing; longer than the time between two sweeps, or "
        "it would change hands each time.",
        unit="seconds",
        le=600,
    )
    people: int = _setting(
        500,
        "People asked for in one transaction (R-60); few, so that nobody else waits long for the "
        "store.",
        ge=1,
        le=5000,
    )
    ahead: int = _setting(
        500,
        "Requests that wait for intake at the most, before more people are asked for: a day on "
        "which everybody turns does not stand in front of Huma's events.",
        ge=1,
        le=100_000,
    )
    retry: Seconds = _setting(
        5.0,
        "Pause before looking again when the store is away, or requests wait for the outbox.",
        unit="seconds",
        le=60,
    )


class Watch(Group):
    """Reading outcomes and dead letters back, for the desk."""

    group: str = _setting("huma-xledger-watch", "Consumer group of watch.")
    batch: int = _setting(500, "Records of one topic in one transaction.", ge=1, le=10_000)
    fill: Seconds = _setting(0.2, "How long a batch may take to fill.", unit="seconds", le=5)
    look: Seconds = _setting(
        5.0,
        "How often it is looked at whether offsets move, how much is unread, and how old the "
        "heartbeats are (R-109).",
        unit="seconds",
        le=60,
    )
    retry: Seconds = _setting(
        1.0, "Pause before trying again when the store is away.", unit="seconds", le=60
    )
    replays: int = _setting(5, "So many failed replays park a letter (R-91).", ge=1, le=100)


class Replay(Group):
    """Sending dead letters again (R-91); how often one is sent at the most: WATCH__REPLAYS."""

    canary: int = _setting(5, "Letters that must end well before others are sent.", ge=0, le=500)
    share: int = _setting(
        30,
        "Part of what a connection can take (DELIVERY__REQUESTS of DELIVERY__PEOPLE people in each "
        "DELIVERY__WINDOW) that a replay uses.",
        unit="percent",
        ge=1,
        le=100,
    )
    stop_at: int = _setting(
        20, "When more of those that ended failed, a replay stops.", unit="percent", ge=0, le=100
    )
    least: int = _setting(
        20, "Letters that must have ended before failures are held against a replay.", ge=1
    )
    look: Seconds = _setting(
        0.5, "How often it is looked at how letters end.", unit="seconds", le=60
    )
    silence: Seconds = _setting(
        60.0,
        "When letters were sent and none ends for so long, it is said, and what may be the cause.",
        unit="seconds",
        le=3600,
    )
    patience: Seconds = _setting(
        1800.0,
        "When none ends for so long, the replay stops, and can be gone on with.",
        unit="seconds",
        le=86_400,
    )


class Outbox(Group):
    """What leaves for Kafka or mail."""

    limit: int = _setting(
        1_000_000, "Rows at which lanes stop taking work and intake pauses.", ge=1000
    )
    lease: Seconds = _setting(10.0, "How long a relay owns the outbox.", unit="seconds", le=300)
    delivery_timeout: Seconds = _setting(
        6.0, "How long Kafka has to take a record; below the lease.", unit="seconds"
    )
    batch: int = _setting(5000, "Rows read at once.", ge=1, le=50_000)
    idle: Seconds = _setting(0.1, "Wait when there is nothing to send.", unit="seconds", le=5)

    @property
    def for_requests(self) -> int:
        """Rows at which requests and replays stop being written (`design.md`, Outbox)."""
        return self.limit // 4


class Notices(Group):
    """When an administrator gets mail about a connection (R-94, R-97).

    Failing, held, paused and a refused credential are told at once.
    """

    after: Seconds = _setting(
        300.0,
        "A lane that is broken or runs again, and a Huma that is away or back, is told of when it "
        "has been so for so long: what comes and goes within is one trouble, and one mail.",
        unit="seconds",
        le=86_400,
    )
    waiting: Seconds = _setting(
        3600.0,
        "A lane that waits for a limit or for credits is told of when it has done nothing else for "
        "so long; limits are met every day.",
        unit="seconds",
        le=86_400,
    )


class Mail(Group):
    """Sending notices. Without HOST and MAILDIR nobody gets any; they are counted."""

    host: str = _setting("", "The mail server.")
    port: int = _setting(587, "Its port.", ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = _setting(
        "starttls",
        "How the session is encrypted: starttls (port 587), tls from the first byte (465), or "
        "none, which lets nobody sign in.",
    )
    user: str = _setting("", "Who signs in at the mail server; empty: nobody does.")
    password_file: Path | None = _setting(None, "File with the mail server's password.")
    ca_file: Path | None = _setting(
        None, "Certificate authority of the mail server, PEM; the system's own when not set."
    )
    sender: str = _setting("", "Address that mail comes from; a mail server needs it.")
    maildir: Path | None = _setting(
        None, "Folder of a maildir to put mail into, instead of a mail server."
    )
    timeout: Seconds = _setting(
        10.0, "How long the mail server has for each step.", unit="seconds", le=60
    )
    lease: Seconds = _setting(
        120.0,
        "How long a process owns the sending without renewing; it renews before each mail.",
        unit="seconds",
        le=3600,
    )
    look: Seconds = _setting(
        5.0, "How often it is looked for what is to be told and sent.", unit="seconds", le=60
    )
    retry: Seconds = _setting(
        30.0,
        "First pause after the mail server was away, or refused a mail; doubled each time.",
        unit="seconds",
        le=3600,
    )
    retry_longest: Seconds = _setting(900.0, "Longest such pause.", unit="seconds", le=86_400)
    give_up: Seconds = _setting(
        259_200.0,
        "A mail that could not be sent for so long is dropped, and counted: three days.",
        unit="seconds",
    )


class Http(Group):
    """Metrics and health."""

    host: str = _setting("0.0.0.0", "Address to listen on.")  # noqa: S104 - a container's own
    port: int = _setting(9400, "Port; 0 takes any free one.", ge=0, le=65_535)
    stuck: Seconds = _setting(
        120.0, "A loop without progress for so long fails /health/live.", unit="seconds"
    )


class Settings(BaseSettings):
    """All settings of every role."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    master_key_file: Path | None = _setting(
        None,
        "File with the master key that wraps each organisation's data key; several, one a line: "
        "the first wraps new ones.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "Least level of log events."
    )
    kafka: Kafka = Kafka()
    store: Store = Store()
    intake: Intake = Intake()
    delivery: Delivery = Delivery()
    xledger: Xledger = Xledger()
    huma: Huma = Huma()
    sync: Sync = Sync()
    replay: Replay = Replay()
    outbox: Outbox = Outbox()
    housekeeping: Housekeeping = Housekeeping()
    sweep: Sweep = Sweep()
    guard: Guard = Guard()
    watch: Watch = Watch()
    notices: Notices = Notices()
    mail: Mail = Mail()
    http: Http = Http()

    @model_validator(mode="after")
    def _times_agree(self) -> Self:
        """Refuse times under which a promise of `design.md` would not hold."""
        lanes, outbox = self.delivery, self.outbox
        if lanes.lease <= lanes.request_timeout + lanes.renewal:
            raise ValueError(
                "DELIVERY__LEASE must be longer than DELIVERY__REQUEST_TIMEOUT and "
                "DELIVERY__RENEWAL together, or a lane could lose its lease in mid-request"
            )
        if outbox.delivery_timeout >= outbox.lease:
            raise ValueError(
                "OUTBOX__DELIVERY_TIMEOUT must be shorter than OUTBOX__LEASE, or two relays could "
                "publish at once"
            )
        if self.replay.patience <= self.replay.silence:
            raise ValueError(
                "REPLAY__PATIENCE must be longer than REPLAY__SILENCE, or a replay would stop "
                "before it said why"
            )
        if self.sweep.lease <= self.sweep.every:
            raise ValueError(
                "SWEEP__LEASE must be longer than SWEEP__EVERY, or two processes could take turns "
                "and each leave a minute without heartbeat"
            )
        if max(self.store.lock_timeout, self.store.idle_timeout) >= self.kafka.session_timeout:
            raise ValueError(
                "STORE__LOCK_TIMEOUT and STORE__IDLE_TIMEOUT must be shorter than "
                "KAFKA__SESSION_TIMEOUT, or a stopped process holds up its successor"
            )
        if max(self.store.statement_timeout, outbox.lease) >= self.http.stuck:
            raise ValueError(
                "HTTP__STUCK must be longer than STORE__STATEMENT_TIMEOUT and OUTBOX__LEASE, or a "
                "process that only waits would be started anew, over and over"
            )
        return self

    @model_validator(mode="after")
    def _mail_agrees(self) -> Self:
        """Refuse mail settings that contradict each other."""
        mail = self.mail
        if mail.host and mail.maildir is not None:
            raise ValueError("set MAIL__HOST or MAIL__MAILDIR, not both: mail goes one way")
        if mail.host and "@" not in mail.sender:
            raise ValueError(
                "MAIL__SENDER must be the address that mail comes from, once MAIL__HOST is set"
            )
        if mail.security == "none" and mail.user:
            raise ValueError(
                "MAIL__USER needs MAIL__SECURITY starttls or tls, or its password could be read on "
                "the way"
            )
        if mail.lease <= mail.timeout:
            raise ValueError(
                "MAIL__LEASE must be longer than MAIL__TIMEOUT, or two processes could send the "
                "same mail"
            )
        return self
