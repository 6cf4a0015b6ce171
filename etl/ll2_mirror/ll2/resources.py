"""The lists of LL2 2.3.0, as data: what each is called, which shapes it has, how it is asked.

Filters are written ``name:kind=path``: text where no kind stands, the name's own path where none
does; ``*`` adds __gt, __gte, __lt and __lte. They are from the parameters and the help of LL2's
document; a kind it leaves open is taken to be that of its like: an id that must exist, or a
number.
"""

from __future__ import annotations

from ll2_mirror.ll2.model import Resource
from ll2_mirror.ll2.notation import read_filters
from ll2_mirror.ll2.shapes import SHAPES

RESOURCES = {
    resource.name: resource
    for resource in (
        Resource(
            "spacecraft",
            {
                "normal": SHAPES["SpacecraftNormal"],
                "detailed": SHAPES["SpacecraftEndpointDetailed"],
            },
            ordering="id",
            noun="Spacecraft",
            filters=read_filters(
                "in_space:bool is_placeholder:bool name spacecraft_config:choice status:choice"
            ),
            search=("name", "spacecraft_config__name"),
            orderings=("flights_count", "id", "mission_ends_count", "time_docked", "time_in_space"),
            examples={
                "is_placeholder": "True",
                "search": "Endeavour",
                "ordering": "-flights_count",
            },
            indexed=True,
        ),
        Resource(
            "agencies",
            {
                "list": SHAPES["AgencyMini"],
                "normal": SHAPES["AgencyNormal"],
                "detailed": SHAPES["AgencyEndpointDetailed"],
            },
            ordering="id",
            noun="Agency",
            filters=read_filters("""
                abbrev abbrev__contains attempted_landings:int*
                consecutive_successful_landings:int* consecutive_successful_launches:int*
                country_code:codes=country__alpha_3_code description description__contains
                failed_landings:int* failed_launches:int* featured:bool founding_year:int* id:int
                name name__contains parent__id:opaque pending_launches:int* spacecraft:opaque
                successful_landings:int* successful_launches:int* total_launch_count:int*
                type__id:int
            """),
            search=("abbrev", "name"),
            orderings=(
                "attempted_landings",
                "consecutive_successful_landings",
                "consecutive_successful_launches",
                "failed_landings",
                "failed_launches",
                "featured",
                "id",
                "name",
                "pending_launches",
                "successful_landings",
                "successful_launches",
                "total_launch_count",
            ),
            examples={"abbrev": "NASA", "search": "SpaceX", "ordering": "-total_launch_count"},
        ),
        Resource(
            "spacecraft_configurations",
            {
                "normal": SHAPES["SpacecraftConfigNormal"],
                "detailed": SHAPES["SpacecraftConfigDetailed"],
            },
            ordering="name",
            noun="SpacecraftConfiguration",
            filters=read_filters("agency:choice human_rated:bool in_use:bool name"),
            search=("agency__abbrev", "agency__name", "name"),
            orderings=("name",),
            examples={"human_rated": "True", "search": "Dragon", "ordering": "name"},
        ),
    )
}

# All that LL2 lists, whether it can be mirrored or not.
ENDPOINTS = frozenset(
    """
    agencies astronauts celestial_bodies config/agency_types config/astronaut_roles
    config/astronaut_statuses config/astronaut_types config/celestial_body_types config/countries
    config/docking_locations config/event_types config/first_stage_types config/image_licenses
    config/image_variant_types config/infourl_types config/landing_locations config/landing_types
    config/languages config/launch_statuses config/launcher_statuses config/mission_types
    config/net_precisions config/notice_types config/orbits config/payload_types
    config/program_types config/road_closure_statuses config/space_station_statuses
    config/spacecraft_configuration_types config/spacecraft_statuses config/timeline_event_types
    config/vidurl_types dashboard/starship docking_events events events/previous events/upcoming
    expeditions landings launcher_configuration_families launcher_configurations launchers
    launches launches/previous launches/upcoming locations mission_patches pads payload_flights
    payloads programs space_stations spacecraft spacecraft_configuration_families
    spacecraft_configurations spacecraft_flights spacewalks updates
    """.split()  # noqa: SIM905  (a list to read)
)

DEFAULT_RESOURCE = "spacecraft"
MODES = ("normal", "detailed")  # that a file can have, from the poorer: its mode only grows
