"""The tables. Times are whole microseconds since 1970 (UTC); amounts are text with two decimals; ids are stated."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

SCHEMA_VERSION = 4
"""Goes up with every change of the tables. From the first release on each number is a step in `migrations/versions`."""

COMPATIBLE_FROM = SCHEMA_VERSION
"""The oldest release, by its SCHEMA_VERSION, that works on these tables too."""

METADATA = MetaData()

# SQLite's own row id is a 64-bit INTEGER PRIMARY KEY; BIGINT would make it a second, slower index.
RowId = BigInteger().with_variant(Integer, "sqlite")


def _micros(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


META = Table(
    "meta",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Facts about the store itself: the version of its tables, and which older releases can work on them."""

CALLBACKS = Table(
    "callbacks",
    METADATA,
    Column("id", RowId, primary_key=True, autoincrement=False),
    Column("tenant", String(64), nullable=False),
    Column("shortcode", String(16), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("identity", String(128), nullable=False),
    Column("facts_digest", String(32), nullable=False),
    # Null: a status or reversal result whose payment has not come yet.
    Column("payment_id", String(36)),
    # accepted | attached | conflict
    Column("disposition", String(16), nullable=False),
    Column("note", Text),
    Column("body", LargeBinary),
    Column("body_digest", String(64), nullable=False),
    Column("content_type", String(256), nullable=False),
    Column("headers", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("source", String(64), nullable=False),
    _micros("received_at"),
    # How often it came, the first time included.
    Column("seen", Integer, nullable=False, server_default=text("1")),
    _micros("last_seen_at"),
    # Rule of identity: the same facts of the same identity are one row, for ever.
    UniqueConstraint("tenant", "kind", "identity", "facts_digest", name="callbacks_identity"),
    Index("callbacks_payment", "payment_id"),
)
"""Authenticated callbacks that became part of a payment, as they came."""

CALLBACK_COPIES = Table(
    "callback_copies",
    METADATA,
    Column("callback_id", RowId, ForeignKey("callbacks.id"), primary_key=True),
    Column("body_digest", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    _micros("received_at"),
    sqlite_with_rowid=False,
)
"""Bytes of duplicates that differ from the stored ones though they tell the same facts."""

PAYMENTS = Table(
    "payments",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("shortcode", String(16), nullable=False),
    Column("provider", String(32), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("amount", String(32)),
    # The event that stands for the payment now.
    Column("event_id", String(36), nullable=False),
    _micros("created_at"),
    _micros("updated_at"),
    sqlite_with_rowid=False,
)
"""What a receipt, checkout id or conversation id names."""

PAYMENT_KEYS = Table(
    "payment_keys",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("provider", String(32), primary_key=True),
    Column("direction", String(8), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", String(128), primary_key=True),
    Column("payment_id", String(36), ForeignKey("payments.id"), nullable=False),
    Index("payment_keys_payment", "payment_id"),
    sqlite_with_rowid=False,
)
"""Ids by which callbacks find their payment; each names one payment of one tenant."""

EVENTS = Table(
    "events",
    METADATA,
    # The order in which events were made; a cursor for readers.
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False),
    Column("shortcode", String(16), nullable=False),
    Column("type", String(64), nullable=False),
    # Null: it speaks of a payment that has not come yet.
    Column("payment_id", String(36), ForeignKey("payments.id")),
    # The callback whose bytes `raw` sends.
    Column("callback_id", RowId, ForeignKey("callbacks.id"), nullable=False),
    Column("body", Text, nullable=False),
    _micros("created_at"),
    # Until then, and unless delivery has sealed it before, a twin may still complete the event.
    _micros("sealed_at"),
    Column("sealed", Boolean, nullable=False, server_default=false()),
    Index("events_payment", "payment_id"),
    sqlite_autoincrement=True,
)
"""Normalised facts, as destinations get them."""

RESULT_IDS = Table(
    "result_ids",
    METADATA,
    # The value first: people search by it alone.
    Column("value", String(128), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("tenant", String(64), primary_key=True),
    Column("provider", String(32), primary_key=True),
    # True: it names the payment that the result is about; false: the result itself.
    Column("of_subject", Boolean, primary_key=True),
    Column("callback_id", RowId, ForeignKey("callbacks.id"), primary_key=True, autoincrement=False),
    # The event that came of the result; null where none did.
    Column("event_id", String(36), ForeignKey("events.id")),
    Index("result_ids_callback", "callback_id"),
    sqlite_with_rowid=False,
)
"""Ids that status and reversal results name. They are no payments, so that these are no payment keys."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("destination", String(64), nullable=False),
    # pending | delivered | dead
    Column("state", String(16), nullable=False),
    # Why a pending one waits; null where it is simply due.
    Column("waiting_for", String(16)),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _micros("due_at"),
    Column("reason", String(64)),
    Column("detail", Text),
    # A step that was begun and whose end nobody knows.
    Column("open_step", String(64)),
    # JSON: what earlier steps saved.
    Column("saved", Text),
    # Of a pending one whose destination has an order: a digest of whom it belongs to; empty: nobody.
    Column("order_key", String(32)),
    _micros("updated_at"),
    UniqueConstraint("event_id", "destination", name="deliveries_once"),
    # Only pending rows: what is delivered must not make looking for work slower.
    Index(
        "deliveries_due",
        "tenant",
        "destination",
        "due_at",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    # Only where there is an order: others pay nothing for it.
    Index(
        "deliveries_order",
        "tenant",
        "destination",
        "order_key",
        sqlite_where=text("state = 'pending' AND order_key IS NOT NULL"),
        postgresql_where=text("state = 'pending' AND order_key IS NOT NULL"),
    ),
    # Delivery may still hold a row that a twin has taken away: its id must not come to mean another destination.
    sqlite_autoincrement=True,
)
"""One row for each event and destination."""

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("delivery_id", RowId, ForeignKey("deliveries.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _micros("started_at"),
    Column("duration_ms", Integer, nullable=False),
    # delivered | duplicate | retry | rejected | unknown
    Column("result", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("status", Integer),
    Column("answer", Text),
    # JSON: what became of each step, where a destination has steps.
    Column("steps", Text),
)
"""Every try of a delivery and what the destination said."""

QUARANTINE = Table(
    "quarantine",
    METADATA,
    Column("id", RowId, primary_key=True, autoincrement=False),
    Column("tenant", String(64), nullable=False),
    Column("shortcode", String(16), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("path", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("body_digest", String(64), nullable=False),
    Column("content_type", String(256), nullable=False),
    Column("headers", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("source", String(64), nullable=False),
    _micros("received_at"),
    Column("seen", Integer, nullable=False, server_default=text("1")),
    _micros("last_seen_at"),
    # What counts against the hook's quota: bytes of body, headers and context.
    Column("size", Integer, nullable=False),
    Column("resolved", Boolean, nullable=False, server_default=false()),
    # The same bytes on the same hook are one counted row.
    UniqueConstraint("tenant", "shortcode", "kind", "body_digest", name="quarantine_bytes"),
    # To add up what is open of a hook, and to list it. SQLite reads the index alone only if it holds `resolved` too.
    Index(
        "quarantine_open",
        "tenant",
        "shortcode",
        "kind",
        "size",
        "resolved",
        sqlite_where=text("resolved = 0"),
        postgresql_where=text("NOT resolved"),
    ),
)
"""Authenticated callbacks that could not become an event."""

QUESTIONS = Table(
    "questions",
    METADATA,
    Column("id", RowId, primary_key=True, autoincrement=False),
    Column("tenant", String(64), nullable=False),
    Column("shortcode", String(16), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("identity", String(128), nullable=False),
    # accept, or the code of the refusal
    Column("decision", String(16), nullable=False),
    # Why, in the words of the configuration.
    Column("because", String(256), nullable=False),
    # What was asked about.
    Column("account_reference", Text),
    Column("amount", String(32)),
    Column("body", LargeBinary, nullable=False),
    Column("source", String(64), nullable=False),
    _micros("received_at"),
    Index("questions_identity", "tenant", "identity"),
)
"""C2B validations and how each was decided. They are no payments."""
