"""What is kept of a refresh token that rotates, as one JSON text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from gateway.domain.settings import Secret


@dataclass(frozen=True, slots=True)
class KeptToken:
    """The refresh token that is good now, the last access token, and how far a renewal has come."""

    refresh: Secret
    access: Secret | None = None
    until: datetime | None = None
    # Since when somebody is asking for the next.
    claimed: datetime | None = None
    # When a renewal began of which nobody knows whether it made this token void.
    unsure: datetime | None = None
    # Tells two claims of the same moment apart.
    mark: str = ""

    @classmethod
    def of(cls, text: str) -> "KeptToken":
        """Read what `text` wrote."""
        kept = json.loads(text)
        access = kept["access"]
        return cls(
            Secret(kept["refresh"]),
            None if access is None else Secret(access),
            _moment(kept["until"]),
            _moment(kept["claimed"]),
            _moment(kept["unsure"]),
            kept["mark"],
        )

    @property
    def text(self) -> str:
        """The text that is kept: it holds the tokens themselves."""
        return json.dumps(
            {
                "refresh": self.refresh.reveal(),
                "access": None if self.access is None else self.access.reveal(),
                "until": _written(self.until),
                "claimed": _written(self.claimed),
                "unsure": _written(self.unsure),
                "mark": self.mark,
            }
        )

    def claim(self, now: datetime) -> "KeptToken":
        """Return this with the claim of one who is about to ask for the next."""
        return replace(self, claimed=now, unsure=self.unsure or now, mark=token_hex(8))

    def following(self, token: Mapping[str, Any], until: datetime | None) -> "KeptToken":
        """Return what is kept from now on: an endpoint that sends no refresh token lets the old one stand."""
        refresh = token.get("refresh_token")
        is_new = isinstance(refresh, str) and refresh
        return KeptToken(Secret(str(refresh)) if is_new else self.refresh, Secret(token["access_token"]), until)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
