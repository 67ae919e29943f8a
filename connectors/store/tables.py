"""Every table. Ids, states, versions and digests in clear; every value sealed (`design.md`, Store).

Times are milliseconds of the store's own clock, UTC, unless a column says otherwise. A `sealed`
column holds ciphertext of the organisation's data key. Versions are Huma's revisions (R-96).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

Identity = BigInteger().with_variant(Integer, "sqlite")
"""A growing number: SQLite grows only its own integer primary key."""

organization = Table(
    "organization",
    metadata,
    Column("id", Text, primary_key=True, comment="Huma's id; empty for data of no organisation"),
    Column("data_key", LargeBinary, nullable=False, comment="wrapped by the master key"),
    Column("master_key", Text, nullable=False, comment="which master key wrapped it"),
    Column("huma_client", LargeBinary, comment="sealed JSON of client_id and client_secret"),
    Column("huma_url", Text),
    Column("huma_state", Text, nullable=False, server_default="ok", comment="ok or the reason"),
    Column(
        "huma_since", BigInteger, nullable=False, server_default="0", comment="so since; 0: ever"
    ),
    Column("huma_probe_at", BigInteger, nullable=False, server_default="0"),
    Column("told", Text, comment="huma_state as last noticed; null: ok"),
    Column("created_at", BigInteger, nullable=False),
)

connection = Table(
    "connection",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization", Text, nullable=False, index=True),
    Column("group_id", Text),
    Column("name", Text, nullable=False),
    Column("xledger_url", Text, nullable=False),
    Column("entity", Text, nullable=False, comment="dbId of the entity the token reaches (R-09)"),
    Column("token", LargeBinary, nullable=False, comment="sealed (R-08)"),
    Column("token_digest", LargeBinary, nullable=False, unique=True, comment="keyed (R-09)"),
    Column("huma_url", Text, nullable=False),
    Column("add_new_users", Boolean, nullable=False),
    Column("zone", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("synthetic_numbers", Boolean, nullable=False),
    Column("notify", LargeBinary, comment="sealed address"),
    Column("guard_people", Integer, comment="R-93, with the next three; null: the setting's"),
    Column("guard_percent", Integer),
    Column("guard_sensitive_people", Integer),
    Column("guard_sensitive_percent", Integer),
    Column("activated_at", BigInteger, comment="R-07; null while inactive"),
    Column("preview_at", BigInteger, comment="R-07; set while a preview or its run is open"),
    Column("listed_at", BigInteger, comment="when the last complete listing began"),
    Column("created_at", BigInteger, nullable=False),
)

generation = Table(
    "generation",
    metadata,
    Column("id", Integer, primary_key=True, comment="always 1"),
    Column("value", BigInteger, nullable=False, comment="rises with each change of connections"),
    Column("keys", Text, comment="random; another one with each key that is destroyed (R-108)"),
)

person = Table(
    "person",
    metadata,
    Column("organization", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("type", Text, comment="null: not known yet"),
    Column("type_version", BigInteger, nullable=False, server_default="-1"),
    Column("active", Boolean, comment="null: not known yet, taken as active"),
    Column("active_version", BigInteger, nullable=False, server_default="-1", comment="R-71"),
    Column("groups", Text, comment="JSON list of group ids; null: not known yet"),
    Column("groups_version", BigInteger, nullable=False, server_default="-1"),
    Column("revision", BigInteger, nullable=False, server_default="-1", comment="highest seen"),
    Column("complete", Boolean, nullable=False, server_default=text("false"), comment="R-97"),
    Column("deleted_at", BigInteger, comment="R-78; final"),
    Column("email_digest", LargeBinary, comment="keyed, of the normal form; tombstones keep it"),
)
Index("person_email", person.c.organization, person.c.email_digest)
Index(
    "person_deleted",
    person.c.deleted_at,
    postgresql_where=text("deleted_at IS NOT NULL"),
    sqlite_where=text("deleted_at IS NOT NULL"),
)

field = Table(
    "field",
    metadata,
    Column("organization", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("field", Text, primary_key=True, comment="a HumaField"),
    Column("version", BigInteger, nullable=False),
    Column("replaced", BigInteger, comment="the version it replaced: returned by the upsert"),
    Column("event", LargeBinary, comment="digest of source and id of the event that wrote it"),
    Column("value", LargeBinary, comment="sealed JSON; null is null"),
)

position = Table(
    "position",
    metadata,
    Column("organization", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("position", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("replaced", BigInteger),
    Column("event", LargeBinary),
    Column("value", LargeBinary, comment="sealed JSON of the whole position; null is deleted"),
)

link = Table(
    "link",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("organization", Text, nullable=False),
    Column("state", Text, nullable=False, comment="a LinkState"),
    Column("company", Text, comment="set while this link or its intent holds the person (R-09)"),
    Column("contact", Text, comment="dbId"),
    Column("subledger", Text, comment="dbId"),
    Column("employee", Text, comment="dbId"),
    Column("warned", Text, comment="JSON list of warnings given once (R-43)"),
    Column("incomplete", Boolean, nullable=False, server_default=text("false"), comment="R-111"),
    Column("linked_at", BigInteger),
    Column(
        "triggered",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="position data goes out from here on (R-52)",
    ),
    Column("next_flip_on", Text, comment="yyyy-mm-dd in the connection's zone (R-60)"),
    Column("confirmed_digest", LargeBinary, comment="keyed, of what was confirmed; R-77, R-78"),
    Column("confirmed_targets", Text, comment="JSON list of the Targets in that digest"),
    Column("flight_epoch", BigInteger, comment="epoch of the lane that has the person in flight"),
    Column("flight_at", BigInteger),
    UniqueConstraint("company", "person", name="link_one_per_company_and_person"),
    UniqueConstraint("company", "employee", name="link_one_per_company_and_employee"),
)
Index("link_by_person", link.c.organization, link.c.person)
Index(
    "link_in_flight",
    link.c.connection,
    postgresql_where=text("flight_epoch IS NOT NULL"),
    sqlite_where=text("flight_epoch IS NOT NULL"),
)
Index(
    "link_flips",
    link.c.next_flip_on,
    postgresql_where=text("next_flip_on IS NOT NULL"),
    sqlite_where=text("next_flip_on IS NOT NULL"),
)

intent = Table(
    "intent",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("organization", Text, nullable=False),
    Column("step", Text, nullable=False, comment="contact, subledger or employee (R-82)"),
    Column("keys", LargeBinary, nullable=False, comment="sealed JSON: codes and email as sent"),
    Column("found", Text, nullable=False, comment="JSON list of dbIds found before, for the keys"),
    Column("epoch", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

dirty = Table(
    "dirty",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("field", Text, primary_key=True, comment="a HumaField, or a position field"),
    Column("organization", Text, nullable=False),
    Column("open", Boolean, nullable=False, comment="false: clean; the row stays for its turn"),
    Column("turn", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False, comment="version of the value when it dirtied"),
    Column("origin", Integer, nullable=False, comment="0 a Huma event, 1 a request of ours"),
    Column("due", BigInteger, nullable=False, server_default="0", comment="not taken before"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_failed_at", BigInteger),
    Column(
        "unsure",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="may have been written: send also when equal to confirmed",
    ),
)
OPEN = text("open")
Index(
    "dirty_work",
    dirty.c.connection,
    dirty.c.origin,
    dirty.c.turn,
    postgresql_where=OPEN,
    sqlite_where=OPEN,
)

confirmed = Table(
    "confirmed",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("target", Text, primary_key=True, comment="a Target"),
    Column("organization", Text, nullable=False),
    Column("value", LargeBinary, comment="sealed JSON; null: cleared"),
    Column("turn", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, comment="JSON: which position it is of, and why (R-57); ids, no values"),
)

pending = Table(
    "pending",
    metadata,
    Column("outcome", Text, primary_key=True, comment="hash of connection, source, id, round"),
    Column("connection", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("organization", Text, nullable=False),
    Column("event", LargeBinary, nullable=False, comment="digest of source and id"),
    Column("meta", Text, nullable=False, comment="JSON: source, id, type, revision, time, actor …"),
    Column("round", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False, comment="sealed: key, value, headers as read"),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, comment="timestamp of the Kafka record"),
    Column("received_at", BigInteger, nullable=False),
)
Index("pending_by_person", pending.c.connection, pending.c.person)
Index("pending_by_age", pending.c.received_at)

pending_field = Table(
    "pending_field",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("turn", BigInteger, nullable=False),
    Column("result", Text, comment="null while open"),
    Column("code", Text),
)
Index("pending_field_by_outcome", pending_field.c.outcome)

lane = Table(
    "lane",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("owner", Text),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="running", comment="a LaneState"),
    Column("reason", Text, comment="why it is not running"),
    Column("since", BigInteger, nullable=False, server_default="0"),
    Column("until", BigInteger, nullable=False, server_default="0", comment="next probe"),
    Column("requested_at", BigInteger, nullable=False, server_default="0", comment="newest"),
    Column("batch_size", Integer, nullable=False, server_default="0", comment="0: the setting's"),
    Column("memory", Text, nullable=False, server_default="{}", comment="JSON the lane keeps"),
    Column(
        "released_at",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="the guard counts from here, and not what was dirty by then (R-93)",
    ),
    Column("told", Text, comment="state as last noticed; null: running (R-94)"),
)

guarded = Table(
    "guarded",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("taken_at", BigInteger, nullable=False, comment="last sent because of a Huma event"),
    Column("sensitive_at", BigInteger, comment="the same of bank account and the like (R-93)"),
    comment="whom the guard has counted; rows older than its hour go",
)
Index("guarded_by_age", guarded.c.taken_at)

partition = Table(
    "partition",
    metadata,
    Column("consumer_group", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("moved_at", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False, comment="empty: mail"),
    Column("partition", Integer),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("headers", Text, nullable=False, server_default="[]", comment="JSON of name, base64"),
    Column("sealed_for", Text, comment="organisation whose key seals the value; null: in clear"),
    Column("whose", Text, comment="organization:user of a sealed value, where known (R-108)"),
    Column("written_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
MAIL = text("topic = ''")
Index("outbox_mail", outbox.c.id, postgresql_where=MAIL, sqlite_where=MAIL)

listed = Table(
    "listed",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("employee", Text, primary_key=True, comment="dbId"),
    Column("organization", Text, nullable=False),
    Column("contact", Text),
    Column("subledger", Text),
    Column("code_digest", LargeBinary),
    Column("email_digest", LargeBinary),
    Column("ended", Boolean, nullable=False),
    comment="the last complete listing of Xledger's employees (R-18, R-36, R-12)",
)
Index("listed_by_email", listed.c.connection, listed.c.email_digest)
Index("listed_by_code", listed.c.connection, listed.c.code_digest)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)

refusal = Table(
    "refusal",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("organization", Text, nullable=False),
    Column("turn", BigInteger, nullable=False, comment="the newest that was refused"),
    Column("text", LargeBinary, nullable=False, comment="sealed: Xledger's own words (R-103)"),
    Column("at", BigInteger, nullable=False),
)

quota = Table(
    "quota",
    metadata,
    Column("name", Text, primary_key=True, comment="what is counted (R-95)"),
    Column("hour", BigInteger, primary_key=True, comment="hours since 1970"),
    Column("used", Integer, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("organization", Text, nullable=False),
    Column("connection", Text),
    Column("person", Text),
    Column("actor", Text, comment="Huma user id, or who gave the command"),
    Column("event", Text, comment="outcome id of the event that caused it"),
    Column("action", Text, nullable=False),
    Column("object", Text, comment="which Xledger record: kind:dbId"),
    Column("fields", Text, comment="names, never values"),
    Column("rule", Text),
    Column("reason", LargeBinary, comment="sealed: why a human did it"),
    sqlite_autoincrement=True,
)
Index(
    "audit_by_person",
    audit.c.organization,
    audit.c.person,
    audit.c.id,
    postgresql_where=text("person IS NOT NULL"),
    sqlite_where=text("person IS NOT NULL"),
)

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("connection", Text, nullable=False, index=True),
    Column("organization", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="link-matching"),
    Column("state", Text, nullable=False, comment="planned, running, finished or failed (R-27)"),
    Column("actor", Text, nullable=False, comment="who asked for it"),
    Column("planned_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("progress", Text, nullable=False, server_default="{}", comment="JSON of counts"),
    Column("failure", Text, comment="a sentence without values"),
    comment="jobs of a manual sync, executed by the delivery role",
)

failure = Table(
    "failure",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("field", Text, primary_key=True, comment="by name; empty: the person as a whole"),
    Column("organization", Text, nullable=False),
    Column("failed_turn", BigInteger, nullable=False, server_default="-1", comment="the greatest"),
    Column("closed_turn", BigInteger, nullable=False, server_default="-1", comment="the greatest"),
    Column(
        "closed_as",
        Text,
        comment="how the first turn after the failed one ended: applied, unchanged, or a Code",
    ),
    Column("closed_at", BigInteger),
    Column("letter", Text, comment="of the failed turn"),
    Column("code", Text),
    Column("outcome", Text, comment="of the failed turn: the correlation id"),
    Column("version", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_failed_at", BigInteger),
    Column("last_failed_at", BigInteger),
    comment="the error log: open while failed_turn > closed_turn (R-89)",
)
Index("failure_by_letter", failure.c.letter)

letter = Table(
    "letter",
    metadata,
    Column("id", Text, primary_key=True, comment="outcome id of round 0: source, id, connection"),
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False, comment="id of the event; with source its identity"),
    Column("connection", Text, comment="null: it failed before any connection was known"),
    Column("organization", Text),
    Column("person", Text),
    Column("type", Text),
    Column("stage", Text, nullable=False),
    Column("class", Text, nullable=False, comment="a LetterClass"),
    Column("code", Text, nullable=False),
    Column("fields", Text, nullable=False, comment="JSON list of names"),
    Column("attempts", Integer, nullable=False),
    Column("first_failed_at", BigInteger, nullable=False),
    Column("last_failed_at", BigInteger, nullable=False),
    Column("source_topic", Text, nullable=False),
    Column("source_partition", Integer, nullable=False),
    Column("source_offset", BigInteger, nullable=False),
    Column("source_timestamp", BigInteger),
    Column("partition", Integer, nullable=False, comment="of the newest letter itself (R-90)"),
    Column("offset", BigInteger, nullable=False),
    Column("written_at", BigInteger, nullable=False, comment="Kafka's timestamp of the letter"),
    Column("program", Text),
    Column("failed_round", Integer, nullable=False, comment="the greatest that failed"),
    Column("ended_round", Integer, nullable=False, server_default="-1", comment="… ended well"),
    Column("ended_as", Text, comment="how: a Result, or the Code of a skip"),
    Column("replay_count", Integer, nullable=False, server_default="0", comment="rounds sent"),
    Column("run", Text, comment="the replay that sent it last"),
    Column("state", Text, nullable=False, comment="a LetterState"),
    Column("closed_as", Text, comment="why it is resolved: applied, superseded, or a Code"),
    Column("closed_at", BigInteger),
    comment="dead letters, one row for each event and connection (R-90)",
)
Index("letter_by_state", letter.c.state, letter.c.connection, letter.c.code)
Index("letter_by_person", letter.c.organization, letter.c.person)
Index("letter_by_age", letter.c.state, letter.c.first_failed_at)
Index("letter_by_code", letter.c.code, letter.c.first_failed_at)

timeline = Table(
    "timeline",
    metadata,
    Column("outcome", Text, primary_key=True, comment="of repeats the first counts"),
    Column("connection", Text),
    Column("organization", Text),
    Column("person", Text),
    Column("at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("type", Text),
    Column("revision", BigInteger),
    Column("round", Integer, nullable=False),
    Column("result", Text, nullable=False),
    Column("reason", Text),
    Column("warnings", Text, nullable=False, server_default="[]", comment="JSON list of codes"),
    Column("fields", Text, nullable=False, server_default="{}", comment="JSON: ends by name"),
    Column("letter", Text, comment="of a replay or resend: finds its letter (`Told.key`)"),
    comment="what became of a person's events: the outcomes topic, by person",
)
Index("timeline_by_person", timeline.c.organization, timeline.c.person, timeline.c.at)
Index("timeline_by_age", timeline.c.at)
Index(
    "timeline_by_letter",
    timeline.c.letter,
    postgresql_where=text("letter IS NOT NULL"),
    sqlite_where=text("letter IS NOT NULL"),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("partition", Integer, primary_key=True),
    Column("beat_at", BigInteger, nullable=False, comment="the newest that came through (R-109)"),
)

replay = Table(
    "replay",
    metadata,
    Column("id", Text, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False, comment="sealed: why"),
    Column("selection", Text, nullable=False, comment="JSON: ids, codes and names, no values"),
    Column("state", Text, nullable=False, comment="a ReplayState"),
    Column("canary", Integer, nullable=False, comment="letters that must end well first"),
    Column("share", Integer, nullable=False, comment="percent of the connection's allowance"),
    Column("failures", Integer, nullable=False, comment="percent at which it stops"),
    Column("why", Text, comment="why it stopped: a sentence without values"),
    Column("planned_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    comment="runs of `dead-letters replay` (R-91)",
)

replay_letter = Table(
    "replay_letter",
    metadata,
    Column("replay", Text, primary_key=True),
    Column("number", Integer, primary_key=True, comment="the order in which they are sent"),
    Column("letter", Text, nullable=False),
    Column("organization", Text),
    Column("connection", Text),
    Column("forecast", Text, nullable=False, comment="a Forecast, when it was planned"),
    Column("round", Integer, comment="which replay of the letter this is; null: not sent"),
    Column("outcome", Text, comment="id of the outcome that ends it"),
    Column("sent_at", BigInteger),
    Column("result", Text, comment="null while not ended: applied, failed, or why it was not sent"),
    Column("code", Text),
)
Index("replay_letter_by_outcome", replay_letter.c.outcome)
Index("replay_letter_by_letter", replay_letter.c.letter)
Index(
    "replay_letter_under_way",
    replay_letter.c.sent_at,
    postgresql_where=text("result IS NULL"),
    sqlite_where=text("result IS NULL"),
)
