"""What adapters must remember beyond one delivery, such as a token that is given only once. All of it is secret."""

from sqlalchemy import BigInteger, Column, Connection, Engine, String, Table, Text, insert, select, update
from sqlalchemy.exc import DBAPIError

from gateway.domain.due import StateSwap
from gateway.domain.errors import StoreUnavailable
from gateway.domain.times import to_micros
from gateway.store.columns import METADATA
from gateway.store.queries import reading

ADAPTER_STATE = Table(
    "adapter_state",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Values of a tenant's adapters; who writes one says which it takes the place of."""


def read_state(engine: Engine, tenant: str, key: str) -> str | None:
    """Return a value as it is committed now. Raises StoreUnavailable."""
    mine = (ADAPTER_STATE.c.tenant == tenant) & (ADAPTER_STATE.c.key == key)
    try:
        with reading(engine) as connection:
            value: str | None = connection.scalar(select(ADAPTER_STATE.c.value).where(mine))
            return value
    except DBAPIError as error:
        raise StoreUnavailable(str(error.orig)) from None


def write_swap(connection: Connection, swap: StateSwap) -> bool:
    """Write a value in the place of the one that it is to follow; tell whether that one was still there."""
    values = {"value": swap.new, "updated_at": to_micros(swap.at)}
    mine = (ADAPTER_STATE.c.tenant == swap.tenant) & (ADAPTER_STATE.c.key == swap.key)
    if swap.old is not None:
        followed = mine & (ADAPTER_STATE.c.value == swap.old)
        return connection.execute(update(ADAPTER_STATE).where(followed).values(values)).rowcount == 1
    if connection.scalar(select(ADAPTER_STATE.c.key).where(mine)) is not None:
        return False
    connection.execute(insert(ADAPTER_STATE).values(tenant=swap.tenant, key=swap.key, **values))
    return True
