"""The lists of LL2 2.3.0, as data: what each is called, which shapes it has, how it is asked.

The notation:

    name  Noun  mode:Shape ...   a list; what LL2 calls a record of it; its shape by mode, from the
                                 poorest to the richest; a shape alone is called as the noun
        walk       key           the ordering that its walk asks for; else id
        age        hours         how old its last walk may be; else 720
        delta      how hours     what asks for the new alone, a filter or -key, and how often
        order      key           LL2's own order, as far as known; else id
        filters    name:kind[lookup,lookup]=path
                                 else a text, the name's own path, and =; * is [=,gt,gte,lt,lte]
        search     path ...      the texts that a search looks at
        beyond     path ...      those that it looks at, too, though they are in no body
        orderings  key ...       what it sorts by; else by each key it has
            indexed                  has so many records that what they are asked by has indexes
    name/view  key>=hours        a list in time over its records; the hours count from now
        less       path ...      what it doesn't search

They are from the parameters and the help of LL2's document; a kind it leaves open is taken to be
that of its like: an id that must exist, or a number. Paths go through the keys of the richest body.
"""

from __future__ import annotations

from ll2_mirror.ll2.listing import read_resources
from ll2_mirror.ll2.model import parts
from ll2_mirror.ll2.shapes import SHAPES

RESOURCES = read_resources(
    """
spacecraft  Spacecraft  normal:SpacecraftNormal detailed:SpacecraftEndpointDetailed
    age        24
    filters    in_space:bool is_placeholder:bool name spacecraft_config:choice status:choice
    search     name spacecraft_config__name
    orderings  flights_count id mission_ends_count time_docked time_in_space
    examples   mode=detailed is_placeholder=True search=Endeavour ordering=-flights_count
    indexed
agencies  Agency  list:AgencyMini normal:AgencyNormal detailed:AgencyEndpointDetailed
    age        168
    order      name
    filters    abbrev[=,contains] attempted_landings:int* consecutive_successful_landings:int*
               consecutive_successful_launches:int* country_code:texts=country__alpha_3_code
               description[=,contains] failed_landings:int* failed_launches:int* featured:bool
               founding_year:int* id:int name[=,contains] parent__id:opaque pending_launches:int*
               spacecraft:opaque successful_landings:int* successful_launches:int*
               total_launch_count:int* type__id:int
    search     abbrev name
    orderings  attempted_landings consecutive_successful_landings
               consecutive_successful_launches failed_landings failed_launches featured id name
               pending_launches successful_landings successful_launches total_launch_count
    examples   mode=list abbrev=NASA search=SpaceX ordering=-total_launch_count
astronauts  Astronaut  list:AstronautDetailed normal:AstronautEndpointNormal
               detailed:AstronautEndpointDetailed
    age        168
    filters    age:int* agency_ids:ints=agency__id date_of_birth:date* date_of_death:date*
               first_flight:datetime* flights_count:int* has_flown:opaque in_space:bool
               is_human:opaque landings_count:int* last_flight:datetime* nationality:opaque
               status_ids:ints=status__id type__id:int
    search     agency__abbrev agency__name name nationality__nationality_name
    orderings  age date_of_birth eva_time flights_count id landings_count last_flight name
               spacewalks_count status time_in_space
    examples   mode=list in_space=true search=Pesquet ordering=-time_in_space
celestial_bodies  CelestialBody  list:CelestialBodyMini normal:CelestialBodyNormal
               detailed:CelestialBodyEndpointDetailed
    search     name type__name
    orderings  id name
    examples   mode=list search=Mars ordering=-name
docking_events  DockingEvent  normal:DockingEventEndpointNormal
               detailed:DockingEventEndpointDetailed
    walk       docking
    delta      -docking 24
    filters    docking:datetime[gt,gte,lt,lte] docking_location__id:int
               flight_vehicle_chaser__id:int space_station_target__id:int
    search     docking_location__name flight_vehicle_chaser__spacecraft__name
               flight_vehicle_target__spacecraft__name payload_flight_chaser__payload__name
               payload_flight_target__payload__name space_station_chaser__name
               space_station_target__name
    orderings  departure docking
    examples   mode=detailed space_station_target__id=6 search=Salyut ordering=-docking
events  Events  list:EventEndpointList normal:EventEndpointNormal detailed:EventEndpointDetailed
    walk       date
    delta      last_updated__gte 24
    order      date
    filters    agency__ids:ints=agencies__id date:datetime[gt,gte,lte]
               date__gt:datetime[lt]=date day:part=date id:ints last_updated:datetime[gte,lte]
               month:part=date program:choices slug type:choice type__ids:ints=type__id
               video_url:opaque year:part=date
    search     name
    orderings  date last_updated
    examples   mode=list type__ids=2,8 search=Flyby ordering=-last_updated
    indexed
events/upcoming  date>=-24
    age        6
    order      date
    filters    hide_recent_previous:recent
events/previous  date<=0
    age        24
    order      -date
expeditions  Expedition  normal:ExpeditionNormal detailed:ExpeditionDetailed
    age        24
    filters    crew__astronaut:choice crew__astronaut__agency:choice end:datetime[gt,gte,lt,lte]
               name space_station:choice=spacestation start:datetime[gt,gte,lt,lte]
    search     crew__astronaut__agency__abbrev crew__astronaut__agency__name
               crew__astronaut__name crew__astronaut__nationality__nationality_name name
    orderings  end id start
    examples   mode=detailed space_station=18 search=Kelly ordering=-start
landings  Landing  list:LandingEndpointList normal:LandingEndpointNormal
               detailed:LandingEndpointDetailed
    age        168
    filters    attempt:bool firststage_launch__ids:opaque
               landing_location__ids:ints=landing_location__id landing_type__ids:ints=type__id
               launcher__ids:ints=firststage__launcher__id launcher_config__ids:opaque
               launcher_serial_numbers:texts=firststage__launcher__serial_number
               spacecraft__ids:ints=spacecraftflight__spacecraft__id
               spacecraft_config__ids:ints=spacecraftflight__spacecraft__spacecraft_config__id
               spacecraft_launch__ids:uuids=spacecraftflight__launch__id success:bool
    search     firststage__launcher__serial_number landing_location__abbrev
               landing_location__name spacecraftflight__launch__name
               spacecraftflight__spacecraft__name spacecraftflight__spacecraft__serial_number
               spacecraftflight__spacecraft__spacecraft_config__name
    beyond     firststage__launcher__launcher_config__name firststage__rocket__launch__name
    orderings  downrange_distance id
    examples   mode=list spacecraft__ids=39,37 search=B1059 ordering=downrange_distance
launcher_configuration_families  LauncherConfigurationFamily  list:LauncherConfigFamilyMini
               normal:LauncherConfigFamilyNormal detailed:LauncherConfigFamilyDetailed
    walk       name
    filters    attempted_landings:int* consecutive_successful_landings:int*
               consecutive_successful_launches:int* failed_landings:int* failed_launches:int*
               maiden_flight:date* manufacturer__abbrev[=,contains]
               manufacturer__country_code=manufacturer__country__alpha_3_code
               manufacturer__id:int[=,contains] manufacturer__name[=,contains] name[=,contains]
               pending_launches:int* successful_landings:int* successful_launches:int*
               total_launch_count:int*
    search     manufacturer__abbrev manufacturer__name name
    orderings  attempted_landings consecutive_successful_landings
               consecutive_successful_launches failed_landings failed_launches name
               pending_launches successful_landings successful_launches total_launch_count
    examples   mode=list manufacturer__name=SpaceX search=Ariane ordering=-total_launch_count
launcher_configurations  LauncherConfig  list:LauncherConfigList normal:LauncherConfigNormal
               detailed:LauncherConfigDetailed
    walk       name
    order      name
    filters    active:bool attempted_landings:int* consecutive_successful_landings:int*
               consecutive_successful_launches:int* failed_landings:int* failed_launches:int*
               families:choices families:opaque[contains] full_name[=,contains]
               is_placeholder:bool maiden_flight:date* manufacturer__name[=,contains]
               name[=,contains] pending_launches:int* program:choices program:opaque[contains]
               successful_landings:int* successful_launches:int* total_launch_count:int*
    search     full_name manufacturer__abbrev manufacturer__name name
    orderings  attempted_landings consecutive_successful_landings
               consecutive_successful_launches failed_landings failed_launches gto_capacity
               launch_cost launch_mass leo_capacity maiden_flight name pending_launches
               successful_landings successful_launches total_launch_count
    examples   mode=list manufacturer__name=SpaceX search=Soyuz ordering=-total_launch_count
launchers  Launcher  list:LauncherMini normal:LauncherNormal detailed:LauncherDetailed
    age        168
    order      serial_number
    filters    attempted_landings:int* first_launch_date:opaque flight_proven:bool flights:int*
               id:int[=,contains] is_placeholder:bool last_launch_date:opaque
               launcher_config__ids:ints=launcher_config__id
               launcher_config__manufacturer__name:opaque[=,contains] serial_number[=,contains]
               status:choice successful_landings:int*
    search     serial_number status__name
    orderings  attempted_landings flight_proven flights id successful_landings
    examples   mode=list is_placeholder=True search=B1048 ordering=-flights
launches  Launch  list:LaunchBasic normal:LaunchNormal detailed:LaunchDetailed
    delta      last_updated__gte 24
    order      net
    filters    agency_launch_attempt_count:int* agency_launch_attempt_count_year:int*
               day:part=net id:uuids include_suborbital:opaque is_crewed:opaque
               last_updated:datetime[gte,lte] launch_designator:texts
               launcher_config__id:ints=rocket__configuration__id
               location__ids:ints=pad__location__id location_launch_attempt_count:int*
               location_launch_attempt_count_year:int* lsp__id:ints=launch_service_provider__id
               lsp__name:texts=launch_service_provider__name
               mission__orbit__celestial_body__id:int mission__orbit__name[=,icontains]
               month:part=net name net:datetime[gt,gte,lt,lte] orbital_launch_attempt_count:int*
               orbital_launch_attempt_count_year:int* pad:choice pad__location:choice
               pad__location__celestial_body__id:int pad_launch_attempt_count:int*
               pad_launch_attempt_count_year:int* program:choices related_lsp__id:opaque
               related_lsp__name:opaque rocket__configuration__full_name[=,icontains]
               rocket__configuration__id:int
               rocket__configuration__manufacturer__name[=,icontains] rocket__configuration__name
               rocket__spacecraftflight__spacecraft__id:int=rocket__spacecraft_stage__spacecraft__id
               rocket__spacecraftflight__spacecraft__name[=,icontains]=rocket__spacecraft_stage__spacecraft__name
               serial_number:texts=rocket__launcher_stage__launcher__serial_number slug
               spacecraft_config__ids:ints=rocket__spacecraft_stage__spacecraft__spacecraft_config__id
               status:choice status__ids:ints=status__id video_url:opaque
               window_end:datetime[gt,gte,lt,lte] window_start:datetime[gt,gte,lt,lte]
               year:part=net
    search     launch_designator launch_service_provider__name mission__name name
               pad__location__name pad__name rocket__configuration__manufacturer__abbrev
               rocket__configuration__manufacturer__name rocket__configuration__name
               rocket__spacecraft_stage__spacecraft__name
    orderings  id last_updated name net
    examples   mode=list pad__location=13 search=Starlink ordering=-last_updated
    indexed
launches/upcoming  net>=-24
    age        1
    order      net
    filters    hide_recent_previous:recent
    less       launch_designator
launches/previous  net<=0
    age        24
    order      -net
locations  Location  normal:Location detailed:LocationSerializerWithPads
    walk       total_launch_count
    age        168
    filters    country_code=country__alpha_3_code id:int name[=,contains]
               total_landing_count:int* total_launch_count:int*
    search     country__alpha_3_code name
    orderings  total_landing_count total_launch_count
    examples   mode=detailed country_code=NZL search=Cape+Canaveral ordering=-total_launch_count
mission_patches  MissionPatch  normal:MissionPatch detailed:MissionPatchDetailed
    filters    agency__id:int agency__name[=,contains] id:int ids:ints=id name[=,contains]
    search     agency__name name
    orderings  agency__name id name priority
    examples   mode=detailed agency__id=147 search=Ariane ordering=priority
pads  Pad
    age        168
    filters    agencies_ids:ints=agencies__id id:int[=,contains] latitude:float[gt,gte,lt,lte]
               location__id:int location__name[=,contains] longitude:float[gt,gte,lt,lte]
               name[=,contains] orbital_launch_attempt_count:int* total_launch_count:int*
    search     location__name name orbital_launch_attempt_count total_launch_count
    orderings  id location__id location__name name orbital_launch_attempt_count
               total_launch_count
    examples   location__id=11 search=39A ordering=-orbital_launch_attempt_count
payload_flights  PayloadFlight  list:PayloadFlightMini normal:PayloadFlightNormal
               detailed:PayloadFlightDetailed
    age        168
    filters    payload:choice
    examples   mode=list payload=2
payloads  Payload  list:PayloadMini normal:PayloadNormal detailed:PayloadDetailed
    age        168
    filters    manufacturer__id:int manufacturer__name name operator:choice operator__id:int
               operator__name program__id:int
    search     manufacturer__name name operator__name
    beyond     payloadflight__destination payloadflight__rocket__launch__name
    orderings  id name payloadflight__rocket__launch__net
    examples   mode=list program__id=18 search=EarthCare ordering=name
programs  Program  list:ProgramMini normal:ProgramNormal
    age        168
    examples   mode=list
space_stations  SpaceStation  normal:SpaceStationEndpoint detailed:SpaceStationDetailedEndpoint
    age        24
    filters    docked_vehicles:int* id:int name[=,contains] onboard_crew:int* orbit:opaque
               owner__ids:ints=owners__id owners:choices status:choice
               status__ids:ints=status__id type:choice
    search     name owners__abbrev owners__name
    orderings  docked_vehicles founded id name onboard_crew status type volume
    examples   mode=detailed onboard_crew__gte=1 search=Salyut ordering=founded
spacecraft_configuration_families  SpacecraftConfigurationFamily
               list:SpacecraftConfigFamilyMini normal:SpacecraftConfigFamilyNormal
               detailed:SpacecraftConfigFamilyEndpointDetailed
    walk       name
    filters    manufacturer:choice name
    search     manufacturer__abbrev manufacturer__name name
    orderings  name
    examples   mode=list manufacturer=121 search=Northrop ordering=name
spacecraft_configurations  SpacecraftConfiguration  normal:SpacecraftConfigNormal
               detailed:SpacecraftConfigDetailed
    walk       name
    order      name
    filters    agency:choice human_rated:bool in_use:bool name
    search     agency__abbrev agency__name name
    orderings  name
    examples   mode=detailed human_rated=True search=Dragon ordering=name
spacecraft_flights  SpacecraftFlight  normal:SpacecraftFlightNormal
               detailed:SpacecraftFlightDetailed
    age        24
    filters    spacecraft:choice
    examples   mode=detailed spacecraft=289
spacewalks  Spacewalk  list:SpacewalkList normal:SpacewalkEndpointNormal
               detailed:SpacewalkEndpointDetailed
    age        168
    filters    astronaut__ids:ints=crew__astronaut__id day:part=start end:opaque
               end:datetime[gt,gte,lt,lte] event__ids:ints=event__id id:int ids:ints=id launch__ids:opaque month:part=start
               name[=,contains] owner__ids:opaque program__ids:ints=program__id
               program__name[=,contains] spacestation__ids:ints=spacestation__id
               start:datetime[gt,gte,lt,lte] year:part=start
    search     crew__astronaut__name location name program__name
    orderings  duration end id name start
    examples   mode=list program__name=Apollo search=Hubble ordering=-duration
updates  Update
    walk       created_on
    delta      -created_on 6
    filters    created_on:datetime launch:opaque launch__launch_service_provider:opaque
               program:opaque
    orderings  created_on
    examples   ordering=-created_on
    indexed
config/agency_types  AgencyType
config/astronaut_roles  AstronautRole
config/astronaut_statuses  AstronautStatus
config/astronaut_types  AstronautType
config/celestial_body_types  CelestialBodyType
config/countries  Country
config/docking_locations  DockingLocation
config/event_types  EventType
config/first_stage_types  FirstStageType
config/image_licenses  ImageLicense
config/image_variant_types  ImageVariantType
config/infourl_types  InfoURLType
config/landing_locations  LandingLocation
config/landing_types  LandingType
config/languages  Language
config/launch_statuses  LaunchStatus
config/launcher_statuses  LauncherStatus
config/mission_types  MissionType
config/net_precisions  NetPrecision
config/notice_types  NoticeType
config/orbits  Orbit
config/payload_types  PayloadType
config/program_types  ProgramType
config/road_closure_statuses  RoadClosureStatus
config/space_station_statuses  SpaceStationStatus
config/spacecraft_configuration_types  SpacecraftConfigurationType  normal:SpacecraftConfigType
config/spacecraft_statuses  SpacecraftStatus
config/timeline_event_types  TimelineEventType
config/vidurl_types  VidURLType
""",  # noqa: E501  (one path is as long)
    SHAPES,
)

# What LL2 has beside them: views in time over their records, and a page that is no list.
VIEWS = {view.name: view for resource in RESOURCES.values() for view in resource.views}
# The list that has the rows of a table as its records.
LIST_OF = {resource.table: name for name, resource in RESOURCES.items()}
ENDPOINTS = frozenset({*RESOURCES, *VIEWS, "dashboard/starship"})

# What can be synced: the lists, what is new in some of them, and their views.
PARTS = {part.name: part for resource in RESOURCES.values() for part in parts(resource)}

DEFAULT_RESOURCE = "spacecraft"
