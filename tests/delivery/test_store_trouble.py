"""An attempt ends while the store takes no commits: what happened is written when it does, and not done again."""

import sqlite3
import time
from contextlib import closing

from gateway_process import Gateway
from simulated import stk

from adapters.testing import Answer, Receiver


def test_what_was_delivered_during_trouble_is_marked_after_it(pesagate: Gateway, erp: Receiver) -> None:
    erp.script(Answer(delay=1))
    pesagate.start()
    pesagate.post("stk", stk("ws_trouble"))
    erp.wait_for(1)
    with closing(sqlite3.connect(pesagate.folder / "pesagate.db", isolation_level=None, timeout=20)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        deadline = time.monotonic() + 60
        while not any(line["event"] == "a batch could not be committed" for line in pesagate.log_lines()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        holder.execute("ROLLBACK")
    (row,) = pesagate.wait_for_state("delivered", seconds=40)
    assert row["attempts"] == 1
    time.sleep(1.5)
    assert len(erp.requests) == 1
