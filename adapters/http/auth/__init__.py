"""How a destination is told who we are: a table of kinds, one file each."""

from adapters.http.auth.kinds import auth_of
from adapters.http.auth.protocol import Auth, Desk, Reply, Unauthorised

__all__ = ["Auth", "Desk", "Reply", "Unauthorised", "auth_of"]
