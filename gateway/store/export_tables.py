"""The export ledger's tables: files, and the lines that wait for one."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from gateway.store.columns import METADATA, RowId

EXPORT_FILES = Table(
    "export_files",
    METADATA,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("destination", String(64), nullable=False),
    Column("shortcode", String(16), nullable=False),
    # The payments' day in Nairobi, as 20260302.
    Column("day", String(8), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("extension", String(16), nullable=False),
    Column("folder", Text, nullable=False),
    # SHA-256 of the whole path: two destinations of one folder must not give two files one name.
    Column("path_digest", String(64), nullable=False, unique=True),
    # What renders it, now and ever after: an adapter and its settings as JSON.
    Column("adapter", String(64), nullable=False),
    Column("settings", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    # Null until its bytes are in the folder.
    Column("written_at", BigInteger),
    Column("body_digest", String(64)),
    Index(
        "export_files_unwritten",
        "tenant",
        "destination",
        sqlite_where=text("written_at IS NULL"),
        postgresql_where=text("written_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)
"""Files whose lines are settled. Their bytes follow from the lines' events and the settings."""

EXPORT_LINES = Table(
    "export_lines",
    METADATA,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("destination", String(64), nullable=False),
    Column("event_seq", RowId, ForeignKey("events.seq"), nullable=False),
    Column("shortcode", String(16), nullable=False),
    Column("day", String(8), nullable=False),
    Column("booked_at", BigInteger, nullable=False),
    # Null until a file of it is closed.
    Column("file_id", RowId, ForeignKey("export_files.id")),
    # Whatever is delivered again, replayed or asked for twice: a destination has one line of an event.
    UniqueConstraint("tenant", "destination", "event_seq", name="export_lines_once"),
    Index("export_lines_file", "file_id"),
    Index(
        "export_lines_open",
        "tenant",
        "destination",
        "booked_at",
        sqlite_where=text("file_id IS NULL"),
        postgresql_where=text("file_id IS NULL"),
    ),
    sqlite_autoincrement=True,
)
"""Lines of events, each in one file at most, written in the transaction that marks the delivery."""
