"""MySQL's TIMESTAMP, which reads the times that it is given in the session's zone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Numeric, func
from sqlalchemy.types import NullType, TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An instant that goes in by its number of seconds, so that no zone is asked."""

    impl = Numeric
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Return the seconds since 1970."""
        return None if value is None else Decimal((value - _EPOCH) // timedelta(microseconds=1)).scaleb(-6)

    def bind_expression(self, bindvalue: Any) -> ColumnElement[Any]:
        """Have the database make a time of the seconds."""
        return func.from_unixtime(bindvalue, type_=NullType())
