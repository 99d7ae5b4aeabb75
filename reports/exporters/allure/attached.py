"""Texts and data that are attached to a result: each a file of its own, named by the result."""

from __future__ import annotations

import json
from typing import Any

from allure_commons.model2 import ATTACHMENT_PATTERN, Attachment
from allure_commons.types import AttachmentType

from reports.exporters.allure.ids import uuid
from reports.exporters.html.cut import tail
from reports.text import clip, one_line, plain

LARGEST = 200_000
"""Characters of one file."""
NAME = 200


class Attached:
    """The files of one result."""

    def __init__(self, result: str) -> None:
        self._result = result
        self.files: dict[str, str] = {}

    def text(self, name: str, text: str) -> Attachment:
        """Attach a text, harmless and not too long."""
        return self._add(name, plain(clip(text, LARGEST)), AttachmentType.TEXT)

    def log(self, name: str, text: str) -> Attachment:
        """Attach a log: its end says most."""
        return self._add(name, plain(tail(text, LARGEST)), AttachmentType.TEXT)

    def data(self, name: str, data: Any) -> Attachment:  # noqa: ANN401 - what JSON can hold
        """Attach data as JSON, or as a text where it would be none: too long, or with a number like NaN."""
        try:
            text = json.dumps(data, indent=1, allow_nan=False)
        except (TypeError, ValueError):
            return self.text(name, repr(data))
        return self._add(name, text, AttachmentType.JSON) if len(text) <= LARGEST else self.text(name, text)

    def _add(self, name: str, text: str, kind: AttachmentType) -> Attachment:
        prefix = uuid(self._result, "attachment", str(len(self.files)))
        file = ATTACHMENT_PATTERN.format(prefix=prefix, ext=kind.extension)
        self.files[file] = text
        return Attachment(name=one_line(clip(name, NAME)) or "attached", source=file, type=kind.mime_type)
