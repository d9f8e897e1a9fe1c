"""What is aimed at: a realistic figure and a wanted one. They are printed beside the measurement, never asserted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A pair of limits; `at_least` tells on which side of them is better."""

    realistic: float
    wanted: float
    at_least: bool

    def verdict(self, value: float) -> str:
        """Return which of the two a value reaches."""
        if self._reached(value, self.wanted):
            return "wanted"
        return "realistic" if self._reached(value, self.realistic) else "missed"

    def _reached(self, value: float, limit: float) -> bool:
        return value >= limit if self.at_least else value <= limit

    @property
    def texts(self) -> tuple[str, str]:
        """Both limits as text."""
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.realistic:g}", f"{sign} {self.wanted:g}"


TARGETS = {
    "acks a second / bare Tornado": Target(0.85, 1.0, at_least=True),
    "CPU per answer / bare Tornado": Target(1.15, 0.95, at_least=False),
    "p99 / bare Tornado": Target(2.0, 1.3, at_least=False),
    "acks a second, 2 processes / bare Tornado, 1": Target(1.5, 1.7, at_least=True),
    "acks a second, 5 ms a commit / bare Tornado": Target(0.55, 0.75, at_least=True),
    "acks a second, half duplicates / all new": Target(0.9, 1.0, at_least=True),
    "acks a second / Express": Target(0.85, 1.2, at_least=True),
    "CPU per answer / Express": Target(0.9, 0.6, at_least=False),
    "acks a second / Django, 2 workers": Target(0.8, 1.2, at_least=True),
    "CPU per answer / Django, 2 workers": Target(0.7, 0.45, at_least=False),
    "deliveries a second / bare requests loop": Target(0.85, 1.2, at_least=True),
    "ack p99, draining / delivery idle": Target(2.0, 1.2, at_least=False),
    "delivery p99 beside one that hangs and one that fails / beside good ones": Target(1.5, 1.1, at_least=False),
    "acks a second, a million stored / none": Target(0.9, 1.0, at_least=True),
    "claim and finish, backlog 10^6 / 10^4": Target(1.2, 1.05, at_least=False),
    "--help / python -c pass": Target(2.5, 1.4, at_least=False),
    "bytes on disk per event": Target(1300, 700, at_least=False),
    "PSS of an intake process / bare Tornado": Target(2.2, 1.4, at_least=False),
}
"""By the name of the measurement."""

VALIDATION_ALONE = Target(20, 20, at_least=False)
VALIDATION_FAST = Target(3, 1, at_least=False)
