"""What adapters are tested with, shipped so that plug-ins can use it too.

A plug-in subclasses `AdapterContract` (or `RemoteContract`, where its destination answers over a network, or
`BatchContract`, where it takes several events at once) and gives the class a pytest fixture `place` that returns its
`Place`. `Receiver` is a real HTTP server for any test and needs no pytest.
"""

import sys

if "pytest" in sys.modules:
    # Before the contract is imported: its failures then show what was compared.
    sys.modules["pytest"].register_assert_rewrite("adapters.testing.contract")

from adapters.testing.contract import AdapterContract, BatchContract, RemoteContract
from adapters.testing.place import Place, RemotePlace
from adapters.testing.progress import MemoryProgress
from adapters.testing.receiver import Answer, Received, Receiver
from adapters.testing.sample import sample_event
from adapters.testing.vault import MemoryVault

__all__ = [
    "AdapterContract",
    "Answer",
    "BatchContract",
    "MemoryProgress",
    "MemoryVault",
    "Place",
    "Received",
    "Receiver",
    "RemoteContract",
    "RemotePlace",
    "sample_event",
]
