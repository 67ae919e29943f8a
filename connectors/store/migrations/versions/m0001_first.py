"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table, and let audit rows be added only (R-104)."""
    op.create_table(
        "audit",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column(
            "actor", sa.Text(), nullable=True, comment="Huma user id, or who gave the command"
        ),
        sa.Column(
            "event", sa.Text(), nullable=True, comment="outcome id of the event that caused it"
        ),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=True, comment="which Xledger record: kind:dbId"),
        sa.Column("fields", sa.Text(), nullable=True, comment="names, never values"),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True, comment="sealed: why a human did it"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "audit_by_person",
        "audit",
        ["organization", "person", "id"],
        unique=False,
        postgresql_where=sa.text("person IS NOT NULL"),
        sqlite_where=sa.text("person IS NOT NULL"),
    )
    op.create_table(
        "confirmed",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False, comment="a Target"),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True, comment="sealed JSON; null: cleared"),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "why",
            sa.Text(),
            nullable=True,
            comment="JSON: which position it is of, and why (R-57); ids, no values",
        ),
        sa.PrimaryKeyConstraint("connection", "person", "target"),
    )
    op.create_table(
        "connection",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("xledger_url", sa.Text(), nullable=False),
        sa.Column(
            "entity",
            sa.Text(),
            nullable=False,
            comment="dbId of the entity the token reaches (R-09)",
        ),
        sa.Column("token", sa.LargeBinary(), nullable=False, comment="sealed (R-08)"),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False, comment="keyed (R-09)"),
        sa.Column("huma_url", sa.Text(), nullable=False),
        sa.Column("add_new_users", sa.Boolean(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("synthetic_numbers", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.LargeBinary(), nullable=True, comment="sealed address"),
        sa.Column(
            "activated_at", sa.BigInteger(), nullable=True, comment="R-07; null while inactive"
        ),
        sa.Column(
            "preview_at",
            sa.BigInteger(),
            nullable=True,
            comment="R-07; set while a preview or its run is open",
        ),
        sa.Column(
            "listed_at",
            sa.BigInteger(),
            nullable=True,
            comment="when the last complete listing began",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "guard_people",
            sa.Integer(),
            nullable=True,
            comment="R-93, with the next three; null: the setting's",
        ),
        sa.Column("guard_percent", sa.Integer(), nullable=True),
        sa.Column("guard_sensitive_people", sa.Integer(), nullable=True),
        sa.Column("guard_sensitive_percent", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_digest"),
    )
    op.create_index(
        op.f("ix_connection_organization"), "connection", ["organization"], unique=False
    )
    op.create_table(
        "dirty",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False, comment="a HumaField, or a position field"),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column(
            "open", sa.Boolean(), nullable=False, comment="false: clean; the row stays for its turn"
        ),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="version of the value when it dirtied",
        ),
        sa.Column(
            "origin", sa.Integer(), nullable=False, comment="0 a Huma event, 1 a request of ours"
        ),
        sa.Column(
            "due", sa.BigInteger(), server_default="0", nullable=False, comment="not taken before"
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_failed_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "unsure",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="may have been written: send also when equal to confirmed",
        ),
        sa.PrimaryKeyConstraint("connection", "person", "field"),
    )
    op.create_index(
        "dirty_work",
        "dirty",
        ["connection", "origin", "turn"],
        unique=False,
        postgresql_where=sa.text("open"),
        sqlite_where=sa.text("open"),
    )
    op.create_table(
        "field",
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False, comment="a HumaField"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "replaced",
            sa.BigInteger(),
            nullable=True,
            comment="the version it replaced: returned by the upsert",
        ),
        sa.Column(
            "event",
            sa.LargeBinary(),
            nullable=True,
            comment="digest of source and id of the event that wrote it",
        ),
        sa.Column("value", sa.LargeBinary(), nullable=True, comment="sealed JSON; null is null"),
        sa.PrimaryKeyConstraint("organization", "person", "field"),
    )
    op.create_table(
        "generation",
        sa.Column("id", sa.Integer(), nullable=False, comment="always 1"),
        sa.Column(
            "value",
            sa.BigInteger(),
            nullable=False,
            comment="rises with each change of connections",
        ),
        sa.Column(
            "keys",
            sa.Text(),
            nullable=True,
            comment="random; another one with each key that is destroyed (R-108)",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "intent",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column(
            "step", sa.Text(), nullable=False, comment="contact, subledger or employee (R-82)"
        ),
        sa.Column(
            "keys", sa.LargeBinary(), nullable=False, comment="sealed JSON: codes and email as sent"
        ),
        sa.Column(
            "found",
            sa.Text(),
            nullable=False,
            comment="JSON list of dbIds found before, for the keys",
        ),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "person"),
    )
    op.create_table(
        "lane",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "state", sa.Text(), server_default="running", nullable=False, comment="a LaneState"
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it is not running"),
        sa.Column("since", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "until", sa.BigInteger(), server_default="0", nullable=False, comment="next probe"
        ),
        sa.Column(
            "requested_at", sa.BigInteger(), server_default="0", nullable=False, comment="newest"
        ),
        sa.Column(
            "batch_size",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="0: the setting's",
        ),
        sa.Column(
            "memory", sa.Text(), server_default="{}", nullable=False, comment="JSON the lane keeps"
        ),
        sa.Column(
            "released_at",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="the guard counts from here, and not what was dirty by then (R-93)",
        ),
        sa.Column(
            "told",
            sa.Text(),
            nullable=True,
            comment="state as last noticed; null: running (R-94)",
        ),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "link",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="a LinkState"),
        sa.Column(
            "company",
            sa.Text(),
            nullable=True,
            comment="set while this link or its intent holds the person (R-09)",
        ),
        sa.Column("contact", sa.Text(), nullable=True, comment="dbId"),
        sa.Column("subledger", sa.Text(), nullable=True, comment="dbId"),
        sa.Column("employee", sa.Text(), nullable=True, comment="dbId"),
        sa.Column(
            "warned", sa.Text(), nullable=True, comment="JSON list of warnings given once (R-43)"
        ),
        sa.Column(
            "incomplete",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="R-111",
        ),
        sa.Column("linked_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "triggered",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="position data goes out from here on (R-52)",
        ),
        sa.Column(
            "next_flip_on",
            sa.Text(),
            nullable=True,
            comment="yyyy-mm-dd in the connection's zone (R-60)",
        ),
        sa.Column(
            "confirmed_digest",
            sa.LargeBinary(),
            nullable=True,
            comment="keyed, of what was confirmed; R-77, R-78",
        ),
        sa.Column(
            "confirmed_targets",
            sa.Text(),
            nullable=True,
            comment="JSON list of the Targets in that digest",
        ),
        sa.Column(
            "flight_epoch",
            sa.BigInteger(),
            nullable=True,
            comment="epoch of the lane that has the person in flight",
        ),
        sa.Column("flight_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "person"),
        sa.UniqueConstraint("company", "employee", name="link_one_per_company_and_employee"),
        sa.UniqueConstraint("company", "person", name="link_one_per_company_and_person"),
    )
    op.create_index("link_by_person", "link", ["organization", "person"], unique=False)
    op.create_index(
        "link_in_flight",
        "link",
        ["connection"],
        unique=False,
        postgresql_where=sa.text("flight_epoch IS NOT NULL"),
        sqlite_where=sa.text("flight_epoch IS NOT NULL"),
    )
    op.create_index(
        "link_flips",
        "link",
        ["next_flip_on"],
        unique=False,
        postgresql_where=sa.text("next_flip_on IS NOT NULL"),
        sqlite_where=sa.text("next_flip_on IS NOT NULL"),
    )
    op.create_table(
        "listed",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("employee", sa.Text(), nullable=False, comment="dbId"),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("subledger", sa.Text(), nullable=True),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("email_digest", sa.LargeBinary(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "employee"),
        comment="the last complete listing of Xledger's employees (R-18, R-36, R-12)",
    )
    op.create_index("listed_by_code", "listed", ["connection", "code_digest"], unique=False)
    op.create_index("listed_by_email", "listed", ["connection", "email_digest"], unique=False)
    op.create_table(
        "organization",
        sa.Column(
            "id", sa.Text(), nullable=False, comment="Huma's id; empty for data of no organisation"
        ),
        sa.Column(
            "data_key", sa.LargeBinary(), nullable=False, comment="wrapped by the master key"
        ),
        sa.Column("master_key", sa.Text(), nullable=False, comment="which master key wrapped it"),
        sa.Column(
            "huma_client",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed JSON of client_id and client_secret",
        ),
        sa.Column("huma_url", sa.Text(), nullable=True),
        sa.Column(
            "huma_state", sa.Text(), server_default="ok", nullable=False, comment="ok or the reason"
        ),
        sa.Column(
            "huma_since",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="so since; 0: ever",
        ),
        sa.Column("huma_probe_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("told", sa.Text(), nullable=True, comment="huma_state as last noticed; null: ok"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("topic", sa.Text(), nullable=False, comment="empty: mail"),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column(
            "headers",
            sa.Text(),
            server_default="[]",
            nullable=False,
            comment="JSON of name, base64",
        ),
        sa.Column(
            "sealed_for",
            sa.Text(),
            nullable=True,
            comment="organisation whose key seals the value; null: in clear",
        ),
        sa.Column(
            "whose",
            sa.Text(),
            nullable=True,
            comment="organization:user of a sealed value, where known (R-108)",
        ),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "outbox_mail",
        "outbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("topic = ''"),
        sqlite_where=sa.text("topic = ''"),
    )
    op.create_table(
        "partition",
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer_group", "topic", "partition"),
    )
    op.create_table(
        "pending",
        sa.Column(
            "outcome", sa.Text(), nullable=False, comment="hash of connection, source, id, round"
        ),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False, comment="digest of source and id"),
        sa.Column(
            "meta",
            sa.Text(),
            nullable=False,
            comment="JSON: source, id, type, revision, time, actor …",
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "record",
            sa.LargeBinary(),
            nullable=False,
            comment="sealed: key, value, headers as read",
        ),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded_at", sa.BigInteger(), nullable=True, comment="timestamp of the Kafka record"
        ),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("outcome"),
    )
    op.create_index("pending_by_age", "pending", ["received_at"], unique=False)
    op.create_index("pending_by_person", "pending", ["connection", "person"], unique=False)
    op.create_table(
        "pending_field",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True, comment="null while open"),
        sa.Column("code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "person", "field", "outcome"),
    )
    op.create_index("pending_field_by_outcome", "pending_field", ["outcome"], unique=False)
    op.create_table(
        "person",
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True, comment="null: not known yet"),
        sa.Column("type_version", sa.BigInteger(), server_default="-1", nullable=False),
        sa.Column(
            "active", sa.Boolean(), nullable=True, comment="null: not known yet, taken as active"
        ),
        sa.Column(
            "active_version", sa.BigInteger(), server_default="-1", nullable=False, comment="R-71"
        ),
        sa.Column(
            "groups",
            sa.Text(),
            nullable=True,
            comment="JSON list of group ids; null: not known yet",
        ),
        sa.Column("groups_version", sa.BigInteger(), server_default="-1", nullable=False),
        sa.Column(
            "revision", sa.BigInteger(), server_default="-1", nullable=False, comment="highest seen"
        ),
        sa.Column(
            "complete",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="R-97",
        ),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True, comment="R-78; final"),
        sa.Column(
            "email_digest",
            sa.LargeBinary(),
            nullable=True,
            comment="keyed, of the normal form; tombstones keep it",
        ),
        sa.PrimaryKeyConstraint("organization", "person"),
    )
    op.create_index("person_email", "person", ["organization", "email_digest"], unique=False)
    op.create_index(
        "person_deleted",
        "person",
        ["deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_table(
        "position",
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("replaced", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.LargeBinary(), nullable=True),
        sa.Column(
            "value",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed JSON of the whole position; null is deleted",
        ),
        sa.PrimaryKeyConstraint("organization", "person", "position"),
    )
    op.create_table(
        "quota",
        sa.Column("name", sa.Text(), nullable=False, comment="what is counted (R-95)"),
        sa.Column("hour", sa.BigInteger(), nullable=False, comment="hours since 1970"),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "hour"),
    )
    op.create_table(
        "refusal",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False, comment="the newest that was refused"),
        sa.Column(
            "text",
            sa.LargeBinary(),
            nullable=False,
            comment="sealed: Xledger's own words (R-103)",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "person", "field"),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="link-matching"),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="planned, running, finished or failed (R-27)",
        ),
        sa.Column("actor", sa.Text(), nullable=False, comment="who asked for it"),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "progress", sa.Text(), server_default="{}", nullable=False, comment="JSON of counts"
        ),
        sa.Column("failure", sa.Text(), nullable=True, comment="a sentence without values"),
        sa.PrimaryKeyConstraint("id"),
        comment="jobs of a manual sync, executed by the delivery role",
    )
    op.create_index(op.f("ix_run_connection"), "run", ["connection"], unique=False)
    _create_the_desk()
    _let_audit_rows_be_added_only()


def _create_the_desk() -> None:
    op.create_table(
        "failure",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column(
            "field", sa.Text(), nullable=False, comment="by name; empty: the person as a whole"
        ),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column(
            "failed_turn",
            sa.BigInteger(),
            server_default="-1",
            nullable=False,
            comment="the greatest",
        ),
        sa.Column(
            "closed_turn",
            sa.BigInteger(),
            server_default="-1",
            nullable=False,
            comment="the greatest",
        ),
        sa.Column(
            "closed_as",
            sa.Text(),
            nullable=True,
            comment="how the first turn after the failed one ended: applied, unchanged, or a Code",
        ),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("letter", sa.Text(), nullable=True, comment="of the failed turn"),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column(
            "outcome", sa.Text(), nullable=True, comment="of the failed turn: the correlation id"
        ),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_failed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_failed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("connection", "person", "field"),
        comment="the error log: open while failed_turn > closed_turn (R-89)",
    )
    op.create_index("failure_by_letter", "failure", ["letter"], unique=False)
    op.create_table(
        "guarded",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column(
            "taken_at", sa.BigInteger(), nullable=False, comment="last sent because of a Huma event"
        ),
        sa.Column(
            "sensitive_at",
            sa.BigInteger(),
            nullable=True,
            comment="the same of bank account and the like (R-93)",
        ),
        sa.PrimaryKeyConstraint("connection", "person"),
        comment="whom the guard has counted; rows older than its hour go",
    )
    op.create_index("guarded_by_age", "guarded", ["taken_at"], unique=False)
    op.create_table(
        "heartbeat",
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column(
            "beat_at",
            sa.BigInteger(),
            nullable=False,
            comment="the newest that came through (R-109)",
        ),
        sa.PrimaryKeyConstraint("partition"),
    )
    op.create_table(
        "letter",
        sa.Column(
            "id", sa.Text(), nullable=False, comment="outcome id of round 0: source, id, connection"
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "event", sa.Text(), nullable=False, comment="id of the event; with source its identity"
        ),
        sa.Column(
            "connection",
            sa.Text(),
            nullable=True,
            comment="null: it failed before any connection was known",
        ),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False, comment="a LetterClass"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False, comment="JSON list of names"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_failed_at", sa.BigInteger(), nullable=False),
        sa.Column("last_failed_at", sa.BigInteger(), nullable=False),
        sa.Column("source_topic", sa.Text(), nullable=False),
        sa.Column("source_partition", sa.Integer(), nullable=False),
        sa.Column("source_offset", sa.BigInteger(), nullable=False),
        sa.Column("source_timestamp", sa.BigInteger(), nullable=True),
        sa.Column(
            "partition", sa.Integer(), nullable=False, comment="of the newest letter itself (R-90)"
        ),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column(
            "written_at", sa.BigInteger(), nullable=False, comment="Kafka's timestamp of the letter"
        ),
        sa.Column("program", sa.Text(), nullable=True),
        sa.Column("failed_round", sa.Integer(), nullable=False, comment="the greatest that failed"),
        sa.Column(
            "ended_round", sa.Integer(), server_default="-1", nullable=False, comment="… ended well"
        ),
        sa.Column(
            "ended_as", sa.Text(), nullable=True, comment="how: a Result, or the Code of a skip"
        ),
        sa.Column(
            "replay_count", sa.Integer(), server_default="0", nullable=False, comment="rounds sent"
        ),
        sa.Column("run", sa.Text(), nullable=True, comment="the replay that sent it last"),
        sa.Column("state", sa.Text(), nullable=False, comment="a LetterState"),
        sa.Column(
            "closed_as",
            sa.Text(),
            nullable=True,
            comment="why it is resolved: applied, superseded, or a Code",
        ),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="dead letters, one row for each event and connection (R-90)",
    )
    op.create_index("letter_by_age", "letter", ["state", "first_failed_at"], unique=False)
    op.create_index("letter_by_code", "letter", ["code", "first_failed_at"], unique=False)
    op.create_index("letter_by_person", "letter", ["organization", "person"], unique=False)
    op.create_index("letter_by_state", "letter", ["state", "connection", "code"], unique=False)
    op.create_table(
        "replay",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False, comment="sealed: why"),
        sa.Column(
            "selection", sa.Text(), nullable=False, comment="JSON: ids, codes and names, no values"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="a ReplayState"),
        sa.Column(
            "canary", sa.Integer(), nullable=False, comment="letters that must end well first"
        ),
        sa.Column(
            "share", sa.Integer(), nullable=False, comment="percent of the connection's allowance"
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="percent at which it stops"),
        sa.Column(
            "why", sa.Text(), nullable=True, comment="why it stopped: a sentence without values"
        ),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="runs of `dead-letters replay` (R-91)",
    )
    op.create_table(
        "replay_letter",
        sa.Column("replay", sa.Text(), nullable=False),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="the order in which they are sent"
        ),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("connection", sa.Text(), nullable=True),
        sa.Column("forecast", sa.Text(), nullable=False, comment="a Forecast, when it was planned"),
        sa.Column(
            "round",
            sa.Integer(),
            nullable=True,
            comment="which replay of the letter this is; null: not sent",
        ),
        sa.Column("outcome", sa.Text(), nullable=True, comment="id of the outcome that ends it"),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "result",
            sa.Text(),
            nullable=True,
            comment="null while not ended: applied, failed, or why it was not sent",
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("replay", "number"),
    )
    op.create_index("replay_letter_by_letter", "replay_letter", ["letter"], unique=False)
    op.create_index("replay_letter_by_outcome", "replay_letter", ["outcome"], unique=False)
    op.create_index(
        "replay_letter_under_way",
        "replay_letter",
        ["sent_at"],
        unique=False,
        postgresql_where=sa.text("result IS NULL"),
        sqlite_where=sa.text("result IS NULL"),
    )
    op.create_table(
        "timeline",
        sa.Column("outcome", sa.Text(), nullable=False, comment="of repeats the first counts"),
        sa.Column("connection", sa.Text(), nullable=True),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "warnings", sa.Text(), server_default="[]", nullable=False, comment="JSON list of codes"
        ),
        sa.Column(
            "fields", sa.Text(), server_default="{}", nullable=False, comment="JSON: ends by name"
        ),
        sa.Column(
            "letter",
            sa.Text(),
            nullable=True,
            comment="of a replay or resend: finds its letter (`Told.key`)",
        ),
        sa.PrimaryKeyConstraint("outcome"),
        comment="what became of a person's events: the outcomes topic, by person",
    )
    op.create_index("timeline_by_age", "timeline", ["at"], unique=False)
    op.create_index(
        "timeline_by_letter",
        "timeline",
        ["letter"],
        unique=False,
        postgresql_where=sa.text("letter IS NOT NULL"),
        sqlite_where=sa.text("letter IS NOT NULL"),
    )
    op.create_index(
        "timeline_by_person", "timeline", ["organization", "person", "at"], unique=False
    )


def _let_audit_rows_be_added_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit BEGIN "
                "SELECT RAISE(ABORT, 'audit rows are added only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_added_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit rows are added only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_added_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_added_only()"
    )
