"""A document as a response, in the format that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ll2_mirror.ll2.json import text
from ll2_mirror.ll2.model import Id
from ll2_mirror.query.memory import Memory
from ll2_mirror.query.params import COMPACT, Choice
from ll2_mirror.query.response import (
    HTML,
    MEDIA_TYPES,
    Document,
    Records,
    Response,
    as_json,
    rendered,
)
from ll2_mirror.query.routes import Context

# Draws a document, with its results in it, as a page of HTML.
Browse = Callable[[Context, Document], str]


class BodyRenderer(NamedTuple):
    """Renders documents from one state of a file."""

    memory: Memory
    browse: Browse

    def render(self, choice: Choice, context: Context, document: Document) -> Response:
        """The response that shows a document; raises NotHeld, DataError."""
        if choice == COMPACT and document.results:
            return self._listed(context, document, document.results)
        whole = self._filled(context, document)
        if choice.format == "api":
            page = self.browse(context, whole)
            return rendered(whole.status, page, HTML)
        return as_json(whole.status, whole.value, choice.indent)

    def _filled(self, context: Context, document: Document) -> Document:
        """A document with its results in it."""
        if document.results is None:
            return document
        shape, ids = document.results
        objects = self.memory.renderer(context.links).objects(shape, ids)
        return Document(document.status, {**document.value, "results": [objects[i] for i in ids]})

    def _listed(self, context: Context, document: Document, results: Records) -> Response:
        """A list as compact JSON; the text of each record is kept, for other pages that list it."""
        shape, ids = results
        renderer = self.memory.renderer(context.links)

        def render(missing: list[Id]) -> dict[Id, str]:
            return {id_: text(one) for id_, one in renderer.objects(shape, missing).items()}

        texts = self.memory.rendered.texts(context.links, shape.name, ids, render)
        head = text({**document.value, "results": []}).removesuffix("]}")
        return rendered(document.status, f"{head}{','.join(texts)}]}}", MEDIA_TYPES["json"])
