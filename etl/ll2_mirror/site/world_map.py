"""The map of the world: the places that site.toml declares, each a link, over static/land.svg."""

from __future__ import annotations

from typing import NamedTuple

from ll2_mirror.site import display
from ll2_mirror.site.context import Item, Rows


class Dot(NamedTuple):
    """A place: degrees east of Greenwich and north of the equator."""

    item: Item
    east: float
    north: float


class MapLayer(NamedTuple):
    """Places of one kind; ``name`` is that of their table."""

    name: str
    title: str
    dots: list[Dot]


def map_layers(rows: Rows) -> list[MapLayer]:
    """The layers of the map, without empty ones."""
    layers = []
    for declared in display.site()["map"]:
        places = {id_: place for id_, *place in rows.conn.execute(declared["sql"])}
        items = rows.items(declared["table"], places)
        dots = [Dot(item, *place) for item, place in zip(items, places.values(), strict=True)]
        layers.append(MapLayer(declared["table"], declared["title"], dots))
    return [layer for layer in layers if layer.dots]
