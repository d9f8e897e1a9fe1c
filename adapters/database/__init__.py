"""The `database` adapter: writes each event into a table that exists already, exactly once."""

from adapters.database.adapter import DatabaseAdapter

__all__ = ["DatabaseAdapter"]
