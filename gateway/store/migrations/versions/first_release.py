"""The tables of the first release.

Until that release they follow METADATA and its number; with it they are written out here and do not change any more.
"""

from alembic import op

import gateway.store.export_tables
import gateway.store.leases  # noqa: F401 (their tables are among METADATA's)
from gateway.store.columns import METADATA
from gateway.store.tables import COMPATIBLE_FROM, SCHEMA_VERSION

revision = f"{SCHEMA_VERSION:04}"
down_revision = None
compatible_from = COMPATIBLE_FROM
destroys = None


def upgrade() -> None:
    """Create all tables."""
    METADATA.create_all(op.get_bind())
