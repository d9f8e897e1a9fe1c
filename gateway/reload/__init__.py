"""Another configuration for a gateway that runs: what differs, what cannot change, and how it is told. Pure but for
`process`, which asks the system for a running parent."""

from gateway.reload.changes import Change, Values, changes, refusals
from gateway.reload.process import is_running, started_at

__all__ = ["Change", "Values", "changes", "is_running", "refusals", "started_at"]
