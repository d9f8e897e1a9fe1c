"""The tables. Times are whole microseconds since 1970 (UTC); amounts are text with two decimals.

Rows refer to each other by numbers that grow with time (`seq`), so that what a commit adds lies side by side in every
table and index. What the world knows a row by (`id`) is derived, therefore random, and stands in one index of its own.
Measured: docs/performance.md.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from gateway.store.columns import METADATA, Digest, PublicId, RowId, micros, public_index

SCHEMA_VERSION = 4
"""Goes up with every change of the tables. From the first release on each number is a step in `migrations/versions`."""

COMPATIBLE_FROM = SCHEMA_VERSION
"""The oldest release, by its SCHEMA_VERSION, that works on these tables too."""

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
    # 16 bytes over tenant, kind and the facts that must not change; the first is the outcome's letter.
    Column("facts_digest", LargeBinary(16), nullable=False),
    # Null: a status or reversal result whose payment has not come yet.
    Column("payment_seq", RowId),
    # accepted | attached | conflict
    Column("disposition", String(16), nullable=False),
    Column("note", Text),
    Column("body", LargeBinary),
    Column("body_digest", Digest, nullable=False),
    Column("content_type", String(256), nullable=False),
    # JSON: those that no other column tells; null where there is none.
    Column("headers", Text),
    # JSON; null where the URL had no parameters.
    Column("context", Text),
    Column("source", String(64), nullable=False),
    micros("received_at"),
    # How often it came, the first time included.
    Column("seen", Integer, nullable=False, server_default=text("1")),
    # Null while it has come once.
    micros("last_seen_at", nullable=True),
    # Rule of identity: the same facts of the same identity, tenant and kind are one row, for ever. The provider's id
    # stands first because it mostly grows with time.
    UniqueConstraint("identity", "facts_digest", name="callbacks_identity"),
    Index("callbacks_payment", "payment_seq"),
    # To list those that contradict what is known, which are few.
    Index(
        "callbacks_conflicts",
        "tenant",
        sqlite_where=text("disposition = 'conflict'"),
        postgresql_where=text("disposition = 'conflict'"),
    ),
)
"""Authenticated callbacks that became part of a payment, as they came."""

CALLBACK_COPIES = Table(
    "callback_copies",
    METADATA,
    Column("callback_id", RowId, ForeignKey("callbacks.id"), primary_key=True),
    Column("body_digest", Digest, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    micros("received_at"),
    sqlite_with_rowid=False,
)
"""Bytes of duplicates that differ from the stored ones though they tell the same facts."""

PAYMENTS = Table(
    "payments",
    METADATA,
    # That of its first event.
    Column("seq", RowId, primary_key=True, autoincrement=False),
    Column("id", PublicId, nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("shortcode", String(16), nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("amount", String(32)),
    # The event that stands for the payment now.
    Column("event_seq", RowId, nullable=False),
    # Set where it turned out to be another one, to which all that it has belongs.
    Column("joined_to", RowId, ForeignKey("payments.seq")),
    *public_index("payments"),
    Index(
        "payments_joined",
        "joined_to",
        sqlite_where=text("joined_to IS NOT NULL"),
        postgresql_where=text("joined_to IS NOT NULL"),
    ),
)
"""What a receipt, checkout id or conversation id names."""

PAYMENT_KEYS = Table(
    "payment_keys",
    METADATA,
    # First because it mostly grows with time, and because people search by it.
    Column("value", String(128), primary_key=True),
    Column("tenant", String(64), primary_key=True),
    Column("provider", String(32), primary_key=True),
    Column("direction", String(8), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("payment_seq", RowId, ForeignKey("payments.seq"), nullable=False),
    # False: the receipt of an event of the payment, or the identity of its callback, is this value.
    Column("apart", Boolean, nullable=False, server_default=false()),
    Index(
        "payment_keys_apart",
        "payment_seq",
        sqlite_where=text("apart = 1"),
        postgresql_where=text("apart"),
    ),
    sqlite_with_rowid=False,
)
"""Ids by which callbacks find their payment; each names one payment of one tenant."""

EVENTS = Table(
    "events",
    METADATA,
    # The order in which events were made; a cursor for readers.
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", PublicId, nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("shortcode", String(16), nullable=False),
    Column("type", String(64), nullable=False),
    # Null: it speaks of a payment that has not come yet.
    Column("payment_seq", RowId, ForeignKey("payments.seq")),
    # The callback whose bytes `raw` sends.
    Column("callback_id", RowId, ForeignKey("callbacks.id"), nullable=False),
    # What no other column tells: see eventrow.py.
    Column("body", Text, nullable=False),
    micros("received_at"),
    micros("created_at"),
    # Until then, and unless delivery has sealed it before, a twin may still complete the event; null: it was complete
    # from the start.
    micros("sealed_at", nullable=True),
    Column("sealed", Boolean, nullable=False, server_default=false()),
    # No event is made twice. Its id follows from the payment, so that its payment is where to look for another one.
    UniqueConstraint("payment_seq", "id", name="events_once"),
    # Nor one of a result whose payment has not come.
    Index(
        "events_loose",
        "id",
        unique=True,
        sqlite_where=text("payment_seq IS NULL"),
        postgresql_where=text("payment_seq IS NULL"),
    ),
    *public_index("events"),
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
    Column("event_seq", RowId, ForeignKey("events.seq")),
    Index("result_ids_callback", "callback_id"),
    sqlite_with_rowid=False,
)
"""Ids that status and reversal results name. They are no payments, so that these are no payment keys."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("event_seq", RowId, ForeignKey("events.seq"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("destination", String(64), nullable=False),
    # pending | delivered | dead
    Column("state", String(16), nullable=False),
    # Why a pending one waits; null where it is simply due.
    Column("waiting_for", String(16)),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    micros("due_at"),
    Column("reason", String(64)),
    Column("detail", Text),
    # A step that was begun and whose end nobody knows.
    Column("open_step", String(64)),
    # JSON: what earlier steps saved.
    Column("saved", Text),
    # Of a pending one whose destination has an order: a digest of whom it belongs to; empty: nobody.
    Column("order_key", String(32)),
    micros("updated_at"),
    UniqueConstraint("event_seq", "destination", name="deliveries_once"),
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
    # To count and list dead letters, which are few, among the many that were delivered.
    Index(
        "deliveries_dead",
        "tenant",
        "destination",
        sqlite_where=text("state = 'dead'"),
        postgresql_where=text("state = 'dead'"),
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
    micros("started_at"),
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
    Column("body_digest", Digest, nullable=False),
    Column("content_type", String(256), nullable=False),
    Column("headers", Text),
    Column("context", Text),
    Column("source", String(64), nullable=False),
    micros("received_at"),
    Column("seen", Integer, nullable=False, server_default=text("1")),
    # Null while they have come once.
    micros("last_seen_at", nullable=True),
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
    micros("received_at"),
    Index("questions_identity", "tenant", "identity"),
)
"""C2B validations and how each was decided. They are no payments."""
