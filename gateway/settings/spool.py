"""`store.spool`: the folder that keeps callbacks while the store takes none."""

from pathlib import Path

from gateway.settings.paths import absolute
from gateway.settings.report import Section

DEFAULT = "pesagate-spool"


def spool_of(section: Section, store_url: str, main: str) -> Path | None:
    """Return the folder of the section `store`, None where there is none. `main` is the main configuration file.

    A store on a server has one unless it says `off`: a server may be away while this machine is well. A store in a file
    fails with the disk that its spool would lie on.
    """
    told = section.get("spool")
    if told in ("off", False):
        return None
    if told is not None:
        return absolute(told, section.report.document.place(section.at("spool")).file)
    return None if store_url.startswith("sqlite") else absolute(DEFAULT, main)
