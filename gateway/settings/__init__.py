"""The configuration: YAML files -> problems with file, line and column, or frozen Settings.

`load` is the whole of it; `fault_of_key` and `SAFARICOM` are for the commands that make keys and explain addresses.
"""

from gateway.settings.adapters import Known
from gateway.settings.keys import fault_of_key
from gateway.settings.loading import Loaded, load
from gateway.settings.safaricom import SAFARICOM

__all__ = ["SAFARICOM", "Known", "Loaded", "fault_of_key", "load"]
