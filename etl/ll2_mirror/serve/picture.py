"""The copies of pictures, as they are served: under the digest of what they hold, so for ever."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasette import NotFound, Response
from datasette.utils.asgi import asgi_send_file

from ll2_mirror.files import CHUNK
from ll2_mirror.images.folder import ImageFolder, media_type
from ll2_mirror.serve.datasette_adapter import file_of, is_mirror, permissions
from ll2_mirror.serve.headers import matches

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

PATH = r"/-/picture/(?P<name>[0-9a-f]{64}\.[a-z]+)$"
_KEPT = "max-age=31536000, immutable"
_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}


async def picture(datasette: Datasette, request: Request, send: Any) -> Response | None:
    """Sends the copy of that name, or that the client has it already."""
    name = request.url_vars["name"]
    path = await _path(datasette, request, name)
    kept = f"{'public' if request.actor is None else 'private'}, {_KEPT}"
    headers = {**_HEADERS, "etag": f'"{name}"', "cache-control": kept}
    if matches(request.headers.get("if-none-match", "").encode(), headers["etag"].encode()):
        return Response("", status=304, headers=headers)
    sent = {"content_type": media_type(name), "chunk_size": CHUNK, "headers": headers}
    await asgi_send_file(send, str(path), **sent)
    return None


async def _path(datasette: Datasette, request: Request, name: str) -> Path:
    """Where a copy is, beside a mirror that who asks may see; raises NotFound."""
    may_see = permissions(datasette).may_see
    for each, database in datasette.databases.items():
        path = is_mirror(database) and ImageFolder(file_of(database).path).file(name)
        if path and await may_see(request.actor, each):
            return path
    raise NotFound("No such picture is here")
