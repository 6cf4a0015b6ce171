-- The tables of an ll2-mirror file. Read from the top: spacecraft, who builds them, how they fly,
-- stations and people, launches and what they carry, missions, events.
-- Made by `make schema` from what etl/ll2_mirror/ll2 declares: a change here would be overwritten.
--
-- * Tables have the names of Launch Library 2's endpoints (else the plural of its schema's name),
--   columns the names of its keys. The comment on a column says what it holds, after its unit, if
--   it has one.
-- * Values are kept as LL2 sends them: dates, times and durations as text, true and false as 1 and
--   0. Any value but an id can be null, whatever LL2's documents say. A column that only richer
--   modes have is null until a sync in such a mode.
-- * Times are UTC: 2026-11-30T12:00:00Z. Compare them with such texts, not with datetime('now'),
--   which has a blank instead of the T: strftime('%Y-%m-%dT%H:%M:%SZ', 'now').
--
-- These columns mean the same in every table, so they have no comments:
--
--   id             LL2's number for the row, unless a comment says otherwise
--   name, description
--                  LL2's own
--   url            the path at LL2: put https://ll.thespacedevs.com before it
--   <key>_id       a nested object: the id of its row in the table after REFERENCES
--   <key>_seconds  the duration <key> in seconds, to sort and add
--   <key>_items    the number of rows in <table>__<key>, which holds a list; null if LL2 sent null,
--                  or if no mode that was synced has the list
--   <row>_id, position, <item>_id
--                  in <table>__<key>: the row that has the list, the place from 0, the item
--   _shapes        the names of LL2's schemas in which the row was received
--   _extra         JSON: what LL2 sent that has no column (see docs/architecture.md)
--
-- Tables that begin with _ are the tool's own: runs, history, deleted records, the pages as LL2
-- sent them. All indexes are at the end.

PRAGMA application_id = 0x4c4c326d;  -- "LL2m": this file is an ll2-mirror
PRAGMA user_version = 7;  -- the version of this schema

-- ----------------------------------------------------------------------------------------------
-- Spacecraft, with their types and families
-- ----------------------------------------------------------------------------------------------

CREATE TABLE spacecraft (
    -- Every spacecraft LL2 knows, flown, flying or planned: capsules, spaceplanes, cargo ships,
    -- landers.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,  -- LL2's name for the spacecraft; not unique
    serial_number TEXT,  -- the builder's serial number of the spacecraft, if there is one
    is_placeholder INTEGER,  -- 0 or 1: the row stands for a spacecraft that is not yet known
    image_id INTEGER REFERENCES images (id),  -- picture of the spacecraft
    in_space INTEGER,  -- 0 or 1: the spacecraft is in space now
    time_in_space TEXT,
        -- ISO 8601: time in space over all flights of the spacecraft; grows daily during a
        -- flight
    time_in_space_seconds REAL,
    time_docked TEXT,
        -- ISO 8601: time docked over all flights of the spacecraft; grows daily while docked
    time_docked_seconds REAL,
    flights_count INTEGER,  -- number of flights of the spacecraft so far
    mission_ends_count INTEGER,  -- number of flights of the spacecraft that ended
    status_id INTEGER REFERENCES spacecraft_statuses (id),
        -- status of the spacecraft: Active, Single Use, Retired, ...
    description TEXT,
    spacecraft_config_id INTEGER REFERENCES spacecraft_configurations (id),
        -- type of the spacecraft
    fastest_turnaround TEXT,
        -- ISO 8601: shortest time from a landing of the spacecraft to its next launch
    fastest_turnaround_seconds REAL,
    flights_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE spacecraft__flights (
    -- The flights of each spacecraft, in LL2's order (detailed mode).
    spacecraft_id INTEGER NOT NULL REFERENCES spacecraft (id),
    position INTEGER NOT NULL,
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),
    PRIMARY KEY (spacecraft_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_statuses (
    -- Statuses of spacecraft: Active, Single Use, Retired, Lost, Under construction, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE spacecraft_configurations (
    -- The types of spacecraft: Soyuz, Crew Dragon 2, Orion, ... Columns from capability on come
    -- with detailed mode.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    type_id INTEGER REFERENCES spacecraft_configuration_types (id),  -- the kind of spacecraft
    agency_id INTEGER REFERENCES agencies (id),  -- agency that builds spacecraft of the type
    family_items INTEGER,
    in_use INTEGER,  -- 0 or 1: the type of spacecraft is still flying
    image_id INTEGER REFERENCES images (id),  -- picture of the type of spacecraft
    capability TEXT,  -- what the spacecraft is made for
    history TEXT,  -- history of the type of spacecraft
    details TEXT,  -- how the spacecraft is built
    maiden_flight TEXT,  -- YYYY-MM-DD: date of the first flight of the type of spacecraft
    height REAL,  -- m: length of the spacecraft
    diameter REAL,  -- m: width of the spacecraft
    human_rated INTEGER,  -- 0 or 1: the spacecraft is made to carry people
    crew_capacity INTEGER,  -- number of people that the spacecraft can carry
    payload_capacity INTEGER,  -- kg: mass that the spacecraft can carry up
    payload_return_capacity INTEGER,  -- kg: mass that the spacecraft can carry down
    flight_life TEXT,  -- how long the spacecraft can fly, as text
    wiki_link TEXT,  -- URL of the Wikipedia page about the spacecraft
    info_link TEXT,  -- URL of a page about the spacecraft
    spacecraft_flown INTEGER,  -- number of spacecraft of the type of spacecraft that flew
    total_launch_count INTEGER,
        -- number of launches of the type of spacecraft so far, as LL2 counts them
    successful_launches INTEGER,  -- number of launches of the type of spacecraft that succeeded
    failed_launches INTEGER,  -- number of launches of the type of spacecraft that failed
    attempted_landings INTEGER,  -- number of landings of the type of spacecraft that were attempted
    successful_landings INTEGER,  -- number of landings of the type of spacecraft that succeeded
    failed_landings INTEGER,  -- number of landings of the type of spacecraft that failed
    fastest_turnaround TEXT,
        -- ISO 8601: shortest time from a landing of a spacecraft to its next launch
    fastest_turnaround_seconds REAL,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE spacecraft_configurations__family (
    -- The families of each configuration, in LL2's order: from the broadest to the narrowest.
    spacecraft_configuration_id INTEGER NOT NULL REFERENCES spacecraft_configurations (id),
    position INTEGER NOT NULL,
    spacecraft_configuration_family_id INTEGER NOT NULL REFERENCES spacecraft_configuration_families (id),
    PRIMARY KEY (spacecraft_configuration_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_configuration_types (
    -- Kinds of spacecraft: Capsule, Spaceplane, Lander, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE spacecraft_configuration_families (
    -- Families of spacecraft configurations, with their manufacturers; some have a parent
    -- family.
    id INTEGER PRIMARY KEY,
    name TEXT,
    description TEXT,
    manufacturer_id INTEGER REFERENCES agencies (id),
        -- agency that builds the family of spacecraft
    parent_id INTEGER REFERENCES spacecraft_configuration_families (id),
        -- the family that this family belongs to
    maiden_flight TEXT,  -- YYYY-MM-DD: date of the first flight of the family of spacecraft
    spacecraft_flown INTEGER,  -- number of spacecraft of the family of spacecraft that flew
    total_launch_count INTEGER,
        -- number of launches of the family of spacecraft so far, as LL2 counts them
    successful_launches INTEGER,  -- number of launches of the family of spacecraft that succeeded
    failed_launches INTEGER,  -- number of launches of the family of spacecraft that failed
    attempted_landings INTEGER,
        -- number of landings of the family of spacecraft that were attempted
    successful_landings INTEGER,  -- number of landings of the family of spacecraft that succeeded
    failed_landings INTEGER,  -- number of landings of the family of spacecraft that failed
    spacecraft_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE spacecraft_configuration_families__spacecraft (
    -- The configurations of each family (when synced as its own list, detailed mode).
    spacecraft_configuration_family_id INTEGER NOT NULL REFERENCES spacecraft_configuration_families (id),
    position INTEGER NOT NULL,
    spacecraft_configuration_id INTEGER NOT NULL REFERENCES spacecraft_configurations (id),
    PRIMARY KEY (spacecraft_configuration_family_id, position)
) WITHOUT ROWID;

-- ----------------------------------------------------------------------------------------------
-- Agencies
-- ----------------------------------------------------------------------------------------------

CREATE TABLE agencies (
    -- Who builds, flies and owns: space agencies, companies, institutes. Columns from featured
    -- on come with richer modes than list.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    abbrev TEXT,  -- short name of the agency
    type_id INTEGER REFERENCES agency_types (id),  -- the agency type
    featured INTEGER,  -- 0 or 1: LL2 features the agency
    country_items INTEGER,
    description TEXT,
    administrator TEXT,  -- head of the agency, with title
    founding_year INTEGER,  -- year: year of the agency's founding
    launchers TEXT,  -- names of the agency's launchers, as text, separated by |
    spacecraft TEXT,  -- names of the agency's spacecraft, as text, separated by |
    parent TEXT,  -- name of the parent agency, as text
    image_id INTEGER REFERENCES images (id),  -- picture of the agency
    logo_id INTEGER REFERENCES images (id),  -- logo of the agency
    social_logo_id INTEGER REFERENCES images (id),  -- logo of the agency, cropped for social media
    total_launch_count INTEGER,  -- number of launches of the agency so far, as LL2 counts them
    consecutive_successful_launches INTEGER,
        -- number of successful launches of the agency in a row, up to now
    successful_launches INTEGER,  -- number of launches of the agency that succeeded
    failed_launches INTEGER,  -- number of launches of the agency that failed
    pending_launches INTEGER,  -- number of launches of the agency that are planned
    consecutive_successful_landings INTEGER,
        -- number of successful landings of the agency in a row, up to now
    successful_landings INTEGER,  -- number of landings of the agency that succeeded
    failed_landings INTEGER,  -- number of landings of the agency that failed
    attempted_landings INTEGER,
        -- number of landings of the agency that were attempted, without those of spacecraft and
        -- payloads
    successful_landings_spacecraft INTEGER,
        -- number of the agency's landings of spacecraft that succeeded
    failed_landings_spacecraft INTEGER,
        -- number of the agency's landings of spacecraft that failed
    attempted_landings_spacecraft INTEGER,
        -- number of the agency's landings of spacecraft that were attempted
    successful_landings_payload INTEGER,
        -- number of the agency's landings of payloads that succeeded
    failed_landings_payload INTEGER,  -- number of the agency's landings of payloads that failed
    attempted_landings_payload INTEGER,
        -- number of the agency's landings of payloads that were attempted
    info_url TEXT,  -- URL of a page about the agency
    wiki_url TEXT,  -- URL of the Wikipedia page about the agency
    social_media_links_items INTEGER,
    launcher_list_items INTEGER,
    spacecraft_list_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE agencies__country (
    -- The countries of each agency.
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    position INTEGER NOT NULL,
    country_id INTEGER NOT NULL REFERENCES countries (id),
    PRIMARY KEY (agency_id, position)
) WITHOUT ROWID;

CREATE TABLE agencies__social_media_links (
    -- Each agency's pages on social media (detailed mode).
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    position INTEGER NOT NULL,
    social_media_link_id INTEGER NOT NULL REFERENCES social_media_links (id),
    PRIMARY KEY (agency_id, position)
) WITHOUT ROWID;

CREATE TABLE agencies__launcher_list (
    -- The launcher configurations of each agency (when synced as its own list, detailed mode).
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    position INTEGER NOT NULL,
    launcher_configuration_id INTEGER NOT NULL REFERENCES launcher_configurations (id),
    PRIMARY KEY (agency_id, position)
) WITHOUT ROWID;

CREATE TABLE agencies__spacecraft_list (
    -- The spacecraft configurations of each agency (when synced as its own list, detailed
    -- mode).
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    position INTEGER NOT NULL,
    spacecraft_configuration_id INTEGER NOT NULL REFERENCES spacecraft_configurations (id),
    PRIMARY KEY (agency_id, position)
) WITHOUT ROWID;

CREATE TABLE agency_types (
    -- Kinds of agencies: Government, Multinational, Commercial, Private, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE countries (
    -- Countries with their ISO 3166-1 codes. "Unknown" has the code ???.
    id INTEGER PRIMARY KEY,
    name TEXT,
    alpha_2_code TEXT,  -- ISO 3166-1: code of two letters
    alpha_3_code TEXT,  -- ISO 3166-1: code of three letters
    nationality_name TEXT,  -- adjective of the country, as in French
    nationality_name_composed TEXT,
        -- first half of a compound with the country, as in Franco-American
    _extra TEXT
);

CREATE TABLE social_media_links (
    -- Each row is the page of an agency or astronaut on a social network.
    id INTEGER PRIMARY KEY,
    social_media_id INTEGER REFERENCES social_media (id),  -- social network of the page
    url TEXT,  -- URL of the page
    _extra TEXT
);

CREATE TABLE social_media (
    -- Social networks.
    id INTEGER PRIMARY KEY,
    name TEXT,
    url TEXT,  -- URL of the social network
    logo_id INTEGER REFERENCES images (id),  -- logo of the social network
    _extra TEXT
);

-- ----------------------------------------------------------------------------------------------
-- Images and their licenses
-- ----------------------------------------------------------------------------------------------

CREATE TABLE images (
    -- Pictures with their credit and license: check both before you show one.
    id INTEGER PRIMARY KEY,
    name TEXT,
    image_url TEXT,  -- URL of the full-size picture; its host may change between syncs
    thumbnail_url TEXT,  -- URL of a small version of the picture
    credit TEXT,  -- whom to credit for the picture
    license_id INTEGER REFERENCES image_licenses (id),
        -- license of the picture: what may be done with it
    single_use INTEGER,  -- 0 or 1: the picture belongs to one entry only
    variants_items INTEGER,
    _extra TEXT
);

CREATE TABLE images__variants (
    -- Other versions of the same picture.
    image_id INTEGER NOT NULL REFERENCES images (id),
    position INTEGER NOT NULL,
    image_variant_id INTEGER NOT NULL REFERENCES image_variants (id),
    PRIMARY KEY (image_id, position)
) WITHOUT ROWID;

CREATE TABLE image_licenses (
    -- What may be done with a picture; link leads to the terms.
    id INTEGER PRIMARY KEY,
    name TEXT,
    priority INTEGER,  -- LL2's rank of the license; 0: the freest
    link TEXT,  -- URL of the license's terms
    _extra TEXT
);

CREATE TABLE image_variants (
    -- Other versions of the pictures in images.
    id INTEGER PRIMARY KEY,
    type_id INTEGER REFERENCES image_variant_types (id),  -- the image variant type
    image_url TEXT,  -- URL of the full-size picture; its host may change between syncs
    _extra TEXT
);

CREATE TABLE image_variant_types (
    -- Kinds of other versions of a picture.
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

-- ----------------------------------------------------------------------------------------------
-- Flights and landings
-- ----------------------------------------------------------------------------------------------

CREATE TABLE spacecraft_flights (
    -- Flights of spacecraft: the launch, the landing and the duration of each.
    id INTEGER PRIMARY KEY,
    url TEXT,
    destination TEXT,  -- destination of the spacecraft flight, as text
    mission_end TEXT,  -- UTC: end of the flight, past or planned
    spacecraft_id INTEGER REFERENCES spacecraft (id),  -- the spacecraft that flies
    launch_id TEXT REFERENCES launches (id),  -- launch of the spacecraft flight
    landing_id INTEGER REFERENCES landings (id),  -- landing of the spacecraft flight
    duration TEXT,  -- ISO 8601: duration of the flight; grows while it is under way
    duration_seconds REAL,
    turn_around_time TEXT,  -- ISO 8601: time since this spacecraft's previous landing
    turn_around_time_seconds REAL,
    launch_crew_items INTEGER,
    onboard_crew_items INTEGER,
    landing_crew_items INTEGER,
    docking_events_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE spacecraft_flights__launch_crew (
    -- Who was aboard at launch (detailed mode).
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),
    position INTEGER NOT NULL,
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),
    PRIMARY KEY (spacecraft_flight_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_flights__onboard_crew (
    -- Who was aboard during the flight (detailed mode).
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),
    position INTEGER NOT NULL,
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),
    PRIMARY KEY (spacecraft_flight_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_flights__landing_crew (
    -- Who was aboard at landing (detailed mode).
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),
    position INTEGER NOT NULL,
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),
    PRIMARY KEY (spacecraft_flight_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_flights__docking_events (
    -- The dockings of each flight (detailed mode).
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),
    position INTEGER NOT NULL,
    docking_event_id INTEGER NOT NULL REFERENCES docking_events (id),
    PRIMARY KEY (spacecraft_flight_id, position)
) WITHOUT ROWID;

CREATE TABLE landings (
    -- Landings of spacecraft, rocket stages and payloads, past or planned.
    id INTEGER PRIMARY KEY,
    url TEXT,
    attempt INTEGER,  -- 0 or 1: a landing was attempted, or will be
    success INTEGER,  -- 0 or 1: the landing succeeded; null: still to come, or not attempted
    description TEXT,
    downrange_distance REAL,  -- km: distance from the launch site
    landing_location_id INTEGER REFERENCES landing_locations (id),  -- place of the landing
    type_id INTEGER REFERENCES landing_types (id),  -- the landing type
    firststage_id INTEGER REFERENCES first_stages (id),  -- first stage that lands, if it is one
    spacecraftflight_id INTEGER REFERENCES spacecraft_flights (id),
        -- flight of the spacecraft that lands, if it is one
    payloadflight_id INTEGER REFERENCES payload_flights (id),
        -- flight of the payload that lands, if it is one
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE landing_types (
    -- Kinds of landings: Parachute Landing (PCL), Horizontal Landing (HL), Autonomous Spaceport
    -- Drone Ship (ASDS), ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    abbrev TEXT,  -- short name of the landing type
    description TEXT,
    _extra TEXT
);

CREATE TABLE landing_locations (
    -- Where spacecraft and stages land: runways, landing zones, seas, drone ships.
    id INTEGER PRIMARY KEY,
    name TEXT,
    active INTEGER,  -- 0 or 1: the landing location is in use
    abbrev TEXT,  -- short name of the landing location
    description TEXT,
    location_id INTEGER REFERENCES locations (id),
        -- launch or landing site of the landing location
    longitude REAL,  -- degrees: longitude of the landing location, east of Greenwich
    latitude REAL,  -- degrees: latitude of the landing location, north of the equator
    image_id INTEGER REFERENCES images (id),  -- picture of the landing location
    successful_landings INTEGER,  -- number of landings at the location that succeeded
    attempted_landings INTEGER,  -- number of landings at the location that were attempted
    failed_landings INTEGER,  -- number of landings at the location that failed
    celestial_body_id INTEGER REFERENCES celestial_bodies (id),
        -- celestial body that the landing location is on
    _extra TEXT
);

-- ----------------------------------------------------------------------------------------------
-- Stations and dockings
-- ----------------------------------------------------------------------------------------------

CREATE TABLE space_stations (
    -- Space stations: active, planned, deorbited.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    image_id INTEGER REFERENCES images (id),  -- picture of the space station
    status_id INTEGER REFERENCES space_station_statuses (id),
        -- status of the station: Active, De-Orbited, ...
    founded TEXT,  -- YYYY-MM-DD: launch date of the station's first part
    deorbited TEXT,  -- YYYY-MM-DD: date when the station was deorbited
    description TEXT,
    orbit TEXT,  -- orbit of the station, as text
    type_id INTEGER REFERENCES space_station_types (id),  -- the space station type
    owners_items INTEGER,
    active_expeditions_items INTEGER,
    height REAL,  -- m: height of the station
    width REAL,  -- m: width of the station
    mass REAL,  -- t: mass of the station
    volume INTEGER,  -- m^3: volume of the station
    onboard_crew INTEGER,  -- number of people aboard the station now
    docked_vehicles INTEGER,  -- number of spacecraft docked at the station now
    docking_location_items INTEGER,
    active_docking_events_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE space_stations__owners (
    -- The agencies that own a station.
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),
    position INTEGER NOT NULL,
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    PRIMARY KEY (space_station_id, position)
) WITHOUT ROWID;

CREATE TABLE space_stations__active_expeditions (
    -- The expeditions aboard now.
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),
    position INTEGER NOT NULL,
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),
    PRIMARY KEY (space_station_id, position)
) WITHOUT ROWID;

CREATE TABLE space_stations__docking_location (
    -- A station's docking ports (when synced as its own list, detailed mode).
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),
    position INTEGER NOT NULL,
    docking_location_id INTEGER NOT NULL REFERENCES docking_locations (id),
    PRIMARY KEY (space_station_id, position)
) WITHOUT ROWID;

CREATE TABLE space_stations__active_docking_events (
    -- Dockings in progress (when synced as its own list, detailed mode).
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),
    position INTEGER NOT NULL,
    docking_event_id INTEGER NOT NULL REFERENCES docking_events (id),
    PRIMARY KEY (space_station_id, position)
) WITHOUT ROWID;

CREATE TABLE space_station_types (
    -- Kinds of stations: Government, Commercial, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE space_station_statuses (
    -- Statuses of stations: Active, De-Orbited, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE docking_events (
    -- Dockings: a chaser docks with a target. Chaser and target are each a spacecraft flight, a
    -- payload flight or a station.
    id INTEGER PRIMARY KEY,
    url TEXT,
    docking TEXT,  -- UTC: time of docking
    departure TEXT,  -- UTC: time of undocking; null: not yet, or not known
    docking_location_id INTEGER REFERENCES docking_locations (id),  -- port of the docking
    space_station_target_id INTEGER REFERENCES space_stations (id),
        -- what the chaser docked with, if it is a station
    flight_vehicle_target_id INTEGER REFERENCES spacecraft_flights (id),
        -- what the chaser docked with, if it is a spacecraft
    payload_flight_target_id INTEGER REFERENCES payload_flights (id),
        -- what the chaser docked with, if it is a payload
    flight_vehicle_chaser_id INTEGER REFERENCES spacecraft_flights (id),
        -- what docked, if it is a spacecraft
    space_station_chaser_id INTEGER REFERENCES space_stations (id),
        -- what docked, if it is a station
    payload_flight_chaser_id INTEGER REFERENCES payload_flights (id),
        -- what docked, if it is a payload
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE docking_locations (
    -- Docking ports, each of a station, of a type of spacecraft or of a payload.
    id INTEGER PRIMARY KEY,
    name TEXT,
    spacestation_id INTEGER REFERENCES space_stations (id),  -- station that has the port
    spacecraft_id INTEGER REFERENCES spacecraft_configurations (id),
        -- spacecraft configuration that has the port; not a row of spacecraft
    payload_id INTEGER REFERENCES payloads (id),  -- payload that has the port
    currently_docked_id INTEGER REFERENCES docking_events (id),  -- docking in progress at the port
    _shapes TEXT,
    _extra TEXT
);

-- ----------------------------------------------------------------------------------------------
-- Astronauts, crews and spacewalks
-- ----------------------------------------------------------------------------------------------

CREATE TABLE astronauts (
    -- Astronauts, cosmonauts, taikonauts and their guests; also a few dummies, monkeys and
    -- dogs.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    status_id INTEGER REFERENCES astronaut_statuses (id),
        -- status of the astronaut: Active, Retired, In-Training, ...
    agency_id INTEGER REFERENCES agencies (id),  -- agency that the astronaut flies for
    image_id INTEGER REFERENCES images (id),  -- portrait of the astronaut
    type_id INTEGER REFERENCES astronaut_types (id),  -- the astronaut type
    in_space INTEGER,  -- 0 or 1: the astronaut is in space now
    time_in_space TEXT,
        -- ISO 8601: time in space over all flights of the astronaut; grows daily during a
        -- flight
    time_in_space_seconds REAL,
    eva_time TEXT,  -- ISO 8601: time outside over all of the astronaut's spacewalks
    eva_time_seconds REAL,
    age INTEGER,  -- years: age of the astronaut today, or at death
    date_of_birth TEXT,  -- YYYY-MM-DD: date of the astronaut's birth
    date_of_death TEXT,  -- YYYY-MM-DD: date of the astronaut's death
    nationality_items INTEGER,
    bio TEXT,  -- biography of the astronaut
    wiki TEXT,  -- URL of the Wikipedia page about the astronaut
    last_flight TEXT,  -- UTC: time of the astronaut's latest launch
    first_flight TEXT,  -- UTC: time of the astronaut's first launch
    social_media_links_items INTEGER,
    flights_count INTEGER,  -- number of flights of the astronaut so far
    landings_count INTEGER,  -- number of landings of the astronaut so far
    spacewalks_count INTEGER,  -- number of spacewalks of the astronaut so far, as LL2 counts them
    flights_items INTEGER,
    landings_items INTEGER,
    spacewalks_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE astronauts__nationality (
    -- Each astronaut's countries; some have two.
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),
    position INTEGER NOT NULL,
    country_id INTEGER NOT NULL REFERENCES countries (id),
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronauts__social_media_links (
    -- Each astronaut's pages on social media.
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),
    position INTEGER NOT NULL,
    social_media_link_id INTEGER NOT NULL REFERENCES social_media_links (id),
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronauts__flights (
    -- The launches that an astronaut flew on (detailed mode).
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),
    position INTEGER NOT NULL,
    launch_id TEXT NOT NULL REFERENCES launches (id),
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronauts__landings (
    -- The spacecraft flights that an astronaut landed with (detailed mode).
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),
    position INTEGER NOT NULL,
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronauts__spacewalks (
    -- The spacewalks of each astronaut (detailed mode).
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),
    position INTEGER NOT NULL,
    spacewalk_id INTEGER NOT NULL REFERENCES spacewalks (id),
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronaut_statuses (
    -- Statuses of astronauts: Active, Retired, In-Training, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE astronaut_types (
    -- Kinds of astronauts: Government, Private, Non-Human, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE astronaut_flights (
    -- Each row is an astronaut in one crew.
    id INTEGER PRIMARY KEY,
    role_id INTEGER REFERENCES astronaut_roles (id),  -- role of the astronaut in the crew
    astronaut_id INTEGER REFERENCES astronauts (id),  -- member of the crew
    _extra TEXT
);

CREATE TABLE astronaut_roles (
    -- Roles in a crew: Commander, Pilot, Flight Engineer, ...
    id INTEGER PRIMARY KEY,
    role TEXT,  -- name of the role in a crew
    priority INTEGER,  -- LL2's rank, to sort by
    _extra TEXT
);

CREATE TABLE expeditions (
    -- Expeditions: a crew's stay aboard a station.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    start TEXT,  -- UTC: start of the expedition
    end TEXT,  -- UTC: end of the expedition
    spacestation_id INTEGER REFERENCES space_stations (id),  -- space station of the expedition
    mission_patches_items INTEGER,
    spacewalks_items INTEGER,
    crew_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE expeditions__mission_patches (
    -- An expedition's patches.
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),
    position INTEGER NOT NULL,
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),
    PRIMARY KEY (expedition_id, position)
) WITHOUT ROWID;

CREATE TABLE expeditions__spacewalks (
    -- The spacewalks of an expedition.
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),
    position INTEGER NOT NULL,
    spacewalk_id INTEGER NOT NULL REFERENCES spacewalks (id),
    PRIMARY KEY (expedition_id, position)
) WITHOUT ROWID;

CREATE TABLE expeditions__crew (
    -- The crew of an expedition (detailed mode).
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),
    position INTEGER NOT NULL,
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),
    PRIMARY KEY (expedition_id, position)
) WITHOUT ROWID;

CREATE TABLE spacewalks (
    -- Spacewalks: who was outside, when, and how long.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    start TEXT,  -- UTC: start of the spacewalk
    end TEXT,  -- UTC: end of the spacewalk
    duration TEXT,  -- ISO 8601: duration of the spacewalk
    duration_seconds REAL,
    location TEXT,  -- place of the spacewalk, as text
    crew_items INTEGER,
    spacestation_id INTEGER REFERENCES space_stations (id),  -- space station of the spacewalk
    expedition_id INTEGER REFERENCES expeditions (id),  -- expedition that the spacewalk is part of
    spacecraft_flight_id INTEGER REFERENCES spacecraft_flights (id),
        -- flight of the spacecraft that the spacewalk was made from
    event_id INTEGER REFERENCES events (id),  -- event that reports the spacewalk
    program_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE spacewalks__crew (
    -- Who was outside.
    spacewalk_id INTEGER NOT NULL REFERENCES spacewalks (id),
    position INTEGER NOT NULL,
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),
    PRIMARY KEY (spacewalk_id, position)
) WITHOUT ROWID;

CREATE TABLE spacewalks__program (
    -- The programs that a spacewalk belongs to.
    spacewalk_id INTEGER NOT NULL REFERENCES spacewalks (id),
    position INTEGER NOT NULL,
    program_id INTEGER NOT NULL REFERENCES programs (id),
    PRIMARY KEY (spacewalk_id, position)
) WITHOUT ROWID;

-- ----------------------------------------------------------------------------------------------
-- Launches, rockets and pads
-- ----------------------------------------------------------------------------------------------

CREATE TABLE launches (
    -- Every launch LL2 knows: flown, failed or planned. The id is a UUID.
    id TEXT PRIMARY KEY NOT NULL,  -- a UUID
    url TEXT,
    name TEXT,
    slug TEXT,  -- name of the launch, as used in URLs
    launch_designator TEXT,  -- COSPAR designator: the year and a running number, such as 2025-171
    status_id INTEGER REFERENCES launch_statuses (id),
        -- status of the launch: Go, TBD, Success, Failure, ...
    last_updated TEXT,  -- UTC: LL2's own time stamp of the launch; most edits leave it as it is
    net TEXT,
        -- UTC: time of lift-off, planned (no earlier than, NET) or actual. If net_precision is
        -- a week, month, quarter, half or year, this is the last day of that period
    net_precision_id INTEGER REFERENCES net_precisions (id),
        -- precision of net: filter on it before you count days
    window_end TEXT,  -- UTC: end of the launch window
    window_start TEXT,  -- UTC: start of the launch window
    image_id INTEGER REFERENCES images (id),  -- picture of the launch
    infographic TEXT,  -- URL of a picture that explains the launch
    probability INTEGER,  -- percent: chance of acceptable weather at launch
    weather_concerns TEXT,  -- weather rules that may be violated
    failreason TEXT,  -- reason for the launch's failure
    hashtag TEXT,  -- hashtag of the launch on social media
    launch_service_provider_id INTEGER REFERENCES agencies (id),
        -- agency that carries out the launch
    rocket_id INTEGER REFERENCES rockets (id),  -- rocket of the launch
    mission_id INTEGER REFERENCES missions (id),  -- mission of the launch
    pad_id INTEGER REFERENCES pads (id),  -- pad of the launch
    webcast_live INTEGER,  -- 0 or 1: a webcast of the launch is live now
    program_items INTEGER,
    orbital_launch_attempt_count INTEGER,
        -- running number of the launch among all orbital attempts; null for suborbital launches
    location_launch_attempt_count INTEGER,
        -- running number of the launch among the location's launches
    pad_launch_attempt_count INTEGER,  -- running number of the launch among the pad's launches
    agency_launch_attempt_count INTEGER,
        -- running number of the launch among the agency's launches
    orbital_launch_attempt_count_year INTEGER,
        -- running number of the launch among the orbital attempts of that year; null for
        -- suborbital launches
    location_launch_attempt_count_year INTEGER,
        -- running number of the launch among the location's launches of that year
    pad_launch_attempt_count_year INTEGER,
        -- running number of the launch among the pad's launches of that year
    agency_launch_attempt_count_year INTEGER,
        -- running number of the launch among the agency's launches of that year
    flightclub_url TEXT,  -- URL of a simulation of the launch
    updates_items INTEGER,
    info_urls_items INTEGER,
    vid_urls_items INTEGER,
    timeline_items INTEGER,
    pad_turnaround TEXT,  -- ISO 8601: time since the previous launch from the same pad
    pad_turnaround_seconds REAL,
    mission_patches_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE launches__program (
    -- The programs that a launch belongs to.
    launch_id TEXT NOT NULL REFERENCES launches (id),
    position INTEGER NOT NULL,
    program_id INTEGER NOT NULL REFERENCES programs (id),
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__updates (
    -- News about a launch (detailed mode).
    launch_id TEXT NOT NULL REFERENCES launches (id),
    position INTEGER NOT NULL,
    update_id INTEGER NOT NULL REFERENCES updates (id),
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__info_urls (
    -- Pages about a launch, in order (detailed mode). LL2 gives them no id, so this table holds
    -- them whole.
    launch_id TEXT NOT NULL REFERENCES launches (id),
    position INTEGER NOT NULL,
    priority INTEGER,  -- LL2's rank, to sort by
    source TEXT,  -- host of the page
    title TEXT,  -- title of the page
    description TEXT,
    feature_image TEXT,  -- URL of a picture of the page
    url TEXT,  -- URL of the page
    type_id INTEGER REFERENCES infourl_types (id),  -- the kind of page
    language_id INTEGER REFERENCES languages (id),  -- language of the page
    _extra TEXT,
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__vid_urls (
    -- Videos and streams of a launch, in order (detailed mode). LL2 gives them no id, so this
    -- table holds them whole.
    launch_id TEXT NOT NULL REFERENCES launches (id),
    position INTEGER NOT NULL,
    priority INTEGER,  -- LL2's rank, to sort by
    source TEXT,  -- host of the page
    publisher TEXT,  -- publisher of the video
    title TEXT,  -- title of the page
    description TEXT,
    feature_image TEXT,  -- URL of a picture of the page
    url TEXT,  -- URL of the page
    type_id INTEGER REFERENCES vidurl_types (id),  -- the kind of video
    language_id INTEGER REFERENCES languages (id),  -- language of the page
    start_time TEXT,  -- UTC: start of the video
    end_time TEXT,  -- UTC: end of the video
    live INTEGER,  -- 0 or 1: the video is a stream that is live now
    _extra TEXT,
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__timeline (
    -- The steps of a launch, in order (detailed mode). LL2 gives them no id, so this table
    -- holds them whole.
    launch_id TEXT NOT NULL REFERENCES launches (id),
    position INTEGER NOT NULL,
    type_id INTEGER REFERENCES timeline_event_types (id),  -- the timeline event type
    relative_time TEXT,  -- ISO 8601: time after lift-off; negative: before it
    relative_time_seconds REAL,
    _extra TEXT,
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__mission_patches (
    -- A launch's patches (detailed mode).
    launch_id TEXT NOT NULL REFERENCES launches (id),
    position INTEGER NOT NULL,
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launch_statuses (
    -- Statuses of launches, by id: 1 Go, 2 TBD, 3 Success, 4 Failure, 5 Hold, 6 In Flight, 7
    -- Partial Failure, 8 TBC, 9 Deployed. These are the values of abbrev. Filter on that
    -- column: name has a longer form, "Launch Successful".
    id INTEGER PRIMARY KEY,
    name TEXT,
    abbrev TEXT,  -- short name of the launch status
    description TEXT,
    _extra TEXT
);

CREATE TABLE net_precisions (
    -- How precisely launches.net and events.date are known, by id: 0 second (abbrev SEC), 1
    -- minute (MIN), 2 hour (HR), 3 morning, 4 afternoon, 5 day (DAY), 6 week, 7 month (M), 8 to
    -- 11 quarters (Q1 to Q4), 12 and 13 halves (H1, H2), 14 year (Y), 15 fiscal year, 16
    -- decade.
    id INTEGER PRIMARY KEY,
    name TEXT,
    abbrev TEXT,  -- short name of the precision
    description TEXT,
    _extra TEXT
);

CREATE TABLE updates (
    -- News about launches, events and programs, with their sources.
    id INTEGER PRIMARY KEY,
    profile_image TEXT,  -- URL of a picture of the update's author
    comment TEXT,  -- text of the update
    info_url TEXT,  -- URL of the update's source
    created_by TEXT,  -- author of the update
    created_on TEXT,  -- UTC: time when the update was written
    _extra TEXT
);

CREATE TABLE timeline_event_types (
    -- Steps of a launch: Liftoff, Max-Q, Stage 2 Separation, ...
    id INTEGER PRIMARY KEY,
    abbrev TEXT,  -- name of the step of a launch
    description TEXT,
    _extra TEXT
);

CREATE TABLE rockets (
    -- The rocket of each launch. For types of rocket, see launcher_configurations.
    id INTEGER PRIMARY KEY,
    configuration_id INTEGER REFERENCES launcher_configurations (id),  -- type of rocket
    launcher_stage_items INTEGER,
    spacecraft_stage_items INTEGER,
    payloads_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE rockets__launcher_stage (
    -- The first stages and boosters of each rocket (detailed mode).
    rocket_id INTEGER NOT NULL REFERENCES rockets (id),
    position INTEGER NOT NULL,
    first_stage_id INTEGER NOT NULL REFERENCES first_stages (id),
    PRIMARY KEY (rocket_id, position)
) WITHOUT ROWID;

CREATE TABLE rockets__spacecraft_stage (
    -- The spacecraft that a rocket carries, each on its flight (detailed mode).
    rocket_id INTEGER NOT NULL REFERENCES rockets (id),
    position INTEGER NOT NULL,
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),
    PRIMARY KEY (rocket_id, position)
) WITHOUT ROWID;

CREATE TABLE rockets__payloads (
    -- The payloads that a rocket carries, each on its flight (detailed mode).
    rocket_id INTEGER NOT NULL REFERENCES rockets (id),
    position INTEGER NOT NULL,
    payload_flight_id INTEGER NOT NULL REFERENCES payload_flights (id),
    PRIMARY KEY (rocket_id, position)
) WITHOUT ROWID;

CREATE TABLE first_stages (
    -- Each row is a booster on one launch, which rockets__launcher_stage leads to.
    id INTEGER PRIMARY KEY,
    type TEXT,  -- role of the booster on this launch: Core, Strap-On Booster, ...
    reused INTEGER,  -- 0 or 1: the booster had flown before
    launcher_flight_number INTEGER,  -- running number of the launch among the booster's flights
    launcher_id INTEGER REFERENCES launchers (id),  -- the booster that flew
    previous_flight_date TEXT,  -- UTC: time of the booster's previous flight
    turn_around_time TEXT,  -- ISO 8601: time since the booster's previous flight
    turn_around_time_seconds REAL,
    landing_id INTEGER REFERENCES landings (id),  -- landing of the first stage
    previous_flight_id TEXT REFERENCES launches (id),  -- launch of the booster's previous flight
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE first_stage_types (
    -- Roles of boosters: Core, Strap-On Booster, ... No table refers to these:
    -- first_stages.type is text.
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE launchers (
    -- Individual boosters by serial number (B1058, ...). For types of rocket, see
    -- launcher_configurations.
    id INTEGER PRIMARY KEY,
    url TEXT,
    flight_proven INTEGER,  -- 0 or 1: the booster has flown
    serial_number TEXT,  -- the builder's serial number of the booster, if there is one
    is_placeholder INTEGER,  -- 0 or 1: the row stands for a booster that is not yet known
    status_id INTEGER REFERENCES launcher_statuses (id),
        -- status of the booster: Active, Expended, Lost, ...
    image_id INTEGER REFERENCES images (id),  -- picture of the booster
    details TEXT,  -- story of the booster
    successful_landings INTEGER,  -- number of landings of the booster that succeeded
    attempted_landings INTEGER,  -- number of landings of the booster that were attempted
    flights INTEGER,  -- number of flights of the booster so far
    last_launch_date TEXT,  -- UTC: time of the booster's latest launch
    first_launch_date TEXT,  -- UTC: time of the booster's first launch
    fastest_turnaround TEXT,  -- ISO 8601: shortest time between two launches of the booster
    fastest_turnaround_seconds REAL,
    launcher_config_id INTEGER REFERENCES launcher_configurations (id),
        -- type of rocket that the booster belongs to
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE launcher_statuses (
    -- Statuses of boosters: Active, Expended, Lost, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE launcher_configurations (
    -- The types of rocket: Falcon 9 Block 5, Soyuz 2.1a, ... Columns from active on come with
    -- richer modes than list.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    families_items INTEGER,
    full_name TEXT,  -- name with its variant
    variant TEXT,  -- what distinguishes rockets of the same name
    active INTEGER,  -- 0 or 1: the type of rocket is in use
    is_placeholder INTEGER,  -- 0 or 1: the row stands for a type that is not yet known
    manufacturer_id INTEGER REFERENCES agencies (id),  -- agency that builds the type of rocket
    program_items INTEGER,
    reusable INTEGER,  -- 0 or 1: the rocket is made to fly again
    image_id INTEGER REFERENCES images (id),  -- picture of the type of rocket
    info_url TEXT,  -- URL of a page about the type of rocket
    wiki_url TEXT,  -- URL of the Wikipedia page about the type of rocket
    description TEXT,
    alias TEXT,  -- another name of the rocket
    min_stage INTEGER,  -- smallest number of stages
    max_stage INTEGER,  -- largest number of stages
    length REAL,  -- m: length of the rocket
    diameter REAL,  -- m: largest diameter of the rocket
    maiden_flight TEXT,  -- YYYY-MM-DD: date of the first flight of the type of rocket
    launch_cost INTEGER,  -- USD: price of one launch of the rocket
    launch_mass REAL,  -- t: mass of the rocket at lift-off
    leo_capacity REAL,  -- kg: mass that the rocket can carry to a low Earth orbit
    gto_capacity REAL,  -- kg: mass that the rocket can carry to a geostationary transfer orbit
    geo_capacity REAL,  -- kg: mass that the rocket can carry to the geostationary orbit
    sso_capacity REAL,  -- kg: mass that the rocket can carry to a Sun-synchronous orbit
    to_thrust REAL,  -- kN: thrust of the rocket at lift-off
    apogee REAL,  -- km: greatest altitude that the rocket reaches; suborbital rockets only
    total_launch_count INTEGER,
        -- number of launches of the type of rocket so far, as LL2 counts them
    consecutive_successful_launches INTEGER,
        -- number of successful launches of the type of rocket in a row, up to now
    successful_launches INTEGER,  -- number of launches of the type of rocket that succeeded
    failed_launches INTEGER,  -- number of launches of the type of rocket that failed
    pending_launches INTEGER,  -- number of launches of the type of rocket that are planned
    attempted_landings INTEGER,  -- number of landings of the type of rocket that were attempted
    successful_landings INTEGER,  -- number of landings of the type of rocket that succeeded
    failed_landings INTEGER,  -- number of landings of the type of rocket that failed
    consecutive_successful_landings INTEGER,
        -- number of successful landings of the type of rocket in a row, up to now
    fastest_turnaround TEXT,  -- ISO 8601: shortest time between two launches of the type of rocket
    fastest_turnaround_seconds REAL,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE launcher_configurations__families (
    -- The families of each configuration; many have two.
    launcher_configuration_id INTEGER NOT NULL REFERENCES launcher_configurations (id),
    position INTEGER NOT NULL,
    launcher_configuration_family_id INTEGER NOT NULL REFERENCES launcher_configuration_families (id),
    PRIMARY KEY (launcher_configuration_id, position)
) WITHOUT ROWID;

CREATE TABLE launcher_configurations__program (
    -- The programs that a launcher configuration belongs to.
    launcher_configuration_id INTEGER NOT NULL REFERENCES launcher_configurations (id),
    position INTEGER NOT NULL,
    program_id INTEGER NOT NULL REFERENCES programs (id),
    PRIMARY KEY (launcher_configuration_id, position)
) WITHOUT ROWID;

CREATE TABLE launcher_configuration_families (
    -- Families of rockets: Falcon, Soyuz, Long March, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    manufacturer_items INTEGER,
    parent_id INTEGER REFERENCES launcher_configuration_families (id),
        -- the family that this family belongs to
    description TEXT,
    active INTEGER,  -- 0 or 1: the family of rockets is in use
    maiden_flight TEXT,  -- YYYY-MM-DD: date of the first flight of the family of rockets
    total_launch_count INTEGER,
        -- number of launches of the family of rockets so far, as LL2 counts them
    consecutive_successful_launches INTEGER,
        -- number of successful launches of the family of rockets in a row, up to now
    successful_launches INTEGER,  -- number of launches of the family of rockets that succeeded
    failed_launches INTEGER,  -- number of launches of the family of rockets that failed
    pending_launches INTEGER,  -- number of launches of the family of rockets that are planned
    attempted_landings INTEGER,  -- number of landings of the family of rockets that were attempted
    successful_landings INTEGER,  -- number of landings of the family of rockets that succeeded
    failed_landings INTEGER,  -- number of landings of the family of rockets that failed
    consecutive_successful_landings INTEGER,
        -- number of successful landings of the family of rockets in a row, up to now
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE launcher_configuration_families__manufacturer (
    -- The agencies that build a family of rockets.
    launcher_configuration_family_id INTEGER NOT NULL REFERENCES launcher_configuration_families (id),
    position INTEGER NOT NULL,
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    PRIMARY KEY (launcher_configuration_family_id, position)
) WITHOUT ROWID;

CREATE TABLE pads (
    -- Launch pads.
    id INTEGER PRIMARY KEY,
    url TEXT,
    active INTEGER,  -- 0 or 1: the pad is in use
    agencies_items INTEGER,
    name TEXT,
    image_id INTEGER REFERENCES images (id),  -- picture of the pad
    description TEXT,
    info_url TEXT,  -- URL of a page about the pad
    wiki_url TEXT,  -- URL of the Wikipedia page about the pad
    map_url TEXT,  -- URL of a map of the pad
    latitude REAL,  -- degrees: latitude of the pad, north of the equator
    longitude REAL,  -- degrees: longitude of the pad, east of Greenwich
    country_id INTEGER REFERENCES countries (id),  -- country of the pad
    map_image TEXT,  -- URL of a map of the pad, as a picture
    total_launch_count INTEGER,  -- number of launches from the pad so far, as LL2 counts them
    orbital_launch_attempt_count INTEGER,
        -- number of orbital launches from the pad that were attempted so far
    fastest_turnaround TEXT,  -- ISO 8601: shortest time between two launches from the pad
    fastest_turnaround_seconds REAL,
    location_id INTEGER REFERENCES locations (id),  -- launch or landing site of the pad
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE pads__agencies (
    -- The agencies that use a pad.
    pad_id INTEGER NOT NULL REFERENCES pads (id),
    position INTEGER NOT NULL,
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    PRIMARY KEY (pad_id, position)
) WITHOUT ROWID;

CREATE TABLE locations (
    -- Launch and landing sites; a location has many pads.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    celestial_body_id INTEGER REFERENCES celestial_bodies (id),
        -- celestial body that the location is on
    active INTEGER,  -- 0 or 1: the location is in use
    country_id INTEGER REFERENCES countries (id),  -- country of the location
    description TEXT,
    image_id INTEGER REFERENCES images (id),  -- picture of the location
    map_image TEXT,  -- URL of a map of the location, as a picture
    longitude REAL,  -- degrees: longitude of the location, east of Greenwich
    latitude REAL,  -- degrees: latitude of the location, north of the equator
    timezone_name TEXT,  -- IANA name: time zone of the location
    total_launch_count INTEGER,  -- number of launches from the location so far, as LL2 counts them
    total_landing_count INTEGER,  -- number of landings at the location so far
    pads_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE locations__pads (
    -- The pads of a location (when synced as its own list, detailed mode).
    location_id INTEGER NOT NULL REFERENCES locations (id),
    position INTEGER NOT NULL,
    pad_id INTEGER NOT NULL REFERENCES pads (id),
    PRIMARY KEY (location_id, position)
) WITHOUT ROWID;

CREATE TABLE celestial_bodies (
    -- Celestial bodies: Earth, Moon, Mars, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    type_id INTEGER REFERENCES celestial_body_types (id),  -- the celestial body type
    diameter REAL,  -- m: diameter of the body
    mass REAL,  -- kg: mass of the celestial body
    gravity REAL,  -- m/s^2: gravity at the body's surface
    length_of_day TEXT,  -- D HH:MM:SS: length of a day on the body, as LL2 prints it
    atmosphere INTEGER,  -- 0 or 1: the body has an atmosphere
    image_id INTEGER REFERENCES images (id),  -- picture of the celestial body
    description TEXT,
    wiki_url TEXT,  -- URL of the Wikipedia page about the celestial body
    total_attempted_launches INTEGER,  -- number of launches from the body that were attempted
    successful_launches INTEGER,  -- number of launches from the body that succeeded
    failed_launches INTEGER,  -- number of launches from the body that failed
    total_attempted_landings INTEGER,  -- number of landings on the body that were attempted
    successful_landings INTEGER,  -- number of landings on the body that succeeded
    failed_landings INTEGER,  -- number of landings on the body that failed
    locations_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE celestial_bodies__locations (
    -- Launch and landing sites on a body (when synced as its own list, detailed mode).
    celestial_body_id INTEGER NOT NULL REFERENCES celestial_bodies (id),
    position INTEGER NOT NULL,
    location_id INTEGER NOT NULL REFERENCES locations (id),
    PRIMARY KEY (celestial_body_id, position)
) WITHOUT ROWID;

CREATE TABLE celestial_body_types (
    -- Kinds of celestial bodies: Planet, Moon, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

-- ----------------------------------------------------------------------------------------------
-- Payloads
-- ----------------------------------------------------------------------------------------------

CREATE TABLE payloads (
    -- Satellites, probes, modules: anything launched that is not in the table spacecraft.
    id INTEGER PRIMARY KEY,
    name TEXT,
    type_id INTEGER REFERENCES payload_types (id),  -- the payload type
    manufacturer_id INTEGER REFERENCES agencies (id),  -- agency that builds the payload
    operator_id INTEGER REFERENCES agencies (id),  -- agency that operates the payload
    image_id INTEGER REFERENCES images (id),  -- picture of the payload
    wiki_link TEXT,  -- URL of the Wikipedia page about the payload
    info_link TEXT,  -- URL of a page about the payload
    program_items INTEGER,
    cost INTEGER,  -- USD: cost of the payload
    mass REAL,  -- kg: mass of the payload
    description TEXT,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE payloads__program (
    -- The programs that a payload belongs to.
    payload_id INTEGER NOT NULL REFERENCES payloads (id),
    position INTEGER NOT NULL,
    program_id INTEGER NOT NULL REFERENCES programs (id),
    PRIMARY KEY (payload_id, position)
) WITHOUT ROWID;

CREATE TABLE payload_types (
    -- Kinds of payloads: Communications, Earth Science, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE payload_flights (
    -- Each row is a payload on one launch; amount says how many identical ones there are.
    id INTEGER PRIMARY KEY,
    url TEXT,
    destination TEXT,  -- destination of the payload flight, as text
    amount INTEGER,  -- number of identical payloads
    payload_id INTEGER REFERENCES payloads (id),  -- payload that flies
    launch_id TEXT REFERENCES launches (id),  -- launch of the payload flight
    landing_id INTEGER REFERENCES landings (id),  -- landing of the payload flight
    docking_events_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE payload_flights__docking_events (
    -- The dockings of each payload (detailed mode).
    payload_flight_id INTEGER NOT NULL REFERENCES payload_flights (id),
    position INTEGER NOT NULL,
    docking_event_id INTEGER NOT NULL REFERENCES docking_events (id),
    PRIMARY KEY (payload_flight_id, position)
) WITHOUT ROWID;

-- ----------------------------------------------------------------------------------------------
-- Missions and programs
-- ----------------------------------------------------------------------------------------------

CREATE TABLE missions (
    -- Missions: what each launch is for.
    id INTEGER PRIMARY KEY,
    name TEXT,
    type TEXT,  -- type of the mission, as text: Human Exploration, Resupply, ...
    description TEXT,
    image_id INTEGER REFERENCES images (id),  -- picture of the mission
    orbit_id INTEGER REFERENCES orbits (id),  -- target orbit of the mission
    agencies_items INTEGER,
    info_urls_items INTEGER,
    vid_urls_items INTEGER,
    _extra TEXT
);

CREATE TABLE missions__agencies (
    -- The agencies behind a mission.
    mission_id INTEGER NOT NULL REFERENCES missions (id),
    position INTEGER NOT NULL,
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    PRIMARY KEY (mission_id, position)
) WITHOUT ROWID;

CREATE TABLE missions__info_urls (
    -- Pages about a mission, in order. LL2 gives them no id, so this table holds them whole.
    mission_id INTEGER NOT NULL REFERENCES missions (id),
    position INTEGER NOT NULL,
    priority INTEGER,  -- LL2's rank, to sort by
    source TEXT,  -- host of the page
    title TEXT,  -- title of the page
    description TEXT,
    feature_image TEXT,  -- URL of a picture of the page
    url TEXT,  -- URL of the page
    type_id INTEGER REFERENCES infourl_types (id),  -- the kind of page
    language_id INTEGER REFERENCES languages (id),  -- language of the page
    _extra TEXT,
    PRIMARY KEY (mission_id, position)
) WITHOUT ROWID;

CREATE TABLE missions__vid_urls (
    -- Videos and streams of a mission, in order. LL2 gives them no id, so this table holds them
    -- whole.
    mission_id INTEGER NOT NULL REFERENCES missions (id),
    position INTEGER NOT NULL,
    priority INTEGER,  -- LL2's rank, to sort by
    source TEXT,  -- host of the page
    publisher TEXT,  -- publisher of the video
    title TEXT,  -- title of the page
    description TEXT,
    feature_image TEXT,  -- URL of a picture of the page
    url TEXT,  -- URL of the page
    type_id INTEGER REFERENCES vidurl_types (id),  -- the kind of video
    language_id INTEGER REFERENCES languages (id),  -- language of the page
    start_time TEXT,  -- UTC: start of the video
    end_time TEXT,  -- UTC: end of the video
    live INTEGER,  -- 0 or 1: the video is a stream that is live now
    _extra TEXT,
    PRIMARY KEY (mission_id, position)
) WITHOUT ROWID;

CREATE TABLE mission_types (
    -- Types of missions: Human Exploration, Resupply, Communications, ... No table refers to
    -- these: missions.type is text.
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE infourl_types (
    -- Kinds of linked pages: Official Page, Press Kit, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE vidurl_types (
    -- Kinds of linked videos: Official Webcast, Unofficial Re-stream, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE languages (
    -- Languages of linked pages and videos.
    id INTEGER PRIMARY KEY,
    name TEXT,
    code TEXT,  -- ISO 639-1: code of two letters
    _extra TEXT
);

CREATE TABLE orbits (
    -- Orbits: Low Earth Orbit (LEO), Sun-Synchronous Orbit (SSO), Geostationary Transfer Orbit
    -- (GTO), Suborbital (Sub), Lunar flyby, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    abbrev TEXT,  -- short name of the orbit
    celestial_body_id INTEGER REFERENCES celestial_bodies (id),  -- body that is orbited
    _extra TEXT
);

CREATE TABLE programs (
    -- Programs: International Space Station, Artemis, Commercial Crew, ...
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    image_id INTEGER REFERENCES images (id),  -- picture of the program
    info_url TEXT,  -- URL of a page about the program
    wiki_url TEXT,  -- URL of the Wikipedia page about the program
    description TEXT,
    agencies_items INTEGER,
    start_date TEXT,  -- UTC: start of the program
    end_date TEXT,  -- UTC: end of the program
    mission_patches_items INTEGER,
    type_id INTEGER REFERENCES program_types (id),  -- the program type
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE programs__agencies (
    -- The agencies behind a program.
    program_id INTEGER NOT NULL REFERENCES programs (id),
    position INTEGER NOT NULL,
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    PRIMARY KEY (program_id, position)
) WITHOUT ROWID;

CREATE TABLE programs__mission_patches (
    -- A program's patches.
    program_id INTEGER NOT NULL REFERENCES programs (id),
    position INTEGER NOT NULL,
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),
    PRIMARY KEY (program_id, position)
) WITHOUT ROWID;

CREATE TABLE program_types (
    -- Kinds of programs: Human Spaceflight, Communication Constellation, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE mission_patches (
    -- Patches, each with its picture.
    id INTEGER PRIMARY KEY,
    name TEXT,
    priority INTEGER,  -- LL2's rank, to sort by
    image_url TEXT,  -- URL of the full-size picture; its host may change between syncs
    agency_id INTEGER REFERENCES agencies (id),  -- agency of the patch
    launches_items INTEGER,
    expeditions_items INTEGER,
    program_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE mission_patches__launches (
    -- The launches that have a patch (when synced as its own list, detailed mode).
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),
    position INTEGER NOT NULL,
    launch_id TEXT NOT NULL REFERENCES launches (id),
    PRIMARY KEY (mission_patch_id, position)
) WITHOUT ROWID;

CREATE TABLE mission_patches__expeditions (
    -- The expeditions that have a patch (when synced as its own list, detailed mode).
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),
    position INTEGER NOT NULL,
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),
    PRIMARY KEY (mission_patch_id, position)
) WITHOUT ROWID;

CREATE TABLE mission_patches__program (
    -- The programs that have a patch (when synced as its own list, detailed mode).
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),
    position INTEGER NOT NULL,
    program_id INTEGER NOT NULL REFERENCES programs (id),
    PRIMARY KEY (mission_patch_id, position)
) WITHOUT ROWID;

-- ----------------------------------------------------------------------------------------------
-- Events and notices
-- ----------------------------------------------------------------------------------------------

CREATE TABLE events (
    -- Events besides launches: dockings, landings, spacewalks, press events, flybys.
    id INTEGER PRIMARY KEY,
    url TEXT,
    name TEXT,
    info_urls_items INTEGER,
    vid_urls_items INTEGER,
    image_id INTEGER REFERENCES images (id),  -- picture of the event
    date TEXT,
        -- UTC: time of the event. If date_precision is a week, month, quarter, half or year,
        -- this is the last day of that period
    slug TEXT,  -- name of the event, as used in URLs
    type_id INTEGER REFERENCES event_types (id),  -- kind of event
    description TEXT,
    webcast_live INTEGER,  -- 0 or 1: a webcast of the event is live now
    location TEXT,  -- place of the event, as text
    date_precision_id INTEGER REFERENCES net_precisions (id),  -- precision of date
    duration TEXT,  -- ISO 8601: duration of the event
    duration_seconds REAL,
    updates_items INTEGER,
    last_updated TEXT,  -- UTC: LL2's own time stamp of the event; most edits leave it as it is
    agencies_items INTEGER,
    launches_items INTEGER,
    expeditions_items INTEGER,
    spacestations_items INTEGER,
    program_items INTEGER,
    astronauts_items INTEGER,
    _shapes TEXT,
    _extra TEXT
);

CREATE TABLE events__info_urls (
    -- Pages about an event, in order. LL2 gives them no id, so this table holds them whole.
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    priority INTEGER,  -- LL2's rank, to sort by
    source TEXT,  -- host of the page
    title TEXT,  -- title of the page
    description TEXT,
    feature_image TEXT,  -- URL of a picture of the page
    url TEXT,  -- URL of the page
    type_id INTEGER REFERENCES infourl_types (id),  -- the kind of page
    language_id INTEGER REFERENCES languages (id),  -- language of the page
    _extra TEXT,
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__vid_urls (
    -- Videos and streams of an event, in order. LL2 gives them no id, so this table holds them
    -- whole.
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    priority INTEGER,  -- LL2's rank, to sort by
    source TEXT,  -- host of the page
    publisher TEXT,  -- publisher of the video
    title TEXT,  -- title of the page
    description TEXT,
    feature_image TEXT,  -- URL of a picture of the page
    url TEXT,  -- URL of the page
    type_id INTEGER REFERENCES vidurl_types (id),  -- the kind of video
    language_id INTEGER REFERENCES languages (id),  -- language of the page
    start_time TEXT,  -- UTC: start of the video
    end_time TEXT,  -- UTC: end of the video
    live INTEGER,  -- 0 or 1: the video is a stream that is live now
    _extra TEXT,
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__updates (
    -- News about an event.
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    update_id INTEGER NOT NULL REFERENCES updates (id),
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__agencies (
    -- The agencies that take part (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    agency_id INTEGER NOT NULL REFERENCES agencies (id),
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__launches (
    -- The launches that an event is about (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    launch_id TEXT NOT NULL REFERENCES launches (id),
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__expeditions (
    -- The expeditions that an event is about (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__spacestations (
    -- The stations that an event is about (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__program (
    -- The programs that an event belongs to (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    program_id INTEGER NOT NULL REFERENCES programs (id),
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__astronauts (
    -- The astronauts that an event is about (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),
    position INTEGER NOT NULL,
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE event_types (
    -- Kinds of events: Docking, Press Event, Flyby, EVA, ...
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE notice_types (
    -- Kinds of notices that warn of a launch: to aircrew, to seafarers, ... LL2 lists only the
    -- types: no table refers to these.
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

CREATE TABLE road_closure_statuses (
    -- Statuses of road closures near a launch site: Scheduled, Closed, Possible, ... LL2 lists
    -- only the statuses: no table refers to these.
    id INTEGER PRIMARY KEY,
    name TEXT,
    _extra TEXT
);

-- ----------------------------------------------------------------------------------------------
-- The tool's own
-- ----------------------------------------------------------------------------------------------

-- Written by hand, in etl/ll2_mirror/store/own.sql.

CREATE TABLE _settings (
    -- What the next sync does unless told otherwise: base_url, resources. Never the token.
    -- And last_error: how the last sync failed, as JSON, until one succeeds.
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE _runs (
    -- The ledger: one row for each resource that a sync published.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    part TEXT NOT NULL DEFAULT '',  -- what was asked for: new, upcoming; empty: all
    mode TEXT NOT NULL,
    base_url TEXT NOT NULL,
    started TEXT NOT NULL,  -- UTC, ISO 8601
    finished TEXT NOT NULL DEFAULT '',  -- UTC, ISO 8601
    requests INTEGER NOT NULL,  -- that count against the limit, of the sync that published
    records INTEGER NOT NULL DEFAULT 0,  -- that LL2 lists
    added INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    moved INTEGER NOT NULL DEFAULT 0,  -- of the unchanged: only what changes by itself differs, see _history.moving
    unchanged INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0,
    conflicts INTEGER NOT NULL DEFAULT 0  -- always 0: no longer counted
);

CREATE TABLE _records (
    -- The text that counts of each record that LL2 lists: the last that was understood. In this
    -- order they make the tables. A table can hold more rows than its endpoint lists: nested ones.
    number INTEGER PRIMARY KEY,  -- the order: a record whose text changed gets the highest
    resource TEXT NOT NULL,
    id NOT NULL,
    page INTEGER NOT NULL,  -- the id, in _pages, of the page with the text
    place INTEGER NOT NULL,  -- among the page's records, from 0
    digest BLOB NOT NULL,  -- of the text
    rows BLOB NOT NULL,  -- the rows that the text makes: 8 bytes each, zlib
    UNIQUE (resource, id)
);

CREATE TABLE _tombstones (
    -- The records that LL2 no longer lists, as they were.
    resource TEXT NOT NULL,
    id NOT NULL,
    run INTEGER NOT NULL REFERENCES _runs (id),  -- the run that found it gone
    body TEXT NOT NULL,  -- JSON, as LL2 last sent it
    PRIMARY KEY (resource, id)
);  -- with rowid: the bodies are large

CREATE TABLE _quarantine (
    -- Records whose last text was not understood, or that a walk did not find and LL2 did not
    -- confirm as deleted. The tables keep what was last understood of them, if anything.
    resource TEXT NOT NULL,
    id,  -- null: LL2 sent no valid one
    run INTEGER NOT NULL REFERENCES _runs (id),  -- the first that noted it
    reason TEXT NOT NULL,
    sent TEXT  -- JSON, as LL2 last sent it; null: it was not listed
);

CREATE TABLE _history (
    -- What each run added, changed and deleted.
    run INTEGER NOT NULL REFERENCES _runs (id),
    table_name TEXT NOT NULL,
    id NOT NULL,
    key TEXT NOT NULL,  -- LL2's key; empty for a whole row
    kind TEXT NOT NULL,  -- added, changed, reordered, gone
    from_value,  -- a list or a whole row as JSON
    to_value,
    moving INTEGER NOT NULL,  -- 1: changes by itself (times in space, counts, orders), no news
    PRIMARY KEY (run, table_name, id, key)
) WITHOUT ROWID;

CREATE TABLE _walks (
    -- The last walk over each resource and each part of one, and those under way.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    part TEXT NOT NULL DEFAULT '',  -- what was asked for: new, upcoming; empty: all
    since TEXT,  -- the time since which a record is new, UTC, ISO 8601; null: not a walk over new records
    mode TEXT NOT NULL,
    base_url TEXT NOT NULL,
    started TEXT NOT NULL,  -- UTC, ISO 8601
    total INTEGER,  -- how many records LL2 lists, as the last page said; null before the first
    steps INTEGER NOT NULL DEFAULT 0,  -- steps back since that page, because the list changed
    published INTEGER NOT NULL  -- 1: the tables hold what this walk found
);

CREATE TABLE _staged (
    -- The pages that each walk fetched.
    number INTEGER PRIMARY KEY,  -- the order of fetching
    walk INTEGER NOT NULL REFERENCES _walks (id),
    "offset" INTEGER NOT NULL,
    "limit" INTEGER NOT NULL,
    page INTEGER NOT NULL,  -- the id, in _pages, of its text, which is kept while it is needed
    ids TEXT NOT NULL  -- JSON list of the records' ids, in order; null in it: no valid id
);

CREATE TABLE _pages (
    -- The pages as LL2 sent them, each kept while a record's text on it counts, or its walk is under way.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    mode TEXT NOT NULL,
    digest BLOB NOT NULL,  -- SHA-256 of the text
    body BLOB NOT NULL,  -- the text, zstd
    UNIQUE (resource, mode, digest)
);

CREATE TABLE _drift (
    -- What LL2 sends and its document does not mention. It is kept in _extra, and rendered back.
    shape TEXT NOT NULL,
    key TEXT NOT NULL,
    what TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES _runs (id),  -- the first to see it
    id NOT NULL,  -- an object that has it
    PRIMARY KEY (shape, key, what)
) WITHOUT ROWID;

CREATE TABLE _requests (
    -- Each request of the last week, from before it is sent.
    id INTEGER PRIMARY KEY,
    base_url TEXT NOT NULL,
    path TEXT NOT NULL,  -- with its query; no header, so no token
    sent TEXT NOT NULL,  -- UTC, ISO 8601
    counted INTEGER NOT NULL,  -- 1: against the server's limit
    status INTEGER,  -- null: there was no complete response
    bytes INTEGER,  -- of the body, unpacked
    ms INTEGER  -- how long the complete response took
);

CREATE TABLE _throttles (
    -- The limit of each server, as /api-throttle/ last stated it.
    base_url TEXT PRIMARY KEY NOT NULL,
    asked TEXT NOT NULL,  -- UTC, ISO 8601
    your_request_limit INTEGER,  -- null: not stated, so the limit declared for the host applies
    limit_frequency_secs INTEGER,
    current_use INTEGER,  -- when asked; null: not stated, so the log of requests is counted
    resumes TEXT  -- UTC, ISO 8601: when the server said that requests may resume
) WITHOUT ROWID;

-- The texts that a search looks at, in capitals as PostgreSQL makes them; and for each table an
-- index of its trigrams, which finds any part of a text. A record whose lists are searched has a
-- row for each combination of their items.

CREATE TABLE _search_spacecraft (
    id INTEGER PRIMARY KEY,
    name TEXT,
    spacecraft_config__name TEXT
);
CREATE VIRTUAL TABLE _search_spacecraft_fts USING fts5(
    name, spacecraft_config__name,
    content = '_search_spacecraft', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_agencies (
    id INTEGER PRIMARY KEY,
    abbrev TEXT,
    name TEXT
);
CREATE VIRTUAL TABLE _search_agencies_fts USING fts5(
    abbrev, name,
    content = '_search_agencies', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_astronauts (
    key INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    agency__abbrev TEXT,
    agency__name TEXT,
    name TEXT,
    nationality__nationality_name TEXT
);
CREATE VIRTUAL TABLE _search_astronauts_fts USING fts5(
    agency__abbrev, agency__name, name, nationality__nationality_name,
    content = '_search_astronauts', content_rowid = 'key', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_celestial_bodies (
    id INTEGER PRIMARY KEY,
    name TEXT,
    type__name TEXT
);
CREATE VIRTUAL TABLE _search_celestial_bodies_fts USING fts5(
    name, type__name,
    content = '_search_celestial_bodies', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_docking_events (
    id INTEGER PRIMARY KEY,
    docking_location__name TEXT,
    flight_vehicle_chaser__spacecraft__name TEXT,
    flight_vehicle_target__spacecraft__name TEXT,
    payload_flight_chaser__payload__name TEXT,
    payload_flight_target__payload__name TEXT,
    space_station_chaser__name TEXT,
    space_station_target__name TEXT
);
CREATE VIRTUAL TABLE _search_docking_events_fts USING fts5(
    docking_location__name, flight_vehicle_chaser__spacecraft__name,
    flight_vehicle_target__spacecraft__name, payload_flight_chaser__payload__name,
    payload_flight_target__payload__name, space_station_chaser__name,
    space_station_target__name,
    content = '_search_docking_events', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_events (
    id INTEGER PRIMARY KEY,
    name TEXT
);
CREATE VIRTUAL TABLE _search_events_fts USING fts5(
    name,
    content = '_search_events', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_expeditions (
    key INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    crew__astronaut__agency__abbrev TEXT,
    crew__astronaut__agency__name TEXT,
    crew__astronaut__name TEXT,
    crew__astronaut__nationality__nationality_name TEXT,
    name TEXT
);
CREATE VIRTUAL TABLE _search_expeditions_fts USING fts5(
    crew__astronaut__agency__abbrev, crew__astronaut__agency__name, crew__astronaut__name,
    crew__astronaut__nationality__nationality_name, name,
    content = '_search_expeditions', content_rowid = 'key', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_landings (
    id INTEGER PRIMARY KEY,
    firststage__launcher__serial_number TEXT,
    landing_location__abbrev TEXT,
    landing_location__name TEXT,
    spacecraftflight__launch__name TEXT,
    spacecraftflight__spacecraft__name TEXT,
    spacecraftflight__spacecraft__serial_number TEXT,
    spacecraftflight__spacecraft__spacecraft_config__name TEXT
);
CREATE VIRTUAL TABLE _search_landings_fts USING fts5(
    firststage__launcher__serial_number, landing_location__abbrev, landing_location__name,
    spacecraftflight__launch__name, spacecraftflight__spacecraft__name,
    spacecraftflight__spacecraft__serial_number,
    spacecraftflight__spacecraft__spacecraft_config__name,
    content = '_search_landings', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_launcher_configuration_families (
    key INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    manufacturer__abbrev TEXT,
    manufacturer__name TEXT,
    name TEXT
);
CREATE VIRTUAL TABLE _search_launcher_configuration_families_fts USING fts5(
    manufacturer__abbrev, manufacturer__name, name,
    content = '_search_launcher_configuration_families', content_rowid = 'key', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_launcher_configurations (
    id INTEGER PRIMARY KEY,
    full_name TEXT,
    manufacturer__abbrev TEXT,
    manufacturer__name TEXT,
    name TEXT
);
CREATE VIRTUAL TABLE _search_launcher_configurations_fts USING fts5(
    full_name, manufacturer__abbrev, manufacturer__name, name,
    content = '_search_launcher_configurations', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_launchers (
    id INTEGER PRIMARY KEY,
    serial_number TEXT,
    status__name TEXT
);
CREATE VIRTUAL TABLE _search_launchers_fts USING fts5(
    serial_number, status__name,
    content = '_search_launchers', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_launches (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    launch_designator TEXT,
    launch_service_provider__name TEXT,
    mission__name TEXT,
    name TEXT,
    pad__location__name TEXT,
    pad__name TEXT,
    rocket__configuration__manufacturer__abbrev TEXT,
    rocket__configuration__manufacturer__name TEXT,
    rocket__configuration__name TEXT,
    rocket__spacecraft_stage__spacecraft__name TEXT
);
CREATE VIRTUAL TABLE _search_launches_fts USING fts5(
    launch_designator, launch_service_provider__name, mission__name, name, pad__location__name,
    pad__name, rocket__configuration__manufacturer__abbrev,
    rocket__configuration__manufacturer__name, rocket__configuration__name,
    rocket__spacecraft_stage__spacecraft__name,
    content = '_search_launches', content_rowid = 'key', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_locations (
    id INTEGER PRIMARY KEY,
    country__alpha_3_code TEXT,
    name TEXT
);
CREATE VIRTUAL TABLE _search_locations_fts USING fts5(
    country__alpha_3_code, name,
    content = '_search_locations', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_mission_patches (
    id INTEGER PRIMARY KEY,
    agency__name TEXT,
    name TEXT
);
CREATE VIRTUAL TABLE _search_mission_patches_fts USING fts5(
    agency__name, name,
    content = '_search_mission_patches', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_pads (
    id INTEGER PRIMARY KEY,
    location__name TEXT,
    name TEXT,
    orbital_launch_attempt_count TEXT,
    total_launch_count TEXT
);
CREATE VIRTUAL TABLE _search_pads_fts USING fts5(
    location__name, name, orbital_launch_attempt_count, total_launch_count,
    content = '_search_pads', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_payloads (
    id INTEGER PRIMARY KEY,
    manufacturer__name TEXT,
    name TEXT,
    operator__name TEXT
);
CREATE VIRTUAL TABLE _search_payloads_fts USING fts5(
    manufacturer__name, name, operator__name,
    content = '_search_payloads', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_space_stations (
    key INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    name TEXT,
    owners__abbrev TEXT,
    owners__name TEXT
);
CREATE VIRTUAL TABLE _search_space_stations_fts USING fts5(
    name, owners__abbrev, owners__name,
    content = '_search_space_stations', content_rowid = 'key', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_spacecraft_configuration_families (
    id INTEGER PRIMARY KEY,
    manufacturer__abbrev TEXT,
    manufacturer__name TEXT,
    name TEXT
);
CREATE VIRTUAL TABLE _search_spacecraft_configuration_families_fts USING fts5(
    manufacturer__abbrev, manufacturer__name, name,
    content = '_search_spacecraft_configuration_families', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_spacecraft_configurations (
    id INTEGER PRIMARY KEY,
    agency__abbrev TEXT,
    agency__name TEXT,
    name TEXT
);
CREATE VIRTUAL TABLE _search_spacecraft_configurations_fts USING fts5(
    agency__abbrev, agency__name, name,
    content = '_search_spacecraft_configurations', content_rowid = 'id', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE _search_spacewalks (
    key INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    crew__astronaut__name TEXT,
    location TEXT,
    name TEXT,
    program__name TEXT
);
CREATE VIRTUAL TABLE _search_spacewalks_fts USING fts5(
    crew__astronaut__name, location, name, program__name,
    content = '_search_spacewalks', content_rowid = 'key', columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

-- ----------------------------------------------------------------------------------------------
-- Views, each for a question that many ask (docs/tables.md shows them)
-- ----------------------------------------------------------------------------------------------

CREATE VIEW IF NOT EXISTS spacecraft_overview AS
    -- Each spacecraft in one row: type, builder, status, time in space.
SELECT
    spacecraft.id,  -- LL2's number for the spacecraft
    spacecraft.name,  -- LL2's name for the spacecraft
    spacecraft.serial_number,  -- the builder's serial number, if there is one
    configurations.name AS configuration,  -- the type of spacecraft
    types.name AS type,  -- Capsule, Space Plane, ...
    agencies.name AS agency,  -- agency that built the spacecraft
    statuses.name AS status,  -- active, retired, lost, ...
    spacecraft.in_space,  -- 0 or 1: in space now
    spacecraft.flights_count AS flights,  -- flights so far
    round(spacecraft.time_in_space_seconds / 86400, 1) AS days_in_space,  -- days: over all flights
    round(spacecraft.time_docked_seconds / 86400, 1) AS days_docked,  -- days: over all flights
    images.thumbnail_url AS thumbnail,  -- URL of a small picture
    images.credit,  -- whom to credit for the picture
    licenses.name AS license,  -- what may be done with the picture
    spacecraft.is_placeholder  -- 0 or 1: stands for a spacecraft that is not yet known
FROM spacecraft
LEFT JOIN spacecraft_configurations AS configurations
    ON configurations.id = spacecraft.spacecraft_config_id
LEFT JOIN spacecraft_configuration_types AS types ON types.id = configurations.type_id
LEFT JOIN agencies ON agencies.id = configurations.agency_id
LEFT JOIN spacecraft_statuses AS statuses ON statuses.id = spacecraft.status_id
LEFT JOIN images ON images.id = spacecraft.image_id
LEFT JOIN image_licenses AS licenses ON licenses.id = images.license_id;

CREATE VIEW IF NOT EXISTS flights AS
    -- Each flight of a spacecraft in one row: whether it was flown or is planned, its launch and its
    -- landing (detailed mode of spacecraft or launches, or the list of flights).
SELECT
    flights.id,  -- LL2's number for the flight
    spacecraft.name AS spacecraft,  -- the spacecraft
    configurations.name AS configuration,  -- the type of spacecraft
    agencies.name AS agency,  -- agency that built the spacecraft
    (SELECT state FROM _flight_states AS states WHERE states.id = flights.id)
        AS state,  -- planned, under way, flown, launch failed; null: the launch's status is not known
    launches.net AS launched,  -- UTC: lift-off, planned or actual; the last day of its period if imprecise
    replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5)) AS date,  -- launched, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027"
    launches.name AS launch,  -- the launch
    pads.name AS pad,  -- the launch pad
    flights.mission_end,  -- UTC: end of the flight, past or planned
    round(flights.duration_seconds / 86400, 1) AS days,  -- days: duration; grows while under way
    places.name AS landed_at,  -- place of the landing, past or planned
    landings.success AS landed,  -- 0 or 1: the landing succeeded; null: still to come, or not attempted
    flights.destination,  -- destination, as text
    flights.spacecraft_id,  -- id of the spacecraft
    links.launch_id,  -- id of the launch
    links.landing_id  -- id of the landing
FROM spacecraft_flights AS flights
JOIN _flight_links AS links ON links.id = flights.id
LEFT JOIN spacecraft ON spacecraft.id = flights.spacecraft_id
LEFT JOIN spacecraft_configurations AS configurations
    ON configurations.id = spacecraft.spacecraft_config_id
LEFT JOIN agencies ON agencies.id = configurations.agency_id
LEFT JOIN launches ON launches.id = links.launch_id
LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(launches.net_precision_id, 5)
LEFT JOIN pads ON pads.id = launches.pad_id
LEFT JOIN landings ON landings.id = links.landing_id
LEFT JOIN landing_locations AS places ON places.id = landings.landing_location_id;

CREATE VIEW IF NOT EXISTS launches_overview AS
    -- Each launch in one row: outcome, date, agency, rocket, mission, orbit, pad.
SELECT
    launches.id,  -- a UUID
    launches.name AS launch,  -- LL2's name for the launch
    outcome,  -- success, failure, partial failure, in flight, planned; null: status not known
    statuses.abbrev AS status,  -- LL2's status: Success, Go, TBD, ...
    CASE
        WHEN launches.orbital_launch_attempt_count IS NOT NULL THEN 1
        WHEN launches.rocket_id IS NOT NULL THEN 0
    END AS orbital,  -- 0 or 1: an orbital attempt, by LL2's count of them; 0: suborbital
    CAST(substr(net, 1, 4) AS INTEGER) AS year,  -- year: year of lift-off, by net
    launches.net,  -- UTC: lift-off, planned or actual; the last day of its period if imprecise
    replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5)) AS date,  -- net, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027", "2026"
    net_precisions.abbrev AS precision,  -- precision of net: SEC, MIN, DAY, M, Q1, H2, Y, ...
    agencies.name AS agency,  -- agency that launches
    coalesce(configurations.full_name, configurations.name) AS rocket,  -- the type of rocket
    missions.name AS mission,  -- the mission
    missions.type AS mission_type,  -- Communications, Resupply, ...
    orbits.name AS orbit,  -- the target orbit
    pads.name AS pad,  -- the launch pad
    locations.name AS location,  -- the launch site
    countries.name AS country,  -- country of the pad: of Baikonur Kazakhstan, of Kourou French Guiana
    countries.alpha_3_code AS country_code,  -- ISO 3166-1: code of three letters
    launches.window_start,  -- UTC: start of the launch window
    launches.window_end,  -- UTC: end of the launch window
    launches.launch_service_provider_id AS agency_id,  -- id of the agency
    configurations.id AS launcher_configuration_id,  -- id of the type of rocket
    launches.mission_id,  -- id of the mission
    launches.pad_id  -- id of the pad
FROM launches
LEFT JOIN launch_statuses AS statuses ON statuses.id = launches.status_id
LEFT JOIN _outcomes AS outcomes ON outcomes.status = statuses.abbrev
LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(launches.net_precision_id, 5)
LEFT JOIN net_precisions ON net_precisions.id = launches.net_precision_id
LEFT JOIN agencies ON agencies.id = launches.launch_service_provider_id
LEFT JOIN rockets ON rockets.id = launches.rocket_id
LEFT JOIN launcher_configurations AS configurations ON configurations.id = rockets.configuration_id
LEFT JOIN missions ON missions.id = launches.mission_id
LEFT JOIN orbits ON orbits.id = missions.orbit_id
LEFT JOIN pads ON pads.id = launches.pad_id
LEFT JOIN locations ON locations.id = pads.location_id
LEFT JOIN countries ON countries.id = coalesce(pads.country_id, locations.country_id);

CREATE VIEW IF NOT EXISTS booster_flights AS
    -- Each first stage or booster on each launch, flown or planned, with its landing (detailed mode
    -- of launches, which alone lists boosters).
SELECT
    stages.id,  -- LL2's number for the first stage
    launchers.serial_number AS booster,  -- the booster
    stages.launcher_flight_number AS flight,  -- running number among the booster's flights
    stages.type AS role,  -- Core, Strap-On Booster, ...
    launches.name AS launch,  -- the launch
    outcome,  -- of the launch: success, failure, partial failure, in flight, planned
    launches.net AS launched,  -- UTC: lift-off, planned or actual; the last day of its period if imprecise
    replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5)) AS date,  -- launched, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027"
    round(stages.turn_around_time_seconds / 86400, 1)
        AS days_since_flight,  -- days: since the booster's previous flight
    landings.attempt AS landing_tried,  -- 0 or 1: a landing was attempted, or will be
    landings.success AS landed,  -- 0 or 1: the landing succeeded; null: still to come, or not attempted
    landing_types.abbrev AS landing_type,  -- ASDS, RTLS, ...
    places.name AS landed_at,  -- place of the landing, past or planned
    launchers.is_placeholder,  -- 0 or 1: stands for a booster that is not yet known
    stages.launcher_id,  -- id of the booster
    links.launch_id,  -- id of the launch
    links.landing_id  -- id of the landing
FROM first_stages AS stages
JOIN _stage_links AS links ON links.id = stages.id
LEFT JOIN launchers ON launchers.id = stages.launcher_id
LEFT JOIN launches ON launches.id = links.launch_id
LEFT JOIN launch_statuses AS statuses ON statuses.id = launches.status_id
LEFT JOIN _outcomes AS outcomes ON outcomes.status = statuses.abbrev
LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(launches.net_precision_id, 5)
LEFT JOIN landings ON landings.id = links.landing_id
LEFT JOIN landing_types ON landing_types.id = landings.type_id
LEFT JOIN landing_locations AS places ON places.id = landings.landing_location_id;

CREATE VIEW IF NOT EXISTS people_flights AS
    -- Each person on each flight of a spacecraft: whether they went up and came down with it, and
    -- their role (detailed mode of spacecraft_flights, launches or astronauts).
SELECT
    astronauts.id,  -- LL2's number for the person
    astronauts.name AS person,  -- the person
    agencies.name AS agency,  -- agency that they fly for
    astronaut_roles.role,  -- role in the crew: Commander, ...
    spacecraft.name AS spacecraft,  -- the spacecraft; null: only the launch is known
    (SELECT state FROM _flight_states AS states WHERE states.id = crews.spacecraft_flight_id)
        AS state,  -- of the flight: planned, under way, flown, launch failed
    launches.name AS launch,  -- the launch of the spacecraft
    launches.net AS launched,  -- UTC: lift-off, planned or actual; the last day of its period if imprecise
    replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5)) AS date,  -- launched, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027"
    crews.went_up,  -- 0 or 1: was aboard at launch, or will be
    crews.came_down,  -- 0 or 1: was aboard at landing, or will be
    flown.mission_end,  -- UTC: end of the flight, past or planned
    crews.spacecraft_flight_id,  -- id of the flight
    crews.launch_id  -- id of the launch
FROM _crews AS crews
JOIN astronauts ON astronauts.id = crews.astronaut_id
LEFT JOIN agencies ON agencies.id = astronauts.agency_id
LEFT JOIN astronaut_roles ON astronaut_roles.id = crews.role_id
LEFT JOIN spacecraft_flights AS flown ON flown.id = crews.spacecraft_flight_id
LEFT JOIN spacecraft ON spacecraft.id = flown.spacecraft_id
LEFT JOIN launches ON launches.id = crews.launch_id
LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(launches.net_precision_id, 5);

CREATE VIEW IF NOT EXISTS dockings AS
    -- Each docking in one row: chaser, target, port, beginning and end.
SELECT
    events.id,  -- LL2's number for the docking
    coalesce(craft.name, payloads.name, stations.name) AS chaser,  -- what docked
    coalesce(target_stations.name, target_craft.name, target_payloads.name)
        AS target,  -- what it docked with: a station, a spacecraft or a payload
    locations.name AS port,  -- the docking port
    events.docking,  -- UTC: time of docking, past or planned
    events.departure,  -- UTC: time of undocking; null: not yet, or not known
    round(julianday(events.departure) - julianday(events.docking), 1)
        AS days,  -- days: from docking to undocking; null: no time of undocking
    links.spacecraft_flight_id,  -- id of the flight that docked, if it is a spacecraft
    flights.spacecraft_id,  -- id of the spacecraft that docked, if it is one
    links.space_station_id  -- id of the station that it docked with, if it is one
FROM docking_events AS events
JOIN _docking_links AS links ON links.id = events.id
LEFT JOIN spacecraft_flights AS flights ON flights.id = links.spacecraft_flight_id
LEFT JOIN spacecraft AS craft ON craft.id = flights.spacecraft_id
LEFT JOIN payload_flights AS carried ON carried.id = links.payload_flight_id
LEFT JOIN payloads ON payloads.id = carried.payload_id
LEFT JOIN space_stations AS stations ON stations.id = events.space_station_chaser_id
LEFT JOIN docking_locations AS locations ON locations.id = links.port_id
LEFT JOIN space_stations AS target_stations ON target_stations.id = links.space_station_id
LEFT JOIN spacecraft_flights AS target_flights ON target_flights.id = events.flight_vehicle_target_id
LEFT JOIN spacecraft AS target_craft ON target_craft.id = target_flights.spacecraft_id
LEFT JOIN payload_flights AS target_carried ON target_carried.id = events.payload_flight_target_id
LEFT JOIN payloads AS target_payloads ON target_payloads.id = target_carried.payload_id;

CREATE VIEW IF NOT EXISTS events_overview AS
    -- Each event in one row: type, date, place.
SELECT
    events.id,  -- LL2's number for the event
    events.name AS event,  -- LL2's name for the event
    event_types.name AS type,  -- Docking, Press Event, Flyby, EVA, ...
    events.net AS time,  -- UTC: time of the event; the last day of its period if imprecise
    replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5)) AS date,  -- time, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027", "2026"
    net_precisions.abbrev AS precision,  -- precision of time: SEC, MIN, DAY, M, Q1, H2, Y, ...
    events.location,  -- place of the event, as text
    events.webcast_live  -- 0 or 1: a webcast of the event is live
FROM (SELECT *, date AS net FROM events) AS events
LEFT JOIN event_types ON event_types.id = events.type_id
LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(events.date_precision_id, 5)
LEFT JOIN net_precisions ON net_precisions.id = events.date_precision_id;

CREATE VIEW IF NOT EXISTS family_tree AS
    -- Each family of spacecraft in one row, below the families that it belongs to.
WITH RECURSIVE tree (id, name, path, level, parent, manufacturer_id) AS (
    SELECT id, name, name, 0, CAST(NULL AS TEXT), manufacturer_id
    FROM spacecraft_configuration_families
    WHERE parent_id IS NULL
    UNION
    SELECT below.id, below.name, tree.path || ' › ' || below.name, tree.level + 1, tree.name,
           below.manufacturer_id
    FROM tree
    JOIN spacecraft_configuration_families AS below ON below.parent_id = tree.id
    WHERE tree.level < 20
)
SELECT
    tree.id,  -- LL2's number for the family
    tree.name,  -- LL2's name for the family
    tree.path,  -- names of the families above it and its own: Dragon › Dragon 2
    tree.level,  -- number of families above this one
    tree.parent,  -- the parent family
    agencies.name AS manufacturer,  -- agency that builds the family
    (SELECT count(*) FROM spacecraft_configurations__family
     WHERE spacecraft_configuration_family_id = tree.id) AS configurations  -- number of spacecraft types that LL2 lists in it
FROM tree
LEFT JOIN agencies ON agencies.id = tree.manufacturer_id
ORDER BY tree.path;

CREATE VIEW IF NOT EXISTS configuration_families AS
    -- Each type of spacecraft with each family that it belongs to.
SELECT
    configurations.id,  -- LL2's number for the type
    configurations.name AS configuration,  -- the type of spacecraft
    families.name AS family,  -- a family of the type
    agencies.name AS agency,  -- agency that built the type
    manufacturers.name AS manufacturer,  -- agency that builds the family
    configurations.in_use,  -- 0 or 1: the type is still flying
    families.id AS family_id  -- id of the family
FROM spacecraft_configurations__family AS members
JOIN spacecraft_configurations AS configurations
    ON configurations.id = members.spacecraft_configuration_id
JOIN spacecraft_configuration_families AS families
    ON families.id = members.spacecraft_configuration_family_id
LEFT JOIN agencies ON agencies.id = configurations.agency_id
LEFT JOIN agencies AS manufacturers ON manufacturers.id = families.manufacturer_id;

CREATE VIEW IF NOT EXISTS agency_countries AS
    -- Each agency with each of its countries; country is null where LL2 names none.
SELECT
    agencies.id,  -- LL2's number for the agency
    agencies.name AS agency,  -- the agency
    agencies.abbrev,  -- short name
    types.name AS type,  -- Government, Commercial, ...
    countries.name AS country,  -- a country of the agency
    countries.alpha_3_code AS country_code,  -- ISO 3166-1: code of three letters
    agencies.founding_year  -- year: year of the agency's founding
FROM agencies
LEFT JOIN agency_types AS types ON types.id = agencies.type_id
LEFT JOIN agencies__country AS links ON links.agency_id = agencies.id
LEFT JOIN countries ON countries.id = links.country_id;

CREATE VIEW IF NOT EXISTS image_credits AS
    -- Each picture with its credit and license.
SELECT
    images.id,  -- LL2's number for the picture
    images.name,  -- LL2's name for the picture
    images.credit,  -- whom to credit for the picture
    licenses.name AS license,  -- what may be done with the picture
    licenses.link AS terms,  -- URL of the license's terms
    images.thumbnail_url AS thumbnail,  -- URL of a small version of the picture
    images.image_url AS picture  -- URL of the full-size picture
FROM images
LEFT JOIN image_licenses AS licenses ON licenses.id = images.license_id;

CREATE VIEW IF NOT EXISTS launches_by_pad AS
    -- Each launch pad with the number of its launches in this file.
SELECT
    pads.id,  -- LL2's number for the pad
    pads.name AS pad,  -- the pad
    locations.name AS location,  -- the launch site
    countries.name AS country,  -- country of the pad
    (SELECT count(*) FROM launches WHERE launches.pad_id = pads.id)
        AS launches,  -- number of launches in this file, planned ones included
    (SELECT count(*) FROM launches WHERE launches.pad_id = pads.id AND status_id IN (
        SELECT id FROM launch_statuses JOIN _outcomes ON status = abbrev WHERE outcome <> 'planned'))
        AS flown,  -- number of launches that lifted off
    (SELECT count(*) FROM launches WHERE launches.pad_id = pads.id AND status_id IN (
        SELECT id FROM launch_statuses JOIN _outcomes ON status = abbrev WHERE outcome = 'planned'))
        AS planned,  -- number of launches that are planned
    (SELECT count(*) FROM launches JOIN launch_statuses AS statuses ON statuses.id = status_id
     WHERE launches.pad_id = pads.id AND statuses.abbrev IN ('Success', 'Deployed'))
        AS succeeded,  -- number of launches that succeeded
    (SELECT min(net) FROM launches WHERE launches.pad_id = pads.id)
        AS earliest,  -- UTC: net of the first launch; the last day of its period if imprecise
    (SELECT max(net) FROM launches WHERE launches.pad_id = pads.id)
        AS latest,  -- UTC: net of the last launch, planned or not; the last day of its period if imprecise
    (SELECT replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5)) FROM launches
     LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(net_precision_id, 5)
     WHERE launches.pad_id = pads.id AND net IS NOT NULL ORDER BY net LIMIT 1)
        AS earliest_date,  -- earliest, as precisely as it is known: "4 Oct 1957"
    (SELECT replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5)) FROM launches
     LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(net_precision_id, 5)
     WHERE launches.pad_id = pads.id AND net IS NOT NULL ORDER BY net DESC LIMIT 1)
        AS latest_date  -- latest, as precisely as it is known: "Q1 2027", "2026"
FROM pads
LEFT JOIN locations ON locations.id = pads.location_id
LEFT JOIN countries ON countries.id = pads.country_id;

CREATE VIEW IF NOT EXISTS recent_changes AS
    -- What each sync changed, by name, the newest first; without first syncs, and without what
    -- changes by itself, such as times in space. The table _history has everything.
    -- launch_nets has the dates of launches with their precision.
SELECT
    runs.finished,  -- UTC: end of the sync that found the change
    changes.kind,  -- added, changed, reordered, gone
    changes.table_name,  -- table of the row that changed
    CAST(changes.id AS TEXT) AS id,  -- id of the row that changed, as text
    coalesce(
        (SELECT name FROM _names WHERE table_name = changes.table_name AND _names.id = changes.id),
        (SELECT name FROM launches
         WHERE changes.table_name = 'launches' AND launches.id = changes.id),
        CASE changes.kind WHEN 'gone' THEN json_extract(changes.from_value, '$.name') END,
        (SELECT json_extract(body, '$.name') FROM _tombstones
         WHERE resource IN (changes.table_name, 'config/' || changes.table_name)
           AND _tombstones.id = changes.id)
    ) AS name,  -- name of the row that changed
    changes.key,  -- LL2's key whose value changed; empty: the whole row
    CASE WHEN changes.key <> '' THEN coalesce(
        (SELECT name FROM _names WHERE table_name = target AND _names.id = changes.from_value),
        (SELECT name FROM launches WHERE target = 'launches' AND launches.id = changes.from_value),
        CAST(changes.from_value AS TEXT)
    ) END AS from_value,  -- value before; a reference to a row is its name
    CASE WHEN changes.key <> '' THEN coalesce(
        (SELECT name FROM _names WHERE table_name = target AND _names.id = changes.to_value),
        (SELECT name FROM launches WHERE target = 'launches' AND launches.id = changes.to_value),
        CAST(changes.to_value AS TEXT)
    ) END AS to_value  -- value after; a reference to a row is its name
FROM _runs AS runs
CROSS JOIN _history AS changes
LEFT JOIN _references
    ON _references.table_name = changes.table_name AND _references.key = changes.key
WHERE changes.run = runs.id
  AND NOT changes.moving
  AND runs.id NOT IN (SELECT min(id) FROM _runs WHERE part <> 'new' GROUP BY resource, part)
ORDER BY runs.id DESC;

CREATE VIEW IF NOT EXISTS launch_nets AS
    -- Each date (NET) of each launch, and from when to when it was valid in this file. As of a day:
    -- WHERE valid_from <= :day AND (valid_to IS NULL OR valid_to > :day).
WITH periods AS (
    SELECT states.*, pattern,
        CASE length WHEN '' THEN net ELSE strftime('%Y-%m-%d', net, '+1 day', '-' || length) END AS earliest,
        CASE length WHEN '' THEN net ELSE date(net) || 'T99' END AS latest
    FROM _net_states AS states
    LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(precision_id, 5)
), steps AS (
    SELECT *, lag(net) OVER w AS old_net, lag(precision_id) OVER w AS old_precision_id,
        lag(earliest) OVER w AS old_earliest, lag(latest) OVER w AS old_latest
    FROM periods
    WINDOW w AS (PARTITION BY id ORDER BY run)
), versions AS (
    SELECT *, lead(run) OVER (PARTITION BY id ORDER BY run) AS next_run
    FROM steps
    WHERE coalesce(net, '') <> coalesce(old_net, '')
       OR coalesce(precision_id, 5) <> coalesce(old_precision_id, 5)
)
SELECT
    versions.id,  -- a UUID: id of the launch, which may be gone
    versions.name AS launch,  -- LL2's name for the launch
    net,  -- UTC: lift-off, planned or actual; the last day of its period if imprecise
    replace(replace(replace(replace(replace(coalesce(pattern, '{year}'),
        '{day}', ltrim(substr(net, 9, 2), '0')),
        '{month}', substr('JanFebMarAprMayJunJulAugSepOctNovDec',
                          3 * CAST(substr(net, 6, 2) AS INTEGER) - 2, 3)),
        '{year}', substr(net, 1, 4)),
        '{decade}', substr(net, 1, 3) || '0s'),
        '{time}', substr(net, 12, 5)) AS date,  -- net, as precisely as it was known: "30 Nov 2026, 17:40 UTC", "Q1 2027", "2026"
    net_precisions.abbrev AS precision,  -- precision of net: SEC, MIN, DAY, M, Q1, H2, Y, ...
    CASE
        WHEN old_net IS NULL THEN 'first'
        WHEN earliest > old_latest THEN 'slip'
        WHEN latest < old_earliest THEN 'pull-in'
        WHEN precision_id < old_precision_id THEN 'firmed'
        WHEN precision_id > old_precision_id THEN 'loosened'
        WHEN net > old_net THEN 'slip'
        ELSE 'pull-in'
    END AS kind,  -- first, slip, pull-in, or in the same period: firmed, loosened
    round(julianday(net) - julianday(old_net), 1)
        AS days_slipped,  -- days: after the previous net; negative: before it; null: the first
    substr(began.finished, 1, 19) || 'Z' AS valid_from,  -- UTC: end of the sync that brought the date
    substr(ended.finished, 1, 19) || 'Z' AS valid_to  -- UTC: end of the sync that brought the next date or found the launch gone; null: valid now
FROM versions
JOIN _runs AS began ON began.id = versions.run
LEFT JOIN _runs AS ended ON ended.id = versions.next_run
LEFT JOIN net_precisions ON net_precisions.id = precision_id
WHERE net IS NOT NULL;

CREATE VIEW IF NOT EXISTS _flight_links (id, launch_id, landing_id) AS
    -- The launch and the landing of each flight of a spacecraft, from whichever side has the link: a
    -- list of launches has it in its rockets, a list of landings in its own rows.
SELECT id,
    coalesce(launch_id, (
        SELECT min(launches.id) FROM rockets__spacecraft_stage AS carried
        JOIN launches ON launches.rocket_id = carried.rocket_id
        WHERE carried.spacecraft_flight_id = flights.id
    )),
    coalesce(landing_id, (
        SELECT min(id) FROM landings WHERE spacecraftflight_id = flights.id
    ))
FROM spacecraft_flights AS flights;

CREATE VIEW IF NOT EXISTS _flight_states (id, state) AS
    -- Whether each flight of a spacecraft was flown, by its launch and its end.
SELECT flights.id,
    CASE
        WHEN outcome = 'failure' THEN 'launch failed'
        WHEN outcome = 'planned' THEN 'planned'
        WHEN flights.mission_end <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now') THEN 'flown'
        WHEN outcome IS NOT NULL THEN 'under way'
    END
FROM spacecraft_flights AS flights
JOIN _flight_links AS links ON links.id = flights.id
LEFT JOIN launches ON launches.id = links.launch_id
LEFT JOIN launch_statuses AS statuses ON statuses.id = launches.status_id
LEFT JOIN _outcomes AS outcomes ON outcomes.status = statuses.abbrev;

CREATE VIEW IF NOT EXISTS _stage_links (id, launch_id, landing_id) AS
    -- The launch and the landing of each first stage, likewise.
SELECT id,
    (SELECT min(launches.id) FROM rockets__launcher_stage AS carried
     JOIN launches ON launches.rocket_id = carried.rocket_id
     WHERE carried.first_stage_id = stages.id),
    coalesce(landing_id, (SELECT min(id) FROM landings WHERE firststage_id = stages.id))
FROM first_stages AS stages;

CREATE VIEW IF NOT EXISTS _crew_members (spacecraft_flight_id, astronaut_id, role_id, up, down) AS
    -- Who is in which crew, from the lists of the flights and those of the people.
SELECT spacecraft_flight_id, astronaut_id, role_id, 1, 0
FROM spacecraft_flights__launch_crew JOIN astronaut_flights AS a ON a.id = astronaut_flight_id
UNION ALL SELECT spacecraft_flight_id, astronaut_id, role_id, 0, 0
FROM spacecraft_flights__onboard_crew JOIN astronaut_flights AS a ON a.id = astronaut_flight_id
UNION ALL SELECT spacecraft_flight_id, astronaut_id, role_id, 0, 1
FROM spacecraft_flights__landing_crew JOIN astronaut_flights AS a ON a.id = astronaut_flight_id
UNION ALL SELECT spacecraft_flight_id, astronaut_id, CAST(NULL AS INTEGER), 0, 1
FROM astronauts__landings;

CREATE VIEW IF NOT EXISTS _crews AS
    -- Each person on each flight once; and on each launch whose flights have no list of them.
SELECT spacecraft_flight_id, launch_id, astronaut_id, max(role_id) AS role_id,
    max(down) AS came_down, max(up OR EXISTS (
        SELECT 1 FROM astronauts__flights AS flown
        WHERE flown.astronaut_id = members.astronaut_id AND flown.launch_id = links.launch_id
    )) AS went_up
FROM _crew_members AS members
JOIN _flight_links AS links ON links.id = spacecraft_flight_id
GROUP BY spacecraft_flight_id, launch_id, astronaut_id
UNION ALL
SELECT CAST(NULL AS INTEGER), launch_id, astronaut_id, CAST(NULL AS INTEGER), 0, 1
FROM astronauts__flights AS flown
WHERE NOT EXISTS (
    SELECT 1 FROM _crew_members AS members
    JOIN _flight_links AS links ON links.id = spacecraft_flight_id
    WHERE members.astronaut_id = flown.astronaut_id AND links.launch_id = flown.launch_id
);

CREATE VIEW IF NOT EXISTS _docking_links AS
    -- What docked in each event, and where, from whichever side has the link: a list of flights has
    -- it in its docking_events, a list of stations in their ports.
SELECT ends.*, coalesce(
    target_id,
    (SELECT spacestation_id FROM docking_locations WHERE docking_locations.id = port_id),
    (SELECT min(space_station_id) FROM space_stations__docking_location
     WHERE docking_location_id = port_id)
) AS space_station_id
FROM (
    SELECT id, space_station_target_id AS target_id,
        coalesce(flight_vehicle_chaser_id, (
            SELECT min(spacecraft_flight_id) FROM spacecraft_flights__docking_events
            WHERE docking_event_id = events.id
        )) AS spacecraft_flight_id,
        coalesce(payload_flight_chaser_id, (
            SELECT min(payload_flight_id) FROM payload_flights__docking_events
            WHERE docking_event_id = events.id
        )) AS payload_flight_id,
        coalesce(docking_location_id, (
            SELECT min(id) FROM docking_locations WHERE currently_docked_id = events.id
        )) AS port_id
    FROM docking_events AS events
) AS ends;

CREATE VIEW IF NOT EXISTS _names (table_name, id, name) AS
    -- For recent_changes: the name of each row; without launches, whose ids are text.
SELECT 'spacecraft', id, t."name" FROM spacecraft AS t
UNION ALL SELECT 'spacecraft_statuses', id, t."name" FROM spacecraft_statuses AS t
UNION ALL SELECT 'spacecraft_configurations', id, t."name" FROM spacecraft_configurations AS t
UNION ALL SELECT 'spacecraft_configuration_types', id, t."name" FROM spacecraft_configuration_types AS t
UNION ALL SELECT 'spacecraft_configuration_families', id, t."name" FROM spacecraft_configuration_families AS t
UNION ALL SELECT 'agencies', id, t."name" FROM agencies AS t
UNION ALL SELECT 'agency_types', id, t."name" FROM agency_types AS t
UNION ALL SELECT 'countries', id, t."name" FROM countries AS t
UNION ALL SELECT 'social_media_links', id, CAST((SELECT s.name FROM social_media AS s WHERE s.id = t.social_media_id) AS TEXT) FROM social_media_links AS t
UNION ALL SELECT 'social_media', id, t."name" FROM social_media AS t
UNION ALL SELECT 'images', id, t."name" FROM images AS t
UNION ALL SELECT 'image_licenses', id, t."name" FROM image_licenses AS t
UNION ALL SELECT 'image_variants', id, CAST((SELECT v.name FROM image_variant_types AS v WHERE v.id = t.type_id) AS TEXT) FROM image_variants AS t
UNION ALL SELECT 'image_variant_types', id, t."name" FROM image_variant_types AS t
UNION ALL SELECT 'spacecraft_flights', id, CAST((SELECT s.name FROM spacecraft AS s WHERE s.id = t.spacecraft_id) || coalesce(', ' || (
 SELECT substr(l.net, 1, CASE WHEN l.net_precision_id > 7 THEN 4 WHEN l.net_precision_id = 7 THEN 7 ELSE 10 END)
 FROM launches AS l WHERE l.id = t.launch_id), '') AS TEXT) FROM spacecraft_flights AS t
UNION ALL SELECT 'landings', id, CAST(coalesce((SELECT s.name FROM spacecraft_flights AS f JOIN spacecraft AS s ON s.id = f.spacecraft_id
 WHERE f.landing_id = t.id LIMIT 1), 'Landing')
 || coalesce(', ' || (SELECT p.name FROM landing_locations AS p WHERE p.id = t.landing_location_id), '') AS TEXT) FROM landings AS t
UNION ALL SELECT 'landing_types', id, t."name" FROM landing_types AS t
UNION ALL SELECT 'landing_locations', id, t."name" FROM landing_locations AS t
UNION ALL SELECT 'space_stations', id, t."name" FROM space_stations AS t
UNION ALL SELECT 'space_station_types', id, t."name" FROM space_station_types AS t
UNION ALL SELECT 'space_station_statuses', id, t."name" FROM space_station_statuses AS t
UNION ALL SELECT 'docking_events', id, CAST(coalesce((SELECT s.name FROM spacecraft_flights AS f JOIN spacecraft AS s ON s.id = f.spacecraft_id
 WHERE f.id = t.flight_vehicle_chaser_id), 'Docking') || coalesce(' at ' || (SELECT d.name FROM docking_locations AS d WHERE d.id = t.docking_location_id), '')
 || coalesce(', ' || date(t.docking), '') AS TEXT) FROM docking_events AS t
UNION ALL SELECT 'docking_locations', id, t."name" FROM docking_locations AS t
UNION ALL SELECT 'astronauts', id, t."name" FROM astronauts AS t
UNION ALL SELECT 'astronaut_statuses', id, t."name" FROM astronaut_statuses AS t
UNION ALL SELECT 'astronaut_types', id, t."name" FROM astronaut_types AS t
UNION ALL SELECT 'astronaut_flights', id, CAST((SELECT a.name FROM astronauts AS a WHERE a.id = t.astronaut_id)
 || coalesce(', ' || (SELECT r.role FROM astronaut_roles AS r WHERE r.id = t.role_id), '') AS TEXT) FROM astronaut_flights AS t
UNION ALL SELECT 'astronaut_roles', id, t.role FROM astronaut_roles AS t
UNION ALL SELECT 'expeditions', id, t."name" FROM expeditions AS t
UNION ALL SELECT 'spacewalks', id, t."name" FROM spacewalks AS t
UNION ALL SELECT 'launch_statuses', id, t."name" FROM launch_statuses AS t
UNION ALL SELECT 'net_precisions', id, t."name" FROM net_precisions AS t
UNION ALL SELECT 'updates', id, CAST(substr(t.comment, 1, 80) AS TEXT) FROM updates AS t
UNION ALL SELECT 'timeline_event_types', id, t.abbrev FROM timeline_event_types AS t
UNION ALL SELECT 'rockets', id, CAST((SELECT coalesce(c.full_name, c.name) FROM launcher_configurations AS c WHERE c.id = t.configuration_id) AS TEXT) FROM rockets AS t
UNION ALL SELECT 'first_stages', id, CAST((SELECT l.serial_number FROM launchers AS l WHERE l.id = t.launcher_id) AS TEXT) FROM first_stages AS t
UNION ALL SELECT 'first_stage_types', id, t."name" FROM first_stage_types AS t
UNION ALL SELECT 'launchers', id, t.serial_number FROM launchers AS t
UNION ALL SELECT 'launcher_statuses', id, t."name" FROM launcher_statuses AS t
UNION ALL SELECT 'launcher_configurations', id, CAST(coalesce(t.full_name, t.name) AS TEXT) FROM launcher_configurations AS t
UNION ALL SELECT 'launcher_configuration_families', id, t."name" FROM launcher_configuration_families AS t
UNION ALL SELECT 'pads', id, t."name" FROM pads AS t
UNION ALL SELECT 'locations', id, t."name" FROM locations AS t
UNION ALL SELECT 'celestial_bodies', id, t."name" FROM celestial_bodies AS t
UNION ALL SELECT 'celestial_body_types', id, t."name" FROM celestial_body_types AS t
UNION ALL SELECT 'payloads', id, t."name" FROM payloads AS t
UNION ALL SELECT 'payload_types', id, t."name" FROM payload_types AS t
UNION ALL SELECT 'payload_flights', id, CAST((SELECT p.name FROM payloads AS p WHERE p.id = t.payload_id) AS TEXT) FROM payload_flights AS t
UNION ALL SELECT 'missions', id, t."name" FROM missions AS t
UNION ALL SELECT 'mission_types', id, t."name" FROM mission_types AS t
UNION ALL SELECT 'mission_patches', id, t."name" FROM mission_patches AS t
UNION ALL SELECT 'orbits', id, t."name" FROM orbits AS t
UNION ALL SELECT 'programs', id, t."name" FROM programs AS t
UNION ALL SELECT 'program_types', id, t."name" FROM program_types AS t
UNION ALL SELECT 'infourl_types', id, t."name" FROM infourl_types AS t
UNION ALL SELECT 'vidurl_types', id, t."name" FROM vidurl_types AS t
UNION ALL SELECT 'languages', id, t."name" FROM languages AS t
UNION ALL SELECT 'events', id, t."name" FROM events AS t
UNION ALL SELECT 'event_types', id, t."name" FROM event_types AS t
UNION ALL SELECT 'notice_types', id, t."name" FROM notice_types AS t
UNION ALL SELECT 'road_closure_statuses', id, t."name" FROM road_closure_statuses AS t;

CREATE VIEW IF NOT EXISTS _references (table_name, key, target) AS
    -- For recent_changes: the table of the rows that each key refers to.
VALUES
    ('agencies','image','images'), ('agencies','logo','images'),
    ('agencies','social_logo','images'), ('agencies','type','agency_types'),
    ('astronaut_flights','astronaut','astronauts'),
    ('astronaut_flights','role','astronaut_roles'), ('astronauts','agency','agencies'),
    ('astronauts','image','images'), ('astronauts','status','astronaut_statuses'),
    ('astronauts','type','astronaut_types'), ('celestial_bodies','image','images'),
    ('celestial_bodies','type','celestial_body_types'),
    ('docking_events','docking_location','docking_locations'),
    ('docking_events','flight_vehicle_chaser','spacecraft_flights'),
    ('docking_events','flight_vehicle_target','spacecraft_flights'),
    ('docking_events','payload_flight_chaser','payload_flights'),
    ('docking_events','payload_flight_target','payload_flights'),
    ('docking_events','space_station_chaser','space_stations'),
    ('docking_events','space_station_target','space_stations'),
    ('docking_locations','currently_docked','docking_events'),
    ('docking_locations','payload','payloads'),
    ('docking_locations','spacecraft','spacecraft_configurations'),
    ('docking_locations','spacestation','space_stations'),
    ('events','date_precision','net_precisions'), ('events','image','images'),
    ('events','type','event_types'), ('expeditions','spacestation','space_stations'),
    ('first_stages','landing','landings'), ('first_stages','launcher','launchers'),
    ('first_stages','previous_flight','launches'),
    ('image_variants','type','image_variant_types'), ('images','license','image_licenses'),
    ('landing_locations','celestial_body','celestial_bodies'),
    ('landing_locations','image','images'), ('landing_locations','location','locations'),
    ('landings','firststage','first_stages'),
    ('landings','landing_location','landing_locations'),
    ('landings','payloadflight','payload_flights'),
    ('landings','spacecraftflight','spacecraft_flights'), ('landings','type','landing_types'),
    ('launcher_configuration_families','parent','launcher_configuration_families'),
    ('launcher_configurations','image','images'),
    ('launcher_configurations','manufacturer','agencies'), ('launchers','image','images'),
    ('launchers','launcher_config','launcher_configurations'),
    ('launchers','status','launcher_statuses'), ('launches','image','images'),
    ('launches','launch_service_provider','agencies'), ('launches','mission','missions'),
    ('launches','net_precision','net_precisions'), ('launches','pad','pads'),
    ('launches','rocket','rockets'), ('launches','status','launch_statuses'),
    ('locations','celestial_body','celestial_bodies'), ('locations','country','countries'),
    ('locations','image','images'), ('mission_patches','agency','agencies'),
    ('missions','image','images'), ('missions','orbit','orbits'),
    ('orbits','celestial_body','celestial_bodies'), ('pads','country','countries'),
    ('pads','image','images'), ('pads','location','locations'),
    ('payload_flights','landing','landings'), ('payload_flights','launch','launches'),
    ('payload_flights','payload','payloads'), ('payloads','image','images'),
    ('payloads','manufacturer','agencies'), ('payloads','operator','agencies'),
    ('payloads','type','payload_types'), ('programs','image','images'),
    ('programs','type','program_types'), ('rockets','configuration','launcher_configurations'),
    ('social_media','logo','images'), ('social_media_links','social_media','social_media'),
    ('space_stations','image','images'), ('space_stations','status','space_station_statuses'),
    ('space_stations','type','space_station_types'), ('spacecraft','image','images'),
    ('spacecraft','spacecraft_config','spacecraft_configurations'),
    ('spacecraft','status','spacecraft_statuses'),
    ('spacecraft_configuration_families','manufacturer','agencies'),
    ('spacecraft_configuration_families','parent','spacecraft_configuration_families'),
    ('spacecraft_configurations','agency','agencies'),
    ('spacecraft_configurations','image','images'),
    ('spacecraft_configurations','type','spacecraft_configuration_types'),
    ('spacecraft_flights','landing','landings'), ('spacecraft_flights','launch','launches'),
    ('spacecraft_flights','spacecraft','spacecraft'), ('spacewalks','event','events'),
    ('spacewalks','expedition','expeditions'),
    ('spacewalks','spacecraft_flight','spacecraft_flights'),
    ('spacewalks','spacestation','space_stations');

CREATE VIEW IF NOT EXISTS _net_states (id, run, name, net, precision_id) AS
    -- For launch_nets: the net of each launch after each run that changed it; null: it was gone. The
    -- history has the value before a change, so this is what the next change found, or the value now.
SELECT found.id, found.run, coalesce(launches.name, found.name),
    CASE WHEN NOT is_gone
        THEN coalesce(substr(next_net, 10), launches.net) END,
    CASE WHEN NOT is_gone
        THEN coalesce(CAST(substr(next_precision, 10) AS INTEGER), launches.net_precision_id) END
FROM (
    SELECT id, run, max(is_gone) AS is_gone,
        max(max(name)) OVER (PARTITION BY id) AS name,
        min(printf('%09d', run) || max(net)) OVER later AS next_net,
        min(printf('%09d', run) || max(precision_id)) OVER later AS next_precision
    FROM _net_history
    GROUP BY id, run
    WINDOW later AS (PARTITION BY id ORDER BY run ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
) AS found
LEFT JOIN launches ON launches.id = found.id;

CREATE VIEW IF NOT EXISTS _net_history (id, run, is_gone, name, net, precision_id) AS
    -- For launch_nets: what each launch was before each entry of its history.
SELECT id, run, kind = 'gone',
    CASE key WHEN '' THEN CAST(json_extract(from_value, '$.name') AS TEXT) END,
    CASE key
        WHEN 'net' THEN CAST(from_value AS TEXT)
        WHEN '' THEN CAST(json_extract(from_value, '$.net') AS TEXT)
    END,
    CASE key
        WHEN 'net_precision' THEN CAST(from_value AS INTEGER)
        WHEN '' THEN coalesce(
            CAST(json_extract(from_value, '$.net_precision.id') AS INTEGER),
            CAST(json_extract(from_value, '$.net_precision') AS INTEGER)
        )
    END
FROM _history
WHERE table_name = 'launches' AND key IN ('', 'net', 'net_precision');

CREATE VIEW IF NOT EXISTS _outcomes (status, outcome) AS
    -- The outcome of a launch, by the abbrev of its status.
VALUES
    ('Success', 'success'), ('Deployed', 'success'), ('Failure', 'failure'),
    ('Partial Failure', 'partial failure'), ('In Flight', 'in flight'),
    ('Go', 'planned'), ('TBC', 'planned'), ('TBD', 'planned'), ('Hold', 'planned');

CREATE VIEW IF NOT EXISTS _precisions (id, length, pattern) AS
    -- The period whose last day a net of each precision is, and how a date in it is written.
VALUES
    (0, '', '{day} {month} {year}, {time} UTC'),
    (1, '', '{day} {month} {year}, {time} UTC'),
    (2, '', '{day} {month} {year}, about {time} UTC'),
    (3, '1 day', '{day} {month} {year}, morning (local time)'),
    (4, '1 day', '{day} {month} {year}, afternoon (local time)'),
    (5, '1 day', '{day} {month} {year}'),
    (6, '7 days', 'week of {day} {month} {year}'),
    (7, '1 month', '{month} {year}'),
    (8, '3 months', 'Q1 {year}'),
    (9, '3 months', 'Q2 {year}'),
    (10, '3 months', 'Q3 {year}'),
    (11, '3 months', 'Q4 {year}'),
    (12, '6 months', 'first half of {year}'),
    (13, '6 months', 'second half of {year}'),
    (14, '12 months', '{year}'),
    (15, '12 months', 'fiscal year {year}'),
    (16, '120 months', '{decade}');

CREATE INDEX IF NOT EXISTS _history_nets ON _history (id, run)
    WHERE table_name = 'launches' AND key IN ('', 'net', 'net_precision');
CREATE INDEX IF NOT EXISTS launches_pad_id_status_id_net ON launches (pad_id, status_id, net);
CREATE INDEX IF NOT EXISTS launches_pad_id_net ON launches (pad_id, net);

-- ----------------------------------------------------------------------------------------------
-- Indexes
-- ----------------------------------------------------------------------------------------------

-- Columns that refer to a row.
CREATE INDEX agencies_image_id ON agencies (image_id);
CREATE INDEX agencies_logo_id ON agencies (logo_id);
CREATE INDEX agencies_social_logo_id ON agencies (social_logo_id);
CREATE INDEX agencies_type_id ON agencies (type_id);
CREATE INDEX agencies__country_country_id ON agencies__country (country_id);
CREATE INDEX agencies__launcher_list_launcher_configuration_id ON agencies__launcher_list (launcher_configuration_id);
CREATE INDEX agencies__social_media_links_social_media_link_id ON agencies__social_media_links (social_media_link_id);
CREATE INDEX agencies__spacecraft_list_spacecraft_configuration_id ON agencies__spacecraft_list (spacecraft_configuration_id);
CREATE INDEX astronaut_flights_astronaut_id ON astronaut_flights (astronaut_id);
CREATE INDEX astronaut_flights_role_id ON astronaut_flights (role_id);
CREATE INDEX astronauts_agency_id ON astronauts (agency_id);
CREATE INDEX astronauts_image_id ON astronauts (image_id);
CREATE INDEX astronauts_status_id ON astronauts (status_id);
CREATE INDEX astronauts_type_id ON astronauts (type_id);
CREATE INDEX astronauts__flights_launch_id ON astronauts__flights (launch_id);
CREATE INDEX astronauts__landings_spacecraft_flight_id ON astronauts__landings (spacecraft_flight_id);
CREATE INDEX astronauts__nationality_country_id ON astronauts__nationality (country_id);
CREATE INDEX astronauts__social_media_links_social_media_link_id ON astronauts__social_media_links (social_media_link_id);
CREATE INDEX astronauts__spacewalks_spacewalk_id ON astronauts__spacewalks (spacewalk_id);
CREATE INDEX celestial_bodies_image_id ON celestial_bodies (image_id);
CREATE INDEX celestial_bodies_type_id ON celestial_bodies (type_id);
CREATE INDEX celestial_bodies__locations_location_id ON celestial_bodies__locations (location_id);
CREATE INDEX docking_events_docking_location_id ON docking_events (docking_location_id);
CREATE INDEX docking_events_flight_vehicle_chaser_id ON docking_events (flight_vehicle_chaser_id);
CREATE INDEX docking_events_flight_vehicle_target_id ON docking_events (flight_vehicle_target_id);
CREATE INDEX docking_events_payload_flight_chaser_id ON docking_events (payload_flight_chaser_id);
CREATE INDEX docking_events_payload_flight_target_id ON docking_events (payload_flight_target_id);
CREATE INDEX docking_events_space_station_chaser_id ON docking_events (space_station_chaser_id);
CREATE INDEX docking_events_space_station_target_id ON docking_events (space_station_target_id);
CREATE INDEX docking_locations_currently_docked_id ON docking_locations (currently_docked_id);
CREATE INDEX docking_locations_payload_id ON docking_locations (payload_id);
CREATE INDEX docking_locations_spacecraft_id ON docking_locations (spacecraft_id);
CREATE INDEX docking_locations_spacestation_id ON docking_locations (spacestation_id);
CREATE INDEX events_date_precision_id ON events (date_precision_id);
CREATE INDEX events_image_id ON events (image_id);
CREATE INDEX events_type_id ON events (type_id);
CREATE INDEX events__agencies_agency_id ON events__agencies (agency_id);
CREATE INDEX events__astronauts_astronaut_id ON events__astronauts (astronaut_id);
CREATE INDEX events__expeditions_expedition_id ON events__expeditions (expedition_id);
CREATE INDEX events__info_urls_language_id ON events__info_urls (language_id);
CREATE INDEX events__info_urls_type_id ON events__info_urls (type_id);
CREATE INDEX events__launches_launch_id ON events__launches (launch_id);
CREATE INDEX events__program_program_id ON events__program (program_id);
CREATE INDEX events__spacestations_space_station_id ON events__spacestations (space_station_id);
CREATE INDEX events__updates_update_id ON events__updates (update_id);
CREATE INDEX events__vid_urls_language_id ON events__vid_urls (language_id);
CREATE INDEX events__vid_urls_type_id ON events__vid_urls (type_id);
CREATE INDEX expeditions_spacestation_id ON expeditions (spacestation_id);
CREATE INDEX expeditions__crew_astronaut_flight_id ON expeditions__crew (astronaut_flight_id);
CREATE INDEX expeditions__mission_patches_mission_patch_id ON expeditions__mission_patches (mission_patch_id);
CREATE INDEX expeditions__spacewalks_spacewalk_id ON expeditions__spacewalks (spacewalk_id);
CREATE INDEX first_stages_landing_id ON first_stages (landing_id);
CREATE INDEX first_stages_launcher_id ON first_stages (launcher_id);
CREATE INDEX first_stages_previous_flight_id ON first_stages (previous_flight_id);
CREATE INDEX image_variants_type_id ON image_variants (type_id);
CREATE INDEX images_license_id ON images (license_id);
CREATE INDEX images__variants_image_variant_id ON images__variants (image_variant_id);
CREATE INDEX landing_locations_celestial_body_id ON landing_locations (celestial_body_id);
CREATE INDEX landing_locations_image_id ON landing_locations (image_id);
CREATE INDEX landing_locations_location_id ON landing_locations (location_id);
CREATE INDEX landings_firststage_id ON landings (firststage_id);
CREATE INDEX landings_landing_location_id ON landings (landing_location_id);
CREATE INDEX landings_payloadflight_id ON landings (payloadflight_id);
CREATE INDEX landings_spacecraftflight_id ON landings (spacecraftflight_id);
CREATE INDEX landings_type_id ON landings (type_id);
CREATE INDEX launcher_configuration_families_parent_id ON launcher_configuration_families (parent_id);
CREATE INDEX launcher_configuration_families__manufacturer_agency_id ON launcher_configuration_families__manufacturer (agency_id);
CREATE INDEX launcher_configurations_image_id ON launcher_configurations (image_id);
CREATE INDEX launcher_configurations_manufacturer_id ON launcher_configurations (manufacturer_id);
CREATE INDEX launcher_configurations__families_launcher_configuration_family_id ON launcher_configurations__families (launcher_configuration_family_id);
CREATE INDEX launcher_configurations__program_program_id ON launcher_configurations__program (program_id);
CREATE INDEX launchers_image_id ON launchers (image_id);
CREATE INDEX launchers_launcher_config_id ON launchers (launcher_config_id);
CREATE INDEX launchers_status_id ON launchers (status_id);
CREATE INDEX launches_image_id ON launches (image_id);
CREATE INDEX launches_launch_service_provider_id ON launches (launch_service_provider_id);
CREATE INDEX launches_mission_id ON launches (mission_id);
CREATE INDEX launches_net_precision_id ON launches (net_precision_id);
CREATE INDEX launches_pad_id ON launches (pad_id);
CREATE INDEX launches_rocket_id ON launches (rocket_id);
CREATE INDEX launches_status_id ON launches (status_id);
CREATE INDEX launches__info_urls_language_id ON launches__info_urls (language_id);
CREATE INDEX launches__info_urls_type_id ON launches__info_urls (type_id);
CREATE INDEX launches__mission_patches_mission_patch_id ON launches__mission_patches (mission_patch_id);
CREATE INDEX launches__program_program_id ON launches__program (program_id);
CREATE INDEX launches__timeline_type_id ON launches__timeline (type_id);
CREATE INDEX launches__updates_update_id ON launches__updates (update_id);
CREATE INDEX launches__vid_urls_language_id ON launches__vid_urls (language_id);
CREATE INDEX launches__vid_urls_type_id ON launches__vid_urls (type_id);
CREATE INDEX locations_celestial_body_id ON locations (celestial_body_id);
CREATE INDEX locations_country_id ON locations (country_id);
CREATE INDEX locations_image_id ON locations (image_id);
CREATE INDEX locations__pads_pad_id ON locations__pads (pad_id);
CREATE INDEX mission_patches_agency_id ON mission_patches (agency_id);
CREATE INDEX mission_patches__expeditions_expedition_id ON mission_patches__expeditions (expedition_id);
CREATE INDEX mission_patches__launches_launch_id ON mission_patches__launches (launch_id);
CREATE INDEX mission_patches__program_program_id ON mission_patches__program (program_id);
CREATE INDEX missions_image_id ON missions (image_id);
CREATE INDEX missions_orbit_id ON missions (orbit_id);
CREATE INDEX missions__agencies_agency_id ON missions__agencies (agency_id);
CREATE INDEX missions__info_urls_language_id ON missions__info_urls (language_id);
CREATE INDEX missions__info_urls_type_id ON missions__info_urls (type_id);
CREATE INDEX missions__vid_urls_language_id ON missions__vid_urls (language_id);
CREATE INDEX missions__vid_urls_type_id ON missions__vid_urls (type_id);
CREATE INDEX orbits_celestial_body_id ON orbits (celestial_body_id);
CREATE INDEX pads_country_id ON pads (country_id);
CREATE INDEX pads_image_id ON pads (image_id);
CREATE INDEX pads_location_id ON pads (location_id);
CREATE INDEX pads__agencies_agency_id ON pads__agencies (agency_id);
CREATE INDEX payload_flights_landing_id ON payload_flights (landing_id);
CREATE INDEX payload_flights_launch_id ON payload_flights (launch_id);
CREATE INDEX payload_flights_payload_id ON payload_flights (payload_id);
CREATE INDEX payload_flights__docking_events_docking_event_id ON payload_flights__docking_events (docking_event_id);
CREATE INDEX payloads_image_id ON payloads (image_id);
CREATE INDEX payloads_manufacturer_id ON payloads (manufacturer_id);
CREATE INDEX payloads_operator_id ON payloads (operator_id);
CREATE INDEX payloads_type_id ON payloads (type_id);
CREATE INDEX payloads__program_program_id ON payloads__program (program_id);
CREATE INDEX programs_image_id ON programs (image_id);
CREATE INDEX programs_type_id ON programs (type_id);
CREATE INDEX programs__agencies_agency_id ON programs__agencies (agency_id);
CREATE INDEX programs__mission_patches_mission_patch_id ON programs__mission_patches (mission_patch_id);
CREATE INDEX rockets_configuration_id ON rockets (configuration_id);
CREATE INDEX rockets__launcher_stage_first_stage_id ON rockets__launcher_stage (first_stage_id);
CREATE INDEX rockets__payloads_payload_flight_id ON rockets__payloads (payload_flight_id);
CREATE INDEX rockets__spacecraft_stage_spacecraft_flight_id ON rockets__spacecraft_stage (spacecraft_flight_id);
CREATE INDEX social_media_logo_id ON social_media (logo_id);
CREATE INDEX social_media_links_social_media_id ON social_media_links (social_media_id);
CREATE INDEX space_stations_image_id ON space_stations (image_id);
CREATE INDEX space_stations_status_id ON space_stations (status_id);
CREATE INDEX space_stations_type_id ON space_stations (type_id);
CREATE INDEX space_stations__active_docking_events_docking_event_id ON space_stations__active_docking_events (docking_event_id);
CREATE INDEX space_stations__active_expeditions_expedition_id ON space_stations__active_expeditions (expedition_id);
CREATE INDEX space_stations__docking_location_docking_location_id ON space_stations__docking_location (docking_location_id);
CREATE INDEX space_stations__owners_agency_id ON space_stations__owners (agency_id);
CREATE INDEX spacecraft_image_id ON spacecraft (image_id);
CREATE INDEX spacecraft_spacecraft_config_id ON spacecraft (spacecraft_config_id);
CREATE INDEX spacecraft_status_id ON spacecraft (status_id);
CREATE INDEX spacecraft__flights_spacecraft_flight_id ON spacecraft__flights (spacecraft_flight_id);
CREATE INDEX spacecraft_configuration_families_manufacturer_id ON spacecraft_configuration_families (manufacturer_id);
CREATE INDEX spacecraft_configuration_families_parent_id ON spacecraft_configuration_families (parent_id);
CREATE INDEX spacecraft_configuration_families__spacecraft_spacecraft_configuration_id ON spacecraft_configuration_families__spacecraft (spacecraft_configuration_id);
CREATE INDEX spacecraft_configurations_agency_id ON spacecraft_configurations (agency_id);
CREATE INDEX spacecraft_configurations_image_id ON spacecraft_configurations (image_id);
CREATE INDEX spacecraft_configurations_type_id ON spacecraft_configurations (type_id);
CREATE INDEX spacecraft_configurations__family_spacecraft_configuration_family_id ON spacecraft_configurations__family (spacecraft_configuration_family_id);
CREATE INDEX spacecraft_flights_landing_id ON spacecraft_flights (landing_id);
CREATE INDEX spacecraft_flights_launch_id ON spacecraft_flights (launch_id);
CREATE INDEX spacecraft_flights_spacecraft_id ON spacecraft_flights (spacecraft_id);
CREATE INDEX spacecraft_flights__docking_events_docking_event_id ON spacecraft_flights__docking_events (docking_event_id);
CREATE INDEX spacecraft_flights__landing_crew_astronaut_flight_id ON spacecraft_flights__landing_crew (astronaut_flight_id);
CREATE INDEX spacecraft_flights__launch_crew_astronaut_flight_id ON spacecraft_flights__launch_crew (astronaut_flight_id);
CREATE INDEX spacecraft_flights__onboard_crew_astronaut_flight_id ON spacecraft_flights__onboard_crew (astronaut_flight_id);
CREATE INDEX spacewalks_event_id ON spacewalks (event_id);
CREATE INDEX spacewalks_expedition_id ON spacewalks (expedition_id);
CREATE INDEX spacewalks_spacecraft_flight_id ON spacewalks (spacecraft_flight_id);
CREATE INDEX spacewalks_spacestation_id ON spacewalks (spacestation_id);
CREATE INDEX spacewalks__crew_astronaut_flight_id ON spacewalks__crew (astronaut_flight_id);
CREATE INDEX spacewalks__program_program_id ON spacewalks__program (program_id);

-- What LL2 filters and orders by.
CREATE INDEX spacecraft_in_space ON spacecraft (in_space);
CREATE INDEX spacecraft_is_placeholder ON spacecraft (is_placeholder);
CREATE INDEX spacecraft_flights_count ON spacecraft (flights_count);
CREATE INDEX spacecraft_mission_ends_count ON spacecraft (mission_ends_count);
CREATE INDEX spacecraft_time_docked_seconds ON spacecraft (time_docked_seconds);
CREATE INDEX spacecraft_time_in_space_seconds ON spacecraft (time_in_space_seconds);
CREATE INDEX events_date ON events (date);
CREATE INDEX events_last_updated ON events (last_updated);
CREATE INDEX launches_last_updated ON launches (last_updated);
CREATE INDEX launches_name ON launches (name);
CREATE INDEX launches_net ON launches (net);
CREATE INDEX updates_created_on ON updates (created_on);

-- The tool's own tables.
CREATE INDEX _tombstones_run ON _tombstones (run);
CREATE INDEX _quarantine_resource ON _quarantine (resource);
CREATE INDEX _quarantine_run ON _quarantine (run);
CREATE INDEX _staged_walk ON _staged (walk);
CREATE INDEX _drift_run ON _drift (run);
CREATE INDEX _requests_sent ON _requests (sent);
CREATE INDEX _search_astronauts_id ON _search_astronauts (id);
CREATE INDEX _search_expeditions_id ON _search_expeditions (id);
CREATE INDEX _search_launcher_configuration_families_id ON _search_launcher_configuration_families (id);
CREATE INDEX _search_launches_id ON _search_launches (id);
CREATE INDEX _search_space_stations_id ON _search_space_stations (id);
CREATE INDEX _search_spacewalks_id ON _search_spacewalks (id);
