"""The shapes of LL2 2.3.0, as data.

Each has the name of its schema in LL2's OpenAPI document, then its table; below, its keys in the
order LL2 sends them. The notation:

    name                 text                    name:int, name:bool    a kind of model.SCALARS
    key:Shape            a nested object         key:[Shape]            a list of them
    key=value            always this text        ~                      moves by itself: no news

What moves by itself was seen on records captured twice: times of craft in space and flights under
way, counts that grow with each launch, ``last_updated``. A shape without a table has no id: its
objects live in their owner's list. What its columns mean is said in ``tables``.
"""

from __future__ import annotations

from ll2_mirror.ll2.notation import read_shapes

SHAPES = read_shapes("""
ImageLicense image_licenses
    id:int name priority:int link
ImageVariantType image_variant_types
    id:int name
ImageVariant image_variants
    id:int type:ImageVariantType image_url:media
Image images
    id:int name image_url:media thumbnail_url:media credit license:ImageLicense
    single_use:bool variants:[ImageVariant]
SpacecraftStatus spacecraft_statuses
    id:int name
SpacecraftConfigType spacecraft_configuration_types
    id:int name
AgencyType agency_types
    id:int name
AgencyMini agencies
    response_mode=list id:int url:link name abbrev type:AgencyType
SpacecraftConfigFamilyMini spacecraft_configuration_families
    response_mode=list id:int name
SpacecraftConfigFamilyNormal spacecraft_configuration_families
    response_mode=normal id:int name description manufacturer:AgencyMini
    parent:SpacecraftConfigFamilyMini maiden_flight:date
SpacecraftConfigNormal spacecraft_configurations
    response_mode=normal id:int url:link name type:SpacecraftConfigType agency:AgencyMini
    family:[SpacecraftConfigFamilyNormal] in_use:bool image:Image
SpacecraftNormal spacecraft
    response_mode=normal id:int url:link name serial_number is_placeholder:bool image:Image
    in_space:bool time_in_space:duration~ time_docked:duration~ flights_count:int
    mission_ends_count:int status:SpacecraftStatus description
    spacecraft_config:SpacecraftConfigNormal fastest_turnaround:duration
Country countries
    id:int name alpha_2_code alpha_3_code nationality_name nationality_name_composed
AgencyNormal agencies
    response_mode=normal id:int url:link name abbrev type:AgencyType featured:bool
    country:[Country] description administrator founding_year:int launchers spacecraft parent
    image:Image logo:Image social_logo:Image
SpacecraftConfigFamilyDetailed spacecraft_configuration_families
    response_mode=normal id:int name description manufacturer:AgencyNormal
    parent:SpacecraftConfigFamilyNormal maiden_flight:date spacecraft_flown:int~
    total_launch_count:int~ successful_launches:int~ failed_launches:int~
    attempted_landings:int~ successful_landings:int~ failed_landings:int~
SpacecraftConfigDetailed spacecraft_configurations
    response_mode=detailed id:int url:link name type:SpacecraftConfigType agency:AgencyNormal
    family:[SpacecraftConfigFamilyDetailed] in_use:bool image:Image capability history details
    maiden_flight:date height:float diameter:float human_rated:bool crew_capacity:int
    payload_capacity:int payload_return_capacity:int flight_life wiki_link info_link
    spacecraft_flown:int~ total_launch_count:int~ successful_launches:int~
    failed_launches:int~ attempted_landings:int~ successful_landings:int~ failed_landings:int~
    fastest_turnaround:duration
LaunchStatus launch_statuses
    id:int name abbrev description
NetPrecision net_precisions
    id:int name abbrev description
LauncherConfigFamilyMini launcher_configuration_families
    response_mode=list id:int name
LauncherConfigList launcher_configurations
    response_mode=list id:int url:link name families:[LauncherConfigFamilyMini] full_name
    variant
RocketNormal rockets
    id:int configuration:LauncherConfigList
CelestialBodyMini celestial_bodies
    response_mode=list id:int name
Orbit orbits
    id:int name abbrev celestial_body:CelestialBodyMini
SocialMedia social_media
    id:int name url logo:Image
SocialMediaLink social_media_links
    id:int social_media:SocialMedia url
AgencyDetailed agencies
    response_mode=normal id:int url:link name abbrev type:AgencyType featured:bool
    country:[Country] description administrator founding_year:int launchers spacecraft parent
    image:Image logo:Image social_logo:Image total_launch_count:int~
    consecutive_successful_launches:int~ successful_launches:int~ failed_launches:int~
    pending_launches:int~ consecutive_successful_landings:int~ successful_landings:int~
    failed_landings:int~ attempted_landings:int~ successful_landings_spacecraft:int~
    failed_landings_spacecraft:int~ attempted_landings_spacecraft:int~
    successful_landings_payload:int~ failed_landings_payload:int~
    attempted_landings_payload:int~ info_url wiki_url social_media_links:[SocialMediaLink]
InfoURLType infourl_types
    id:int name
Language languages
    id:int name code
InfoURL
    priority:int source title description feature_image url type:InfoURLType language:Language
VidURLType vidurl_types
    id:int name
VidURL
    priority:int source publisher title description feature_image url type:VidURLType
    language:Language start_time:datetime end_time:datetime live:bool
Mission missions
    id:int name type description image:Image orbit:Orbit agencies:[AgencyDetailed]
    info_urls:[InfoURL] vid_urls:[VidURL]
CelestialBodyType celestial_body_types
    id:int name
CelestialBodyDetailed celestial_bodies
    response_mode=normal id:int name type:CelestialBodyType diameter:float mass:float
    gravity:float length_of_day atmosphere:bool image:Image description wiki_url
    total_attempted_launches:int~ successful_launches:int~ failed_launches:int~
    total_attempted_landings:int~ successful_landings:int~ failed_landings:int~
Location locations
    response_mode=normal id:int url:link name celestial_body:CelestialBodyDetailed active:bool
    country:Country description image:Image map_image:media longitude:float latitude:float
    timezone_name total_launch_count:int~ total_landing_count:int~
Pad pads
    id:int url:link active:bool agencies:[AgencyNormal] name image:Image description info_url
    wiki_url map_url latitude:float longitude:float country:Country map_image:media
    total_launch_count:int~ orbital_launch_attempt_count:int~ fastest_turnaround:duration
    location:Location
MissionPatch mission_patches
    id:int name priority:int image_url:media agency:AgencyMini response_mode=normal
ProgramType program_types
    id:int name
ProgramNormal programs
    response_mode=normal id:int url:link name image:Image info_url wiki_url description
    agencies:[AgencyMini] start_date:datetime end_date:datetime mission_patches:[MissionPatch]
    type:ProgramType
LaunchNormal launches
    id:uuid url:link name response_mode=normal slug launch_designator status:LaunchStatus
    last_updated:datetime~ net:datetime net_precision:NetPrecision window_end:datetime
    window_start:datetime image:Image infographic:media probability:int weather_concerns
    failreason hashtag launch_service_provider:AgencyMini rocket:RocketNormal mission:Mission
    pad:Pad webcast_live:bool program:[ProgramNormal] orbital_launch_attempt_count:int~
    location_launch_attempt_count:int~ pad_launch_attempt_count:int~
    agency_launch_attempt_count:int~ orbital_launch_attempt_count_year:int~
    location_launch_attempt_count_year:int~ pad_launch_attempt_count_year:int~
    agency_launch_attempt_count_year:int~
LocationSerializerNoCelestialBody locations
    response_mode=normal id:int url:link name active:bool country:Country description
    image:Image map_image:media longitude:float latitude:float timezone_name
    total_launch_count:int~ total_landing_count:int~
CelestialBodyNormal celestial_bodies
    response_mode=normal id:int name type:CelestialBodyType diameter:float mass:float
    gravity:float length_of_day atmosphere:bool image:Image description wiki_url
LandingLocation landing_locations
    id:int name active:bool abbrev description location:LocationSerializerNoCelestialBody
    longitude:float latitude:float image:Image successful_landings:int~
    attempted_landings:int~ failed_landings:int~ celestial_body:CelestialBodyNormal
LandingType landing_types
    id:int name abbrev description
Landing landings
    id:int url:link attempt:bool success:bool description downrange_distance:float
    landing_location:LandingLocation type:LandingType
SpacecraftFlightNormal spacecraft_flights
    id:int url:link destination mission_end:datetime spacecraft:SpacecraftNormal
    launch:LaunchNormal landing:Landing duration:duration~ turn_around_time:duration
    response_mode=normal
SpacecraftEndpointDetailed spacecraft
    response_mode=detailed id:int url:link name serial_number is_placeholder:bool image:Image
    in_space:bool time_in_space:duration~ time_docked:duration~ flights_count:int
    mission_ends_count:int status:SpacecraftStatus description
    spacecraft_config:SpacecraftConfigDetailed fastest_turnaround:duration
    flights:[SpacecraftFlightNormal]
LauncherConfigFamilyNormal launcher_configuration_families
    response_mode=normal id:int name manufacturer:[AgencyNormal]
    parent:LauncherConfigFamilyMini
LauncherConfigFamilyDetailed launcher_configuration_families
    response_mode=detailed id:int name manufacturer:[AgencyDetailed]
    parent:LauncherConfigFamilyNormal description active:bool maiden_flight:date
    total_launch_count:int~ consecutive_successful_launches:int~ successful_launches:int~
    failed_launches:int~ pending_launches:int~ attempted_landings:int~
    successful_landings:int~ failed_landings:int~ consecutive_successful_landings:int~
LauncherConfigDetailedSerializerNoManufacturer launcher_configurations
    response_mode=detailed id:int url:link name families:[LauncherConfigFamilyDetailed]
    full_name variant active:bool is_placeholder:bool program:[ProgramNormal] reusable:bool
    image:Image info_url wiki_url description alias min_stage:int max_stage:int length:float
    diameter:float maiden_flight:date launch_cost:int launch_mass:float leo_capacity:float
    gto_capacity:float geo_capacity:float sso_capacity:float to_thrust:float apogee:float
    total_launch_count:int~ consecutive_successful_launches:int~ successful_launches:int~
    failed_launches:int~ pending_launches:int~ attempted_landings:int~
    successful_landings:int~ failed_landings:int~ consecutive_successful_landings:int~
    fastest_turnaround:duration
AgencyEndpointDetailed agencies
    response_mode=detailed id:int url:link name abbrev type:AgencyType featured:bool
    country:[Country] description administrator founding_year:int launchers spacecraft parent
    image:Image logo:Image social_logo:Image total_launch_count:int~
    consecutive_successful_launches:int~ successful_launches:int~ failed_launches:int~
    pending_launches:int~ consecutive_successful_landings:int~ successful_landings:int~
    failed_landings:int~ attempted_landings:int~ successful_landings_spacecraft:int~
    failed_landings_spacecraft:int~ attempted_landings_spacecraft:int~
    successful_landings_payload:int~ failed_landings_payload:int~
    attempted_landings_payload:int~ info_url wiki_url social_media_links:[SocialMediaLink]
    launcher_list:[LauncherConfigDetailedSerializerNoManufacturer]
    spacecraft_list:[SpacecraftConfigDetailed]
""")
