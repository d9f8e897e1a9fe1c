"""An adapter in a package of its own: each event becomes a file in a folder, which another program empties."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from gateway.domain.adapter import Mistake, Preview, Progress
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.event import Event
from gateway.domain.settings import Destination
from gateway.expressions.templates import CannotRender, compile_template


class SpoolAdapter:
    """Writes `<name>.json`; a file that is there already is the same payment."""

    SETTINGS_SCHEMA: ClassVar[Mapping[str, Any]] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "spool",
        "description": "Puts each event into a folder as a file of its own.",
        "type": "object",
        "required": ["folder"],
        "additionalProperties": False,
        "properties": {
            "folder": {"description": "Where the files go. It has to be there.", "x-path": True, "examples": ["spool"]},
            "name": {
                "description": "The file's name, a template.",
                "x-template": True,
                "default": "{{ id }}",
                "examples": ["{{ receipt }}"],
            },
            "token": {"description": "What the reading program wants to see in each file.", "x-secret": True},
        },
    }

    def __init__(self, destination: Destination) -> None:
        self._folder = Path(destination.settings["folder"])
        self._name = compile_template(destination.settings.get("name", "{{ id }}"))
        self._token = destination.settings.get("token")

    def check(self, live: bool = False) -> Sequence[str]:
        """The folder has to be there."""
        if live and not os.access(self._folder, os.W_OK):
            return [Mistake(f"{self._folder} is no folder that can be written to.", ("folder",))]
        return []

    def preview(self, event: Event) -> Sequence[Preview]:
        """The file as it would be written."""
        return [Preview(f"WRITE {self._path(event)}", body=self._content(event, shown=True))]

    def deliver(self, event: Event, progress: Progress) -> Verdict:  # noqa: ARG002
        """Write the file under another name, then give it its own, if nobody has it."""
        try:
            path = self._path(event)
        except CannotRender as error:
            return Verdict(AttemptResult.REJECTED, "cannot_render", f"The file's name cannot be made: {error}.")
        unfinished = path.with_suffix(f".{os.getpid()}.{event.id}")
        try:
            unfinished.write_text(self._content(event), encoding="utf-8")
            os.link(unfinished, path)
        except FileExistsError:
            return Verdict(AttemptResult.DUPLICATE, "there_already")
        except OSError as error:
            return Verdict(AttemptResult.RETRY, "no_folder", f"The file could not be written: {error.strerror}.")
        finally:
            unfinished.unlink(missing_ok=True)
        return Verdict(AttemptResult.DELIVERED, "written")

    def close(self) -> None:
        """Nothing is open."""

    def _path(self, event: Event) -> Path:
        return self._folder / f"{Path(self._name.render(event.as_dict())).name}.json"

    def _content(self, event: Event, *, shown: bool = False) -> str:
        token = self._token and (str(self._token) if shown else self._token.reveal())
        return json.dumps({"token": token, **event.as_dict()})
