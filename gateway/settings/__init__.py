"""The configuration: YAML files -> problems with file, line and column, or frozen Settings.

`load` is the whole of it; the rest is for commands that show the configuration, make keys or explain addresses.
"""

from gateway.settings.adapters import Known
from gateway.settings.effective import Entry, effective
from gateway.settings.keys import fault_of_key
from gateway.settings.loading import Loaded, load
from gateway.settings.places import dotted, shown_key
from gateway.settings.safaricom import SAFARICOM
from gateway.settings.server import NGROK

__all__ = ["NGROK", "SAFARICOM", "Entry", "Known", "Loaded", "dotted", "effective", "fault_of_key", "load", "shown_key"]
