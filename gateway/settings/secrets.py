"""{env: NAME} and {file: path} -> the secret text, wrapped so that it does not print itself."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from jsonschema import Draft202012Validator

from gateway.domain.settings import Secret
from gateway.settings.paths import absolute, shown
from gateway.settings.places import Steps
from gateway.settings.report import Report

SIZE_LIMIT = 64 * 1024
"""Largest secret file in bytes."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Resolves secret forms; whatever is wrong with one goes to the report."""

    report: Report
    environ: Mapping[str, str]

    def resolve(
        self, form: Any, steps: Steps, text_schema: Mapping[str, Any] | None = None, *, plain_is_fine: bool = False
    ) -> Secret | None:
        """Return the secret that a form names, None where there is none (the report says why).

        `form` is a text, {env: NAME} or {file: path}; the text it leads to has to meet `text_schema`. A text that
        stands in the file itself gets a warning, unless `plain_is_fine`.
        """
        if isinstance(form, dict):
            name, value = next(iter(form.items()))
            text = (self._from_env if name == "env" else self._from_file)(value, (*steps, name))
        else:
            text = form
            # A text that came from ${NAME} is not in the file.
            if not plain_is_fine and steps not in self.report.document.texts:
                self.report.warning(steps, "is a secret in plain text.", "Write {env: NAME} or {file: path} instead.")
        if text is not None and text_schema:
            self._check_text(text, steps, text_schema)
        return None if text is None else Secret(text)

    def _check_text(self, text: str, steps: Steps, schema: Mapping[str, Any]) -> None:
        if not Draft202012Validator(schema).is_valid(text):
            wanted = schema.get("x-must", "of the form that the adapter's documentation describes")
            self.report.error(steps, f"must be {wanted}.")

    def _from_env(self, name: str, steps: Steps) -> str | None:
        text = self.environ.get(name)
        if text:
            return text
        state = "is not set" if text is None else "is empty"
        self.report.error(steps, f"the environment variable {name} {state}.", f"Set {name} where the gateway starts.")
        return None

    def _from_file(self, name: str, steps: Steps) -> str | None:
        path = absolute(name, self.report.document.place(steps).file)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                self.report.error(steps, f"{shown(path)} is not a plain file.", "Name the file with the secret.")
                return None
            text = self._text(path, steps)
        except FileNotFoundError:
            self.report.error(steps, f"there is no file {shown(path)}.", "Write the secret into it.")
        except OSError as error:
            self.report.error(steps, f"{shown(path)} cannot be read: {error.strerror}.", "Change its owner or mode.")
        except UnicodeDecodeError:
            self.report.error(steps, f"{shown(path)} is not UTF-8 text.", "Write the secret as text.")
        else:
            return text
        return None

    def _text(self, path: Path, steps: Steps) -> str | None:
        with path.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
        if len(data) > SIZE_LIMIT:
            self.report.error(steps, f"{shown(path)} is larger than 64 KiB.", "Name the file with the secret.")
            return None
        text = data.decode("utf-8").rstrip("\r\n")
        if not text:
            self.report.error(steps, f"{shown(path)} is empty.", "Write the secret into it.")
            return None
        self._warn_of_readers(path, steps)
        return text

    def _warn_of_readers(self, path: Path, steps: Steps) -> None:
        if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            message = f"{shown(path)} can be read by other users."
            self.report.warning(steps, message, f"Run: chmod 600 {quote(str(path))}")
