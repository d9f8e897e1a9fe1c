"""The write of intake: callbacks, payments, events and deliveries of a batch, in the commit that is acknowledged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.crash import point
from gateway.domain.errors import QuarantineFull
from gateway.domain.received import Arrival, Quarantined, Question, Received
from gateway.domain.settings import Quota
from gateway.domain.settled import Settled, Stored
from gateway.domain.times import Clock
from gateway.store.dialects import INSERT
from gateway.store.known import read_known
from gateway.store.set_aside import QuotaOf, write_quarantine, write_questions
from gateway.store.settled_rows import write_settled
from gateway.store.tables import META

Settle = Callable[[Stored, Sequence[Arrival]], list[Settled]]


@dataclass(frozen=True, slots=True)
class Probe:
    """Something to commit that means nothing: it shows that the store takes commits."""


class Inbox:
    """Writes what intake received. Called on the writer's thread with an open transaction."""

    def __init__(self, settle: Settle, clock: Clock, quota: QuotaOf = lambda *_: Quota()) -> None:
        self._settle = settle
        self._clock = clock
        self._quota = quota

    def __call__(
        self, connection: Connection, batch: Sequence[Received | Probe]
    ) -> list[Settled | QuarantineFull | None]:
        """Write a batch; return each arrival settled, in order, None for what is only kept, and what found no room."""
        arrivals = [item for item in batch if isinstance(item, Arrival)]
        settled = self._write_arrivals(connection, arrivals) if arrivals else []
        if len(arrivals) == len(batch):
            return list(settled)
        quarantined = [item for item in batch if isinstance(item, Quarantined)]
        full = write_quarantine(connection, quarantined, self._quota)
        write_questions(connection, [item for item in batch if isinstance(item, Question)])
        if any(isinstance(item, Probe) for item in batch):
            probe = INSERT[connection.dialect.name](META).values(key="probe", value="")
            connection.execute(probe.on_conflict_do_update(index_elements=["key"], set_={"value": ""}))
        said: dict[int, Settled | QuarantineFull] = {one.arrival.callback.id: one for one in settled}
        said.update(full)
        return [None if isinstance(item, Probe) else said.get(item.callback.id) for item in batch]

    def _write_arrivals(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[Settled]:
        stored = read_known(connection, arrivals, self._clock())
        settled = self._settle(stored, arrivals)
        point("before_insert")
        write_settled(connection, settled, stored)
        point("after_insert")
        return settled
