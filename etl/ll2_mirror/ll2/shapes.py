"""The shapes of LL2's objects, as data.

Each begins with the name of its schema in LL2's OpenAPI document and its table; below are its keys,
in LL2's order. The notation:

    name                 text                    name:int, name:bool    a kind of model.SCALARS
    key:Shape            a nested object         key:[Shape]            a list of them
    key=value            always this text        ~                      volatile: no news
    Shape as Other       has the keys of Other, which comes before it and has the same table: keys
                         given again are replaced, those with a - are left out, others follow

A volatile key changes by itself, as records that were captured twice show: times in space, counts
that grow with each launch, ``last_updated``. The objects of a shape without a table have no id:
the table of their owner's list holds them. descriptions.toml says what the columns hold.
"""

from __future__ import annotations

from ll2_mirror.ll2.model import Shape, read_shapes

SHAPES = read_shapes("""
SpacecraftNormal spacecraft
    response_mode=normal id:int url:link name serial_number is_placeholder:bool image:Image
    in_space:bool time_in_space:duration~ time_docked:duration~ flights_count:int
    mission_ends_count:int status:SpacecraftStatus description
    spacecraft_config:SpacecraftConfigNormal fastest_turnaround:duration
SpacecraftDetailed as SpacecraftNormal
    spacecraft_config:SpacecraftConfigDetailed
SpacecraftEndpointDetailed as SpacecraftDetailed
    response_mode=detailed flights:[SpacecraftFlightNormal]
SpacecraftStatus spacecraft_statuses
    id:int name
SpacecraftConfigNormal spacecraft_configurations
    response_mode=normal id:int url:link name type:SpacecraftConfigType agency:AgencyMini
    family:[SpacecraftConfigFamilyNormal] in_use:bool image:Image
SpacecraftConfigDetailed as SpacecraftConfigNormal
    response_mode=detailed agency:AgencyNormal family:[SpacecraftConfigFamilyDetailed]
    capability history details maiden_flight:date height:float diameter:float human_rated:bool
    crew_capacity:int payload_capacity:int payload_return_capacity:int flight_life wiki_link
    info_link spacecraft_flown:int~ total_launch_count:int~ successful_launches:int~
    failed_launches:int~ attempted_landings:int~ successful_landings:int~ failed_landings:int~
    fastest_turnaround:duration
SpacecraftConfigType spacecraft_configuration_types
    id:int name
SpacecraftConfigFamilyMini spacecraft_configuration_families
    response_mode=list id:int name
SpacecraftConfigFamilyNormal as SpacecraftConfigFamilyMini
    response_mode=normal description manufacturer:AgencyMini parent:SpacecraftConfigFamilyMini
    maiden_flight:date
SpacecraftConfigFamilyDetailed as SpacecraftConfigFamilyNormal
    manufacturer:AgencyNormal parent:SpacecraftConfigFamilyNormal spacecraft_flown:int~
    total_launch_count:int~ successful_launches:int~ failed_launches:int~
    attempted_landings:int~ successful_landings:int~ failed_landings:int~
SpacecraftConfigFamilyEndpointDetailed as SpacecraftConfigFamilyDetailed
    response_mode=detailed spacecraft:[SpacecraftConfigNormal]
AgencyMini agencies
    response_mode=list id:int url:link name abbrev type:AgencyType
AgencyNormal as AgencyMini
    response_mode=normal featured:bool country:[Country] description administrator
    founding_year:int launchers spacecraft parent image:Image logo:Image social_logo:Image
AgencyDetailed as AgencyNormal
    total_launch_count:int~ consecutive_successful_launches:int~ successful_launches:int~
    failed_launches:int~ pending_launches:int~ consecutive_successful_landings:int~
    successful_landings:int~ failed_landings:int~ attempted_landings:int~
    successful_landings_spacecraft:int~ failed_landings_spacecraft:int~
    attempted_landings_spacecraft:int~ successful_landings_payload:int~
    failed_landings_payload:int~ attempted_landings_payload:int~ info_url wiki_url
    social_media_links:[SocialMediaLink]
AgencyEndpointDetailed as AgencyDetailed
    response_mode=detailed launcher_list:[LauncherConfigDetailedSerializerNoManufacturer]
    spacecraft_list:[SpacecraftConfigDetailed]
AgencyType agency_types
    id:int name
Country countries
    id:int name alpha_2_code alpha_3_code nationality_name nationality_name_composed
SocialMediaLink social_media_links
    id:int social_media:SocialMedia url
SocialMedia social_media
    id:int name url logo:Image
Image images
    id:int name image_url:media thumbnail_url:media credit license:ImageLicense single_use:bool
    variants:[ImageVariant]
ImageLicense image_licenses
    id:int name priority:int link
ImageVariant image_variants
    id:int type:ImageVariantType image_url:media
ImageVariantType image_variant_types
    id:int name
SpacecraftFlightNormal spacecraft_flights
    id:int url:link destination mission_end:datetime spacecraft:SpacecraftNormal
    launch:LaunchNormal landing:Landing duration:duration~ turn_around_time:duration
    response_mode=normal
SpacecraftFlightMini as SpacecraftFlightNormal
    -response_mode launch:LaunchMini
SpacecraftFlightMiniSerializerNoLanding as SpacecraftFlightMini
    -landing
SpacecraftFlightNormalSerializerNoLanding as SpacecraftFlightNormal
    -landing
SpacecraftFlightDetailed as SpacecraftFlightNormal
    spacecraft:SpacecraftDetailed response_mode=detailed launch_crew:[AstronautFlight]
    onboard_crew:[AstronautFlight] landing_crew:[AstronautFlight]
    docking_events:[DockingEventForChaserNormal]
SpacecraftFlightDetailedSerializerNoLanding as SpacecraftFlightDetailed
    -landing
SpacecraftFlightDetailedSerializerNoLaunch as SpacecraftFlightDetailed
    -launch
SpacecraftFlightForDockingEvent spacecraft_flights
    id:int url:link spacecraft:SpacecraftDetailed launch:LaunchNormal
Landing landings
    id:int url:link attempt:bool success:bool description downrange_distance:float
    landing_location:LandingLocation type:LandingType
LandingEndpointList as Landing
    response_mode=list firststage:FirstStageMini
    spacecraftflight:SpacecraftFlightMiniSerializerNoLanding
    payloadflight:PayloadFlightMiniSerializerNoLanding
LandingEndpointNormal as Landing
    response_mode=normal firststage:FirstStageNormalSerializerNoLanding
    spacecraftflight:SpacecraftFlightNormalSerializerNoLanding
    payloadflight:PayloadFlightNormalSerializerNoLanding
LandingEndpointDetailed as Landing
    response_mode=detailed firststage:FirstStageDetailedSerializerNoLanding
    spacecraftflight:SpacecraftFlightDetailedSerializerNoLanding
    payloadflight:PayloadFlightDetailedSerializerNoLanding
LandingType landing_types
    id:int name abbrev description
LandingLocation landing_locations
    id:int name active:bool abbrev description location:LocationSerializerNoCelestialBody
    longitude:float latitude:float image:Image successful_landings:int~ attempted_landings:int~
    failed_landings:int~ celestial_body:CelestialBodyNormal
SpaceStationMini space_stations
    id:int url:link name image:Image
SpaceStationNormal as SpaceStationMini
    status:SpaceStationStatus founded:date deorbited:date description orbit
    type:SpaceStationType
SpaceStationDetailed as SpaceStationNormal
    owners:[AgencyNormal]
SpaceStationEndpoint as SpaceStationDetailed
    response_mode=normal active_expeditions:[ExpeditionMini]
SpaceStationDetailedEndpoint as SpaceStationEndpoint
    response_mode=detailed height:float width:float mass:float volume:int onboard_crew:int
    docked_vehicles:int docking_location:[DockingLocationSerializerForSpacestation]
    active_docking_events:[DockingEventForChaserNormal]
SpaceStationType space_station_types
    id:int name
SpaceStationStatus space_station_statuses
    id:int name
DockingEventDetailedSerializerForSpacestation docking_events
    id:int url:link docking:datetime departure:datetime
    flight_vehicle_chaser:SpacecraftFlightForDockingEvent
    space_station_chaser:SpaceStationNormal payload_flight_chaser:PayloadFlightNormal
DockingEventForChaserNormal docking_events
    id:int url:link docking:datetime departure:datetime docking_location:DockingLocation
    space_station_target:SpaceStationNormal flight_vehicle_target:SpacecraftFlightNormal
    payload_flight_target:PayloadFlightNormal
DockingEventEndpointNormal as DockingEventForChaserNormal
    space_station_target:SpaceStationMini flight_vehicle_target:SpacecraftFlightMini
    payload_flight_target:PayloadFlightMini response_mode=normal
    flight_vehicle_chaser:SpacecraftFlightMini space_station_chaser:SpaceStationMini
    payload_flight_chaser:PayloadFlightMini
DockingEventEndpointDetailed as DockingEventEndpointNormal
    response_mode=detailed flight_vehicle_chaser:SpacecraftFlightNormal
    space_station_chaser:SpaceStationNormal payload_flight_chaser:PayloadFlightNormal
DockingLocationSerializerForSpacestation docking_locations
    id:int name currently_docked:DockingEventDetailedSerializerForSpacestation
DockingLocation docking_locations
    id:int name spacestation:SpaceStationMini spacecraft:SpacecraftConfigNormal
    payload:PayloadMini
AstronautNormal astronauts
    id:int url:link name status:AstronautStatus agency:AgencyMini image:Image
AstronautDetailed as AstronautNormal
    response_mode=list type:AstronautType in_space:bool time_in_space:duration~
    eva_time:duration age:int~ date_of_birth:date date_of_death:date nationality:[Country] bio
    wiki last_flight:datetime first_flight:datetime social_media_links:[SocialMediaLink]
AstronautEndpointNormal as AstronautDetailed
    response_mode=normal flights_count:int landings_count:int spacewalks_count:int
AstronautEndpointDetailed as AstronautEndpointNormal
    response_mode=detailed flights:[LaunchNormal] landings:[SpacecraftFlightNormal]
    spacewalks:[SpacewalkNormal]
AstronautStatus astronaut_statuses
    id:int name
AstronautType astronaut_types
    id:int name
AstronautFlight astronaut_flights
    id:int role:AstronautRole astronaut:AstronautDetailed
AstronautRole astronaut_roles
    id:int role priority:int
ExpeditionMini expeditions
    id:int url:link name start:datetime end:datetime
ExpeditionNormalSerializerForSpacewalk as ExpeditionMini
    spacestation:SpaceStationNormal mission_patches:[MissionPatch]
ExpeditionNormal as ExpeditionMini
    response_mode=normal spacestation:SpaceStationNormal mission_patches:[MissionPatch]
    spacewalks:[SpacewalkList]
ExpeditionDetailed as ExpeditionNormal
    response_mode=detailed spacestation:SpaceStationDetailed crew:[AstronautFlight]
SpacewalkList spacewalks
    response_mode=list id:int url:link name start:datetime end:datetime duration:duration~
    location
SpacewalkNormal as SpacewalkList
    crew:[AstronautFlight]
SpacewalkEndpointNormal as SpacewalkNormal
    response_mode=normal spacestation:SpaceStationMini expedition:ExpeditionMini
    spacecraft_flight:SpacecraftFlightNormal event:EventMini program:[ProgramMini]
SpacewalkEndpointDetailed as SpacewalkNormal
    response_mode=detailed spacestation:SpaceStationNormal
    expedition:ExpeditionNormalSerializerForSpacewalk spacecraft_flight:SpacecraftFlightDetailed
    event:EventNormal program:[ProgramNormal]
LaunchMini launches
    id:uuid url:link name
LaunchBasic as LaunchMini
    response_mode=list slug launch_designator status:LaunchStatus last_updated:datetime~
    net:datetime net_precision:NetPrecision window_end:datetime window_start:datetime
    image:Image infographic:media
LaunchNormal as LaunchBasic
    response_mode=normal probability:int weather_concerns failreason hashtag
    launch_service_provider:AgencyMini rocket:RocketNormal mission:Mission pad:Pad
    webcast_live:bool program:[ProgramNormal] orbital_launch_attempt_count:int~
    location_launch_attempt_count:int~ pad_launch_attempt_count:int~
    agency_launch_attempt_count:int~ orbital_launch_attempt_count_year:int~
    location_launch_attempt_count_year:int~ pad_launch_attempt_count_year:int~
    agency_launch_attempt_count_year:int~
LaunchDetailed as LaunchNormal
    response_mode=detailed launch_service_provider:AgencyDetailed rocket:RocketDetailed
    flightclub_url updates:[Update] info_urls:[InfoURL] vid_urls:[VidURL]
    timeline:[TimelineEvent] pad_turnaround:duration mission_patches:[MissionPatch]
LaunchStatus launch_statuses
    id:int name abbrev description
NetPrecision net_precisions
    id:int name abbrev description
Update updates
    id:int profile_image:media comment info_url created_by created_on:datetime
TimelineEventType timeline_event_types
    id:int abbrev description
TimelineEvent
    type:TimelineEventType relative_time:duration
RocketNormal rockets
    id:int configuration:LauncherConfigList
RocketDetailed rockets
    id:int configuration:LauncherConfigDetailed launcher_stage:[FirstStageNormal]
    spacecraft_stage:[SpacecraftFlightDetailedSerializerNoLaunch]
    payloads:[PayloadFlightSerializerNoLaunch]
FirstStageMini first_stages
    id:int type reused:bool launcher_flight_number:int launcher:LauncherMini
    previous_flight_date:datetime turn_around_time:duration
FirstStageNormalSerializerNoLanding as FirstStageMini
    launcher:LauncherNormal previous_flight:LaunchMini
FirstStageDetailedSerializerNoLanding as FirstStageNormalSerializerNoLanding
    previous_flight:LaunchNormal
FirstStageNormal as FirstStageMini
    launcher:LauncherNormal landing:Landing previous_flight:LaunchMini
FirstStageType first_stage_types
    id:int name
LauncherMini launchers
    response_mode=list id:int url:link flight_proven:bool serial_number is_placeholder:bool
    status:LauncherStatus image:Image
LauncherNormal as LauncherMini
    response_mode=normal details successful_landings:int~ attempted_landings:int~ flights:int
    last_launch_date:datetime first_launch_date:datetime fastest_turnaround:duration
LauncherDetailed as LauncherNormal
    response_mode=detailed launcher_config:LauncherConfigList
LauncherStatus launcher_statuses
    id:int name
LauncherConfigList launcher_configurations
    response_mode=list id:int url:link name families:[LauncherConfigFamilyMini] full_name
    variant
LauncherConfigNormal as LauncherConfigList
    response_mode=normal families:[LauncherConfigFamilyNormal] active:bool is_placeholder:bool
    manufacturer:AgencyNormal program:[ProgramNormal] reusable:bool image:Image info_url
    wiki_url
LauncherConfigDetailed as LauncherConfigNormal
    response_mode=detailed families:[LauncherConfigFamilyDetailed] manufacturer:AgencyDetailed
    description alias min_stage:int max_stage:int length:float diameter:float maiden_flight:date
    launch_cost:int launch_mass:float leo_capacity:float gto_capacity:float geo_capacity:float
    sso_capacity:float to_thrust:float apogee:float total_launch_count:int~
    consecutive_successful_launches:int~ successful_launches:int~ failed_launches:int~
    pending_launches:int~ attempted_landings:int~ successful_landings:int~ failed_landings:int~
    consecutive_successful_landings:int~ fastest_turnaround:duration
LauncherConfigDetailedSerializerNoManufacturer as LauncherConfigDetailed
    -manufacturer
LauncherConfigFamilyMini launcher_configuration_families
    response_mode=list id:int name
LauncherConfigFamilyNormal as LauncherConfigFamilyMini
    response_mode=normal manufacturer:[AgencyNormal] parent:LauncherConfigFamilyMini
LauncherConfigFamilyDetailed as LauncherConfigFamilyMini
    response_mode=detailed manufacturer:[AgencyDetailed] parent:LauncherConfigFamilyNormal
    description active:bool maiden_flight:date total_launch_count:int~
    consecutive_successful_launches:int~ successful_launches:int~ failed_launches:int~
    pending_launches:int~ attempted_landings:int~ successful_landings:int~ failed_landings:int~
    consecutive_successful_landings:int~
PadSerializerNoLocation pads
    id:int url:link active:bool agencies:[AgencyMini] name image:Image description info_url
    wiki_url map_url latitude:float longitude:float country:Country map_image:media
    total_launch_count:int~ orbital_launch_attempt_count:int~ fastest_turnaround:duration
Pad as PadSerializerNoLocation
    agencies:[AgencyNormal] location:Location
Location locations
    response_mode=normal id:int url:link name celestial_body:CelestialBodyDetailed active:bool
    country:Country description image:Image map_image:media longitude:float latitude:float
    timezone_name total_launch_count:int~ total_landing_count:int~
LocationSerializerNoCelestialBody as Location
    -celestial_body
LocationSerializerWithPads as Location
    response_mode=detailed pads:[PadSerializerNoLocation]
CelestialBodyMini celestial_bodies
    response_mode=list id:int name
CelestialBodyNormal as CelestialBodyMini
    response_mode=normal type:CelestialBodyType diameter:float mass:float gravity:float
    length_of_day atmosphere:bool image:Image description wiki_url
CelestialBodyDetailed as CelestialBodyNormal
    total_attempted_launches:int~ successful_launches:int~ failed_launches:int~
    total_attempted_landings:int~ successful_landings:int~ failed_landings:int~
CelestialBodyEndpointDetailed as CelestialBodyDetailed
    response_mode=detailed locations:[LocationSerializerNoCelestialBody]
CelestialBodyType celestial_body_types
    id:int name
PayloadMini payloads
    response_mode=list id:int name type:PayloadType manufacturer:AgencyMini operator:AgencyMini
    image:Image
PayloadNormal as PayloadMini
    response_mode=normal manufacturer:AgencyNormal operator:AgencyNormal wiki_link info_link
    program:[ProgramMini] cost:int mass:float description
PayloadDetailed as PayloadNormal
    response_mode=detailed manufacturer:AgencyDetailed operator:AgencyDetailed
    program:[ProgramNormal]
PayloadType payload_types
    id:int name
PayloadFlightMini payload_flights
    response_mode=list id:int url:link destination amount:int payload:PayloadMini
    launch:LaunchMini landing:Landing
PayloadFlightMiniSerializerNoLanding as PayloadFlightMini
    -landing
PayloadFlightNormal as PayloadFlightMini
    response_mode=normal payload:PayloadNormal launch:LaunchNormal
PayloadFlightNormalSerializerNoLanding as PayloadFlightNormal
    -landing
PayloadFlightDetailed as PayloadFlightNormal
    response_mode=detailed payload:PayloadDetailed docking_events:[DockingEventForChaserNormal]
PayloadFlightDetailedSerializerNoLanding as PayloadFlightDetailed
    -landing
PayloadFlightSerializerNoLaunch as PayloadFlightDetailed
    -launch
Mission missions
    id:int name type description image:Image orbit:Orbit agencies:[AgencyDetailed]
    info_urls:[InfoURL] vid_urls:[VidURL]
MissionType mission_types
    id:int name
MissionPatch mission_patches
    id:int name priority:int image_url:media agency:AgencyMini response_mode=normal
MissionPatchDetailed as MissionPatch
    agency:AgencyDetailed response_mode=detailed launches:[LaunchNormal]
    expeditions:[ExpeditionNormal] program:[ProgramNormal]
Orbit orbits
    id:int name abbrev celestial_body:CelestialBodyMini
ProgramMini programs
    response_mode=list id:int url:link name image:Image info_url wiki_url
ProgramNormal as ProgramMini
    response_mode=normal description agencies:[AgencyMini] start_date:datetime end_date:datetime
    mission_patches:[MissionPatch] type:ProgramType
ProgramType program_types
    id:int name
InfoURLType infourl_types
    id:int name
InfoURL
    priority:int source title description feature_image url type:InfoURLType language:Language
VidURLType vidurl_types
    id:int name
VidURL
    priority:int source publisher title description feature_image url type:VidURLType
    language:Language start_time:datetime end_time:datetime live:bool
Language languages
    id:int name code
EventMini events
    id:int url:link name info_urls:[InfoURL] vid_urls:[VidURL] image:Image date:datetime
EventNormal as EventMini
    slug type:EventType description webcast_live:bool location date_precision:NetPrecision
EventEndpointList as EventNormal
    response_mode=list duration:duration
EventEndpointNormal as EventEndpointList
    response_mode=normal updates:[Update] last_updated:datetime~
EventEndpointDetailed as EventEndpointNormal
    response_mode=detailed agencies:[AgencyMini] launches:[LaunchBasic]
    expeditions:[ExpeditionNormal] spacestations:[SpaceStationNormal] program:[ProgramNormal]
    astronauts:[AstronautNormal]
EventType event_types
    id:int name
NoticeType notice_types
    id:int name
RoadClosureStatus road_closure_statuses
    id:int name
""")


def shapes_of(table: str) -> list[Shape]:
    """The shapes whose rows are in a table."""
    return next(shape.siblings for shape in SHAPES.values() if shape.table == table)
