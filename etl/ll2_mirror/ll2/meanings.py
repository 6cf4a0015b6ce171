"""What the tables are in words: sections by subject, a sentence for each table, list and column.

Which columns a table has, and in which order, the shapes say. The notation:

    # Heading                        a section
    table  sentence                  a table, in the order to read them
        column  [unit]  sentence     where it isn't what COLUMNS says of that name
        key[]  sentence              the table of the list under a key

What is indented by eight goes on with the line before. ``describe`` puts the two together: a name
that no table has, and a column or a list of which nothing is said, is an error there.
"""

from __future__ import annotations

from ll2_mirror.ll2.words import read_said, read_sections

HEADER = """\
-- The tables of an ll2-mirror file. Read from the top: spacecraft, who builds them, how they fly,
-- stations and people, launches and what they carry, missions, events.
-- Made by `make schema` from what etl/ll2_mirror/ll2 declares: a change here would be overwritten.
--
-- * Tables have the names of Launch Library 2's endpoints (else the plural of its schema's name),
--   columns the names of its keys. A nested object is <key>_id; a list is a table <table>__<key>
--   (<whose>_id, position, <what>_id), and the column <key>_items counts it.
-- * Values are kept as LL2 sends them: dates, times and durations as text, true and false as 1 and
--   0. A duration has a second column, <key>_seconds. A url is stored without its host.
-- * Any value but id can be null, whatever LL2's documents say. A column that only a richer shape
--   of an object has is null until that shape was seen; _shapes lists the shapes each row was seen
--   in.
-- * _extra holds, as JSON, what LL2 sent beyond these columns (see docs/architecture.md).
-- * Beside each column stands what it holds, behind its unit where it has one.
-- * Tables that begin with _ are the tool's own: runs, history, tombstones, the pages as LL2 sent
--   them. All indexes stand at the end.
"""

# What is said of a column by the kind of its key, where its table doesn't say otherwise.
KINDS = read_said("""
bool      [0 or 1]
date      [YYYY-MM-DD]
datetime  [UTC]
duration  [ISO 8601]
seconds   [seconds]  the same, to sort and add
link      LL2's path; put https://ll.thespacedevs.com before it
owner     whose list it is
position  the place in the list, from 0
item      what stands there
many      how many rows in {table}__{key}; null where LL2 says null
""")

# What is said of a column by its name.
COLUMNS = read_said("""
id                               LL2's own number
_shapes                          the shapes that this row was seen in
_extra                           JSON: what LL2 sent beyond these columns
name                             as LL2 calls it
full_name                        the name with its variant
abbrev                           the short name
type_id                          of which type it is
description                      what LL2 tells of it
priority                         LL2's rank among its like
active                           in use
image_id                         its picture
image_url                        where the picture is; its host differs by day and API host
map_image                        where a picture of the map is
info_url                         where more is told of it
wiki_url                         its page in Wikipedia
url                              where it is on the web
source                           the host of the page
title                            what the page is called
publisher                        who put it there
feature_image                    where a picture of it is
language_id                      of what is said there
start_time                       when it begins
end_time                         when it ends
live                             under way now
logo_id                          its logo
country_id                       where it lies
celestial_body_id                the body that it is on
location_id                      the place that it belongs to
serial_number                    the builder's number, where there is one
manufacturer_id                  who builds it
destination                      where it goes, in words
slug                             the name, for URLs
webcast_live                     shown live now
last_updated                     when LL2 last changed it; most changes do not move it
start                            when it begins
end                              when it ends
mass                             [kg]  how heavy it is
flights_count                    flights so far
launch_id                        how it went up
landing_id                       how it comes down
duration                         how long it takes
relative_time                    how long after lift-off; negative: before
spacestation_id                  at which station
latitude                         [degrees]  north of the equator
longitude                        [degrees]  east of Greenwich
parent_id                        the family that it belongs to
maiden_flight                    when the first flew
fastest_turnaround               the shortest time between two launches
spacecraft_flown                 craft of it that flew
total_launch_count               launches so far
successful_launches              launches that succeeded
failed_launches                  launches that failed
pending_launches                 launches that are planned
consecutive_successful_launches  launches that succeeded in a row, until now
attempted_landings               landings tried
successful_landings              landings that succeeded
failed_landings                  landings that failed
consecutive_successful_landings  landings that succeeded in a row, until now
""")

SECTIONS = read_sections("""
# Spacecraft: what they are, of which type and family
spacecraft  Every craft LL2 knows: capsules, spaceplanes, cargo ships, landers; flown, flying or
        planned. One row each.
    name  as LL2 calls it; not unique
    is_placeholder  stands for a craft not yet known
    in_space  up there now
    time_in_space  how long it was up, over all flights; grows daily while in space
    time_docked  how long it was docked, over all flights; grows daily while docked
    mission_ends_count  flights that ended
    status_id  whether it is in use, retired, lost, ...
    spacecraft_config_id  the type of craft
    fastest_turnaround  shortest time from landing to next launch
    flights[]  The flights of each spacecraft, in the order LL2 lists them (detailed mode).
spacecraft_statuses  Active, Single Use, Retired, Lost, ...
spacecraft_configurations  The types of craft: Soyuz, Crew Dragon 2, Orion, ... Columns from
        capability on come with detailed mode.
    agency_id  who built it
    in_use  still flying
    capability  what it is made for
    history  how it came about
    details  how it is built
    height  [m]  how long it is
    diameter  [m]  how wide it is
    human_rated  made to carry people
    crew_capacity  how many seats it has
    payload_capacity  [kg]  what it can carry up
    payload_return_capacity  [kg]  what it can carry down
    flight_life  how long it can fly, in words
    wiki_link  its page in Wikipedia
    info_link  where more is told of it
    fastest_turnaround  shortest time from landing to next launch
    family[]  The families that a configuration belongs to, from the broadest to the narrowest as
        LL2 lists them.
spacecraft_configuration_types  Capsule, Space Plane, ...
spacecraft_configuration_families  Families of configurations, each with its manufacturer; a family
        may have a parent family.
    spacecraft[]  The configurations of each family (its own list, detailed mode).

# Agencies: who builds and flies them
agencies  Who builds, flies and owns: space agencies, companies, institutes. Columns from featured
        on come with richer shapes than the list one.
    featured  one that LL2 puts in front
    administrator  who leads it, with the title
    founding_year  [year]  when it was founded
    launchers  its launchers, as text: names separated by |
    spacecraft  its spacecraft, as text: names separated by |
    parent  the parent agency's name, as text
    social_logo_id  its logo, cut for social media
    attempted_landings  landings tried, without those of spacecraft and payloads
    successful_landings_spacecraft  landings of spacecraft that succeeded
    failed_landings_spacecraft  landings of spacecraft that failed
    attempted_landings_spacecraft  landings of spacecraft tried
    successful_landings_payload  landings of payloads that succeeded
    failed_landings_payload  landings of payloads that failed
    attempted_landings_payload  landings of payloads tried
    country[]  The countries of each agency.
    social_media_links[]  Each agency's pages on social media (detailed mode).
    launcher_list[]  The launcher configurations of each agency (resource agencies, detailed mode).
    spacecraft_list[]  The spacecraft configurations of each agency (resource agencies, detailed
        mode).
agency_types  Government, Commercial, Private, Multinational, ...
countries  Countries with their ISO 3166-1 codes. "Unknown" has the code ???.
    alpha_2_code  [ISO 3166-1]  two letters
    alpha_3_code  [ISO 3166-1]  three letters
    nationality_name  as in French
    nationality_name_composed  as in Franco-American
social_media_links  One agency's page on one network.
    social_media_id  which network
social_media  Networks an agency can be on.

# Images and their licenses
images  Pictures, with credit and license: ask these before you show one.
    thumbnail_url  where a small one is
    credit  whom to name
    license_id  what may be done with it
    single_use  belongs to one entry only
    variants[]  Other cuts of the same picture.
image_licenses  What may be done with a picture; link leads to the terms.
    priority  0: the freest
    link  where the terms are
image_variants  One other cut of a picture.
image_variant_types  What kind of cut a variant is.

# Flights and landings
spacecraft_flights  One flight of one craft: its launch, its landing, how long it took.
    mission_end  when it ended, or will
    spacecraft_id  which craft flies
    duration  how long it took; grows while under way
    turn_around_time  how long since the landing before
    launch_crew[]  Who was aboard at the launch (detailed mode).
    onboard_crew[]  Who was aboard in flight (detailed mode).
    landing_crew[]  Who was aboard at the landing (detailed mode).
    docking_events[]  The dockings of each flight (detailed mode).
landings  How a flight came down, or will.
    attempt  a landing was tried, or will be
    success  it succeeded; null: not yet known
    downrange_distance  [km]  how far from where it was launched
    landing_location_id  where it lands
    firststage_id  the stage that lands, if it is one
    spacecraftflight_id  the flight of the spacecraft that lands, if it is one
    payloadflight_id  the flight of the payload that lands, if it is one
landing_types  Splashdown, Runway, Parachute, ...
landing_locations  Where craft and stages land: strips, zones, seas, drone ships.

# Stations and dockings
space_stations  Space stations: flying, planned, gone.
    status_id  whether it is active, gone, ...
    founded  when its first part went up
    deorbited  when it came down
    orbit  where it flies, as text
    height  [m]  how high it is
    width  [m]  how wide it is
    mass  [t]  how heavy it is
    volume  [m^3]  how much room it has
    onboard_crew  people aboard now
    docked_vehicles  craft docked now
    owners[]  The agencies that own a station.
    active_expeditions[]  The expeditions aboard now.
    docking_location[]  A station's ports (its own list, detailed mode).
    active_docking_events[]  The dockings that last (its own list, detailed mode).
space_station_types  Government, Commercial, ...
space_station_statuses  Active, De-Orbited, ...
docking_events  Dockings: what came (the chaser) to what was there (the target), and when. Each is a
        flight of a spacecraft, a station or the flight of a payload.
    docking  when it docked
    departure  when it left; null: not yet, or not known
    docking_location_id  at which port
    flight_vehicle_chaser_id  what came, if a spacecraft
    space_station_chaser_id  what came, if a station
    payload_flight_chaser_id  what came, if a payload
    space_station_target_id  where it docked, if a station
    flight_vehicle_target_id  where it docked, if a spacecraft
    payload_flight_target_id  where it docked, if a payload
docking_locations  Ports, each of a station, a type of spacecraft or a payload.
    spacestation_id  the station that has it
    spacecraft_id  the type of spacecraft that has it
    payload_id  the payload that has it
    currently_docked_id  the docking that lasts there now

# Astronauts: who flies, and what they do up there
astronauts  Astronauts, cosmonauts, taikonauts, guests; and a few dummies, monkeys and dogs.
    status_id  whether active, retired, lost in flight, ...
    agency_id  for whom they fly
    in_space  up there now
    time_in_space  how long they were up, over all flights; grows daily while in space
    eva_time  how long they were outside, over all spacewalks
    age  [years]  today, or at death
    date_of_birth  when they were born
    date_of_death  when they died
    bio  their life, in words
    wiki  their page in Wikipedia
    last_flight  when their last launch was
    first_flight  when their first launch was
    landings_count  landings so far
    spacewalks_count  spacewalks so far
    nationality[]  Each astronaut's countries.
    social_media_links[]  Each astronaut's pages on social media.
    flights[]  The launches that an astronaut flew on (detailed mode).
    landings[]  The flights that an astronaut landed with (detailed mode).
    spacewalks[]  The spacewalks of each astronaut (detailed mode).
astronaut_statuses  Active, Retired, In-Training, ...
astronaut_types  Government, Private, Non-Human, ...
astronaut_flights  One astronaut in one crew, with the role they had.
    role_id  as what they fly
    astronaut_id  who flies
astronaut_roles  Commander, Pilot, Flight Engineer, ...
    role  what it is called
expeditions  Expeditions: a crew's stay aboard a station.
    mission_patches[]  An expedition's patches.
    spacewalks[]  The spacewalks of an expedition.
    crew[]  Who belongs to an expedition (detailed mode).
spacewalks  Spacewalks: who was outside, when, how long.
    location  where, as text
    expedition_id  during which expedition
    spacecraft_flight_id  from which craft, on which flight
    event_id  the event that tells of it
    crew[]  Who was outside.
    program[]  The programs that a spacewalk belongs to.

# Launches: when, on what, from where
launches  Every launch LL2 knows, flown, failed or planned. The id is a UUID.
    id  a UUID
    launch_designator  COSPAR's: the year, and which launch of it
    status_id  whether it is certain, flying, a success, ...
    net  the time of launch, no earlier than (NET)
    net_precision_id  how precisely net is known
    window_end  when it may fly at the latest
    window_start  when it may fly at the earliest
    infographic  where a picture that explains it is
    probability  [percent]  the chance of fit weather
    weather_concerns  what of the weather may stop it
    failreason  why it failed
    hashtag  what it is called on social media
    launch_service_provider_id  who launches it
    rocket_id  what it flies on
    mission_id  what it is for
    pad_id  from where it flies
    orbital_launch_attempt_count  which try for an orbit it is, of all
    location_launch_attempt_count  which launch it is of its location
    pad_launch_attempt_count  which launch it is of its pad
    agency_launch_attempt_count  which launch it is of its agency
    orbital_launch_attempt_count_year  which try for an orbit it is, of its year
    location_launch_attempt_count_year  which launch it is of its location in its year
    pad_launch_attempt_count_year  which launch it is of its pad in its year
    agency_launch_attempt_count_year  which launch it is of its agency in its year
    flightclub_url  where its flight is simulated
    pad_turnaround  how long since the launch before from the same pad
    program[]  The programs a launch belongs to.
    updates[]  What was told of a launch (detailed mode).
    info_urls[]  Pages about a launch, in order (detailed mode). LL2 gives these no id, so they live
        in this list.
    vid_urls[]  Videos and streams of a launch, in order (detailed mode). LL2 gives these no id, so
        they live in this list.
    timeline[]  What happens during a launch, in order (detailed mode). LL2 gives these no id, so
        they live in this list.
    mission_patches[]  A launch's patches (detailed mode).
launch_statuses  Go, TBD, Success, Failure, ...
net_precisions  How precisely launches.net is known: to the second, the day, the quarter, ...
updates  Notes on launches, events and programs: what somebody learned, and from where.
    profile_image  where a picture of who wrote it is
    comment  what is told
    info_url  where it is from
    created_by  who wrote it
    created_on  when it was written
timeline_event_types  Liftoff, Max-Q, Stage 2 Separation, ...
    abbrev  what it is called
rockets  The vehicle of one launch: one row a launch, of a launcher configuration.
    configuration_id  the type of launcher
    launcher_stage[]  The first stages and boosters of each (detailed mode).
    spacecraft_stage[]  The spacecraft that it carries, each on its flight (detailed mode).
    payloads[]  The payloads that it carries, each on its flight (detailed mode).
first_stages  One launcher on one launch.
    type  as what it flies: Core, Strap-On Booster, ...
    reused  it flew before
    launcher_flight_number  which flight of the launcher it is
    launcher_id  which launcher flies
    previous_flight_date  when it flew before
    turn_around_time  how long since the flight before
    previous_flight_id  the flight before
first_stage_types  Core, Strap-On Booster, ...
launchers  Single launchers that are made to fly again: B1058, ...
    flight_proven  it flew
    is_placeholder  stands for a launcher not yet known
    status_id  whether it is active, lost, retired, ...
    details  its story, in words
    flights  flights so far
    last_launch_date  when its last launch was
    first_launch_date  when its first launch was
    launcher_config_id  the type of launcher
launcher_statuses  Active, Expended, Lost, ...
launcher_configurations  The types of launcher: Falcon 9 Block 5, Soyuz 2.1a, ... Columns from
        active on come with richer shapes than the list one.
    variant  which of those that share the name
    is_placeholder  stands for a type not yet known
    reusable  made to fly again
    alias  another name
    min_stage  the fewest stages
    max_stage  the most stages
    length  [m]  how long it is
    diameter  [m]  how wide it is at most
    launch_cost  [USD]  what one launch costs
    launch_mass  [t]  how heavy it is at lift-off
    leo_capacity  [kg]  what it can carry to a low Earth orbit
    gto_capacity  [kg]  what it can carry to a geostationary transfer orbit
    geo_capacity  [kg]  what it can carry to the geostationary orbit
    sso_capacity  [kg]  what it can carry to a Sun-synchronous orbit
    to_thrust  [kN]  its thrust at lift-off
    apogee  [km]  how high it flies, sub-orbital only
    families[]  The families of a launcher configuration.
    program[]  The programs a launcher configuration belongs to.
launcher_configuration_families  Families of launchers: Falcon, Soyuz, Long March, ...
    manufacturer[]  Who builds a family of launchers.
pads  Launch pads.
    map_url  where a map is
    orbital_launch_attempt_count  tries for an orbit so far
    agencies[]  The agencies that use a pad.
locations  Launch and landing sites: a location has many pads.
    timezone_name  [IANA name]  its time zone
    total_landing_count  landings so far
    pads[]  The pads of a location (its own list, detailed mode).
celestial_bodies  Earth, Moon, Mars, ...
    diameter  [m]  how wide it is
    gravity  [m/s^2]  how fast things fall at its surface
    length_of_day  [D HH:MM:SS]  how long a day is, as LL2 prints it
    atmosphere  it has one
    total_attempted_launches  launches tried
    total_attempted_landings  landings tried
    locations[]  The places on a body from where was launched or where was landed (its own list,
        detailed mode).
celestial_body_types  Planet, Moon, ...

# Payloads: what is carried
payloads  Satellites, probes, modules: what a launch carries that is no spacecraft of these lists.
    operator_id  who runs it
    wiki_link  its page in Wikipedia
    info_link  where more is told of it
    cost  [USD]  what it costs
    program[]  The programs that a payload belongs to.
payload_types  Communications, Earth Science, ...
payload_flights  One flight of one payload, or of several that are alike.
    amount  how many of it fly
    payload_id  what flies
    docking_events[]  The dockings of each flight (detailed mode).

# Missions and programs: what for
missions  What a launch is for.
    type  its type, as text: Human Exploration, Resupply, ...
    orbit_id  where it goes
    agencies[]  The agencies behind a mission.
    info_urls[]  Pages about a mission, in order. LL2 gives these no id, so they live in this list.
    vid_urls[]  Videos and streams of a mission, in order. LL2 gives these no id, so they live in
        this list.
mission_types  Human Exploration, Resupply, Communications, ...
infourl_types  Official Page, Press Kit, ...
vidurl_types  Official Webcast, Unofficial Re-stream, ...
languages  Languages of linked pages and videos, ISO 639-1.
    code  [ISO 639-1]  two letters
orbits  Low Earth Orbit, Lunar, Sub-Orbital, ...
    celestial_body_id  around which it leads
programs  Programs: International Space Station, Artemis, Commercial Crew, ...
    start_date  when it began
    end_date  when it ends
    agencies[]  The agencies behind a program.
    mission_patches[]  A program's patches.
program_types  Human Spaceflight, Exploration, ...
mission_patches  Patches, each with its picture.
    agency_id  whose patch it is
    launches[]  The launches with a patch (its own list, detailed mode).
    expeditions[]  The expeditions with a patch (its own list, detailed mode).
    program[]  The programs with a patch (its own list, detailed mode).

# Events and notices
events  What happens beside launches: dockings, landings, spacewalks, press events, flybys.
    date  when it happens
    type_id  what kind of event it is
    location  where, as text
    date_precision_id  how precisely date is known
    info_urls[]  Pages about an event, in order. LL2 gives these no id, so they live in this list.
    vid_urls[]  Videos and streams of an event, in order. LL2 gives these no id, so they live in
        this list.
    updates[]  What was told of an event.
    agencies[]  The agencies that take part (detailed mode).
    launches[]  The launches that it is about (detailed mode).
    expeditions[]  The expeditions that it is about (detailed mode).
    spacestations[]  The stations that it is about (detailed mode).
    program[]  The programs that an event belongs to (detailed mode).
    astronauts[]  The astronauts that it is about (detailed mode).
event_types  Spacecraft Docking, Landing, EVA, Press Event, ...
notice_types  What kind of notice warns of a launch: to aircrew, to seafarers, ... LL2 lists only
        the types.
road_closure_statuses  Scheduled, Closed, Possible, ... of roads beside a launch site. LL2 lists
        only the statuses.
""")
