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

PRAGMA application_id = 0x4c4c326d;  -- "LL2m": this file is an ll2-mirror
PRAGMA user_version = 6;  -- the version of this schema

-- ----------------------------------------------------------------------------------------------
-- Spacecraft: what they are, of which type and family
-- ----------------------------------------------------------------------------------------------

CREATE TABLE spacecraft (
    -- Every craft LL2 knows: capsules, spaceplanes, cargo ships, landers; flown, flying or
    -- planned. One row each.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it; not unique
    serial_number TEXT,  -- the builder's number, where there is one
    is_placeholder INTEGER,  -- 0 or 1: stands for a craft not yet known
    image_id INTEGER REFERENCES images (id),  -- its picture
    in_space INTEGER,  -- 0 or 1: up there now
    time_in_space TEXT,  -- ISO 8601: how long it was up, over all flights; grows daily while in space
    time_in_space_seconds REAL,  -- seconds: the same, to sort and add
    time_docked TEXT,  -- ISO 8601: how long it was docked, over all flights; grows daily while docked
    time_docked_seconds REAL,  -- seconds: the same, to sort and add
    flights_count INTEGER,  -- flights so far
    mission_ends_count INTEGER,  -- flights that ended
    status_id INTEGER REFERENCES spacecraft_statuses (id),  -- whether it is in use, retired, lost, ...
    description TEXT,  -- what LL2 tells of it
    spacecraft_config_id INTEGER REFERENCES spacecraft_configurations (id),  -- the type of craft
    fastest_turnaround TEXT,  -- ISO 8601: shortest time from landing to next launch
    fastest_turnaround_seconds REAL,  -- seconds: the same, to sort and add
    flights_items INTEGER,  -- how many rows in spacecraft__flights; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE spacecraft__flights (
    -- The flights of each spacecraft, in the order LL2 lists them (detailed mode).
    spacecraft_id INTEGER NOT NULL REFERENCES spacecraft (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),  -- what stands there
    PRIMARY KEY (spacecraft_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_statuses (
    -- Active, Single Use, Retired, Lost, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE spacecraft_configurations (
    -- The types of craft: Soyuz, Crew Dragon 2, Orion, ... Columns from capability on come with
    -- detailed mode.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    type_id INTEGER REFERENCES spacecraft_configuration_types (id),  -- of which type it is
    agency_id INTEGER REFERENCES agencies (id),  -- who built it
    family_items INTEGER,  -- how many rows in spacecraft_configurations__family; null where LL2 says null
    in_use INTEGER,  -- 0 or 1: still flying
    image_id INTEGER REFERENCES images (id),  -- its picture
    capability TEXT,  -- what it is made for
    history TEXT,  -- how it came about
    details TEXT,  -- how it is built
    maiden_flight TEXT,  -- YYYY-MM-DD: when the first flew
    height REAL,  -- m: how long it is
    diameter REAL,  -- m: how wide it is
    human_rated INTEGER,  -- 0 or 1: made to carry people
    crew_capacity INTEGER,  -- how many seats it has
    payload_capacity INTEGER,  -- kg: what it can carry up
    payload_return_capacity INTEGER,  -- kg: what it can carry down
    flight_life TEXT,  -- how long it can fly, in words
    wiki_link TEXT,  -- its page in Wikipedia
    info_link TEXT,  -- where more is told of it
    spacecraft_flown INTEGER,  -- craft of it that flew
    total_launch_count INTEGER,  -- launches so far
    successful_launches INTEGER,  -- launches that succeeded
    failed_launches INTEGER,  -- launches that failed
    attempted_landings INTEGER,  -- landings tried
    successful_landings INTEGER,  -- landings that succeeded
    failed_landings INTEGER,  -- landings that failed
    fastest_turnaround TEXT,  -- ISO 8601: shortest time from landing to next launch
    fastest_turnaround_seconds REAL,  -- seconds: the same, to sort and add
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE spacecraft_configurations__family (
    -- The families that a configuration belongs to, from the broadest to the narrowest as LL2
    -- lists them.
    spacecraft_configuration_id INTEGER NOT NULL REFERENCES spacecraft_configurations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    spacecraft_configuration_family_id INTEGER NOT NULL REFERENCES spacecraft_configuration_families (id),  -- what stands there
    PRIMARY KEY (spacecraft_configuration_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_configuration_types (
    -- Capsule, Space Plane, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE spacecraft_configuration_families (
    -- Families of configurations, each with its manufacturer; a family may have a parent
    -- family.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    description TEXT,  -- what LL2 tells of it
    manufacturer_id INTEGER REFERENCES agencies (id),  -- who builds it
    parent_id INTEGER REFERENCES spacecraft_configuration_families (id),  -- the family that it belongs to
    maiden_flight TEXT,  -- YYYY-MM-DD: when the first flew
    spacecraft_flown INTEGER,  -- craft of it that flew
    total_launch_count INTEGER,  -- launches so far
    successful_launches INTEGER,  -- launches that succeeded
    failed_launches INTEGER,  -- launches that failed
    attempted_landings INTEGER,  -- landings tried
    successful_landings INTEGER,  -- landings that succeeded
    failed_landings INTEGER,  -- landings that failed
    spacecraft_items INTEGER,  -- how many rows in spacecraft_configuration_families__spacecraft; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE spacecraft_configuration_families__spacecraft (
    -- The configurations of each family (its own list, detailed mode).
    spacecraft_configuration_family_id INTEGER NOT NULL REFERENCES spacecraft_configuration_families (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    spacecraft_configuration_id INTEGER NOT NULL REFERENCES spacecraft_configurations (id),  -- what stands there
    PRIMARY KEY (spacecraft_configuration_family_id, position)
) WITHOUT ROWID;

-- ----------------------------------------------------------------------------------------------
-- Agencies: who builds and flies them
-- ----------------------------------------------------------------------------------------------

CREATE TABLE agencies (
    -- Who builds, flies and owns: space agencies, companies, institutes. Columns from featured
    -- on come with richer shapes than the list one.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    abbrev TEXT,  -- the short name
    type_id INTEGER REFERENCES agency_types (id),  -- of which type it is
    featured INTEGER,  -- 0 or 1: one that LL2 puts in front
    country_items INTEGER,  -- how many rows in agencies__country; null where LL2 says null
    description TEXT,  -- what LL2 tells of it
    administrator TEXT,  -- who leads it, with the title
    founding_year INTEGER,  -- year: when it was founded
    launchers TEXT,  -- its launchers, as text: names separated by |
    spacecraft TEXT,  -- its spacecraft, as text: names separated by |
    parent TEXT,  -- the parent agency's name, as text
    image_id INTEGER REFERENCES images (id),  -- its picture
    logo_id INTEGER REFERENCES images (id),  -- its logo
    social_logo_id INTEGER REFERENCES images (id),  -- its logo, cut for social media
    total_launch_count INTEGER,  -- launches so far
    consecutive_successful_launches INTEGER,  -- launches that succeeded in a row, until now
    successful_launches INTEGER,  -- launches that succeeded
    failed_launches INTEGER,  -- launches that failed
    pending_launches INTEGER,  -- launches that are planned
    consecutive_successful_landings INTEGER,  -- landings that succeeded in a row, until now
    successful_landings INTEGER,  -- landings that succeeded
    failed_landings INTEGER,  -- landings that failed
    attempted_landings INTEGER,  -- landings tried, without those of spacecraft and payloads
    successful_landings_spacecraft INTEGER,  -- landings of spacecraft that succeeded
    failed_landings_spacecraft INTEGER,  -- landings of spacecraft that failed
    attempted_landings_spacecraft INTEGER,  -- landings of spacecraft tried
    successful_landings_payload INTEGER,  -- landings of payloads that succeeded
    failed_landings_payload INTEGER,  -- landings of payloads that failed
    attempted_landings_payload INTEGER,  -- landings of payloads tried
    info_url TEXT,  -- where more is told of it
    wiki_url TEXT,  -- its page in Wikipedia
    social_media_links_items INTEGER,  -- how many rows in agencies__social_media_links; null where LL2 says null
    launcher_list_items INTEGER,  -- how many rows in agencies__launcher_list; null where LL2 says null
    spacecraft_list_items INTEGER,  -- how many rows in agencies__spacecraft_list; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE agencies__country (
    -- The countries of each agency.
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    country_id INTEGER NOT NULL REFERENCES countries (id),  -- what stands there
    PRIMARY KEY (agency_id, position)
) WITHOUT ROWID;

CREATE TABLE agencies__social_media_links (
    -- Each agency's pages on social media (detailed mode).
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    social_media_link_id INTEGER NOT NULL REFERENCES social_media_links (id),  -- what stands there
    PRIMARY KEY (agency_id, position)
) WITHOUT ROWID;

CREATE TABLE agencies__launcher_list (
    -- The launcher configurations of each agency (resource agencies, detailed mode).
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    launcher_configuration_id INTEGER NOT NULL REFERENCES launcher_configurations (id),  -- what stands there
    PRIMARY KEY (agency_id, position)
) WITHOUT ROWID;

CREATE TABLE agencies__spacecraft_list (
    -- The spacecraft configurations of each agency (resource agencies, detailed mode).
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    spacecraft_configuration_id INTEGER NOT NULL REFERENCES spacecraft_configurations (id),  -- what stands there
    PRIMARY KEY (agency_id, position)
) WITHOUT ROWID;

CREATE TABLE agency_types (
    -- Government, Commercial, Private, Multinational, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE countries (
    -- Countries with their ISO 3166-1 codes. "Unknown" has the code ???.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    alpha_2_code TEXT,  -- ISO 3166-1: two letters
    alpha_3_code TEXT,  -- ISO 3166-1: three letters
    nationality_name TEXT,  -- as in French
    nationality_name_composed TEXT,  -- as in Franco-American
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE social_media_links (
    -- One agency's page on one network.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    social_media_id INTEGER REFERENCES social_media (id),  -- which network
    url TEXT,  -- where it is on the web
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE social_media (
    -- Networks an agency can be on.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    url TEXT,  -- where it is on the web
    logo_id INTEGER REFERENCES images (id),  -- its logo
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

-- ----------------------------------------------------------------------------------------------
-- Images and their licenses
-- ----------------------------------------------------------------------------------------------

CREATE TABLE images (
    -- Pictures, with credit and license: ask these before you show one.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    image_url TEXT,  -- where the picture is; its host differs by day and API host
    thumbnail_url TEXT,  -- where a small one is
    credit TEXT,  -- whom to name
    license_id INTEGER REFERENCES image_licenses (id),  -- what may be done with it
    single_use INTEGER,  -- 0 or 1: belongs to one entry only
    variants_items INTEGER,  -- how many rows in images__variants; null where LL2 says null
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE images__variants (
    -- Other cuts of the same picture.
    image_id INTEGER NOT NULL REFERENCES images (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    image_variant_id INTEGER NOT NULL REFERENCES image_variants (id),  -- what stands there
    PRIMARY KEY (image_id, position)
) WITHOUT ROWID;

CREATE TABLE image_licenses (
    -- What may be done with a picture; link leads to the terms.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    priority INTEGER,  -- 0: the freest
    link TEXT,  -- where the terms are
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE image_variants (
    -- One other cut of a picture.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    type_id INTEGER REFERENCES image_variant_types (id),  -- of which type it is
    image_url TEXT,  -- where the picture is; its host differs by day and API host
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE image_variant_types (
    -- What kind of cut a variant is.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

-- ----------------------------------------------------------------------------------------------
-- Flights and landings
-- ----------------------------------------------------------------------------------------------

CREATE TABLE spacecraft_flights (
    -- One flight of one craft: its launch, its landing, how long it took.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    destination TEXT,  -- where it goes, in words
    mission_end TEXT,  -- UTC: when it ended, or will
    spacecraft_id INTEGER REFERENCES spacecraft (id),  -- which craft flies
    launch_id TEXT REFERENCES launches (id),  -- how it went up
    landing_id INTEGER REFERENCES landings (id),  -- how it comes down
    duration TEXT,  -- ISO 8601: how long it took; grows while under way
    duration_seconds REAL,  -- seconds: the same, to sort and add
    turn_around_time TEXT,  -- ISO 8601: how long since the landing before
    turn_around_time_seconds REAL,  -- seconds: the same, to sort and add
    launch_crew_items INTEGER,  -- how many rows in spacecraft_flights__launch_crew; null where LL2 says null
    onboard_crew_items INTEGER,  -- how many rows in spacecraft_flights__onboard_crew; null where LL2 says null
    landing_crew_items INTEGER,  -- how many rows in spacecraft_flights__landing_crew; null where LL2 says null
    docking_events_items INTEGER,  -- how many rows in spacecraft_flights__docking_events; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE spacecraft_flights__launch_crew (
    -- Who was aboard at the launch (detailed mode).
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),  -- what stands there
    PRIMARY KEY (spacecraft_flight_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_flights__onboard_crew (
    -- Who was aboard in flight (detailed mode).
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),  -- what stands there
    PRIMARY KEY (spacecraft_flight_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_flights__landing_crew (
    -- Who was aboard at the landing (detailed mode).
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),  -- what stands there
    PRIMARY KEY (spacecraft_flight_id, position)
) WITHOUT ROWID;

CREATE TABLE spacecraft_flights__docking_events (
    -- The dockings of each flight (detailed mode).
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    docking_event_id INTEGER NOT NULL REFERENCES docking_events (id),  -- what stands there
    PRIMARY KEY (spacecraft_flight_id, position)
) WITHOUT ROWID;

CREATE TABLE landings (
    -- How a flight came down, or will.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    attempt INTEGER,  -- 0 or 1: a landing was tried, or will be
    success INTEGER,  -- 0 or 1: it succeeded; null: not yet known
    description TEXT,  -- what LL2 tells of it
    downrange_distance REAL,  -- km: how far from where it was launched
    landing_location_id INTEGER REFERENCES landing_locations (id),  -- where it lands
    type_id INTEGER REFERENCES landing_types (id),  -- of which type it is
    firststage_id INTEGER REFERENCES first_stages (id),  -- the stage that lands, if it is one
    spacecraftflight_id INTEGER REFERENCES spacecraft_flights (id),  -- the flight of the spacecraft that lands, if it is one
    payloadflight_id INTEGER REFERENCES payload_flights (id),  -- the flight of the payload that lands, if it is one
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE landing_types (
    -- Splashdown, Runway, Parachute, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    abbrev TEXT,  -- the short name
    description TEXT,  -- what LL2 tells of it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE landing_locations (
    -- Where craft and stages land: strips, zones, seas, drone ships.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    active INTEGER,  -- 0 or 1: in use
    abbrev TEXT,  -- the short name
    description TEXT,  -- what LL2 tells of it
    location_id INTEGER REFERENCES locations (id),  -- the place that it belongs to
    longitude REAL,  -- degrees: east of Greenwich
    latitude REAL,  -- degrees: north of the equator
    image_id INTEGER REFERENCES images (id),  -- its picture
    successful_landings INTEGER,  -- landings that succeeded
    attempted_landings INTEGER,  -- landings tried
    failed_landings INTEGER,  -- landings that failed
    celestial_body_id INTEGER REFERENCES celestial_bodies (id),  -- the body that it is on
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

-- ----------------------------------------------------------------------------------------------
-- Stations and dockings
-- ----------------------------------------------------------------------------------------------

CREATE TABLE space_stations (
    -- Space stations: flying, planned, gone.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    image_id INTEGER REFERENCES images (id),  -- its picture
    status_id INTEGER REFERENCES space_station_statuses (id),  -- whether it is active, gone, ...
    founded TEXT,  -- YYYY-MM-DD: when its first part went up
    deorbited TEXT,  -- YYYY-MM-DD: when it came down
    description TEXT,  -- what LL2 tells of it
    orbit TEXT,  -- where it flies, as text
    type_id INTEGER REFERENCES space_station_types (id),  -- of which type it is
    owners_items INTEGER,  -- how many rows in space_stations__owners; null where LL2 says null
    active_expeditions_items INTEGER,  -- how many rows in space_stations__active_expeditions; null where LL2 says null
    height REAL,  -- m: how high it is
    width REAL,  -- m: how wide it is
    mass REAL,  -- t: how heavy it is
    volume INTEGER,  -- m^3: how much room it has
    onboard_crew INTEGER,  -- people aboard now
    docked_vehicles INTEGER,  -- craft docked now
    docking_location_items INTEGER,  -- how many rows in space_stations__docking_location; null where LL2 says null
    active_docking_events_items INTEGER,  -- how many rows in space_stations__active_docking_events; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE space_stations__owners (
    -- The agencies that own a station.
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (space_station_id, position)
) WITHOUT ROWID;

CREATE TABLE space_stations__active_expeditions (
    -- The expeditions aboard now.
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),  -- what stands there
    PRIMARY KEY (space_station_id, position)
) WITHOUT ROWID;

CREATE TABLE space_stations__docking_location (
    -- A station's ports (its own list, detailed mode).
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    docking_location_id INTEGER NOT NULL REFERENCES docking_locations (id),  -- what stands there
    PRIMARY KEY (space_station_id, position)
) WITHOUT ROWID;

CREATE TABLE space_stations__active_docking_events (
    -- The dockings that last (its own list, detailed mode).
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    docking_event_id INTEGER NOT NULL REFERENCES docking_events (id),  -- what stands there
    PRIMARY KEY (space_station_id, position)
) WITHOUT ROWID;

CREATE TABLE space_station_types (
    -- Government, Commercial, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE space_station_statuses (
    -- Active, De-Orbited, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE docking_events (
    -- Dockings: what came (the chaser) to what was there (the target), and when. Each is a
    -- flight of a spacecraft, a station or the flight of a payload.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    docking TEXT,  -- UTC: when it docked
    departure TEXT,  -- UTC: when it left; null: not yet, or not known
    docking_location_id INTEGER REFERENCES docking_locations (id),  -- at which port
    space_station_target_id INTEGER REFERENCES space_stations (id),  -- where it docked, if a station
    flight_vehicle_target_id INTEGER REFERENCES spacecraft_flights (id),  -- where it docked, if a spacecraft
    payload_flight_target_id INTEGER REFERENCES payload_flights (id),  -- where it docked, if a payload
    flight_vehicle_chaser_id INTEGER REFERENCES spacecraft_flights (id),  -- what came, if a spacecraft
    space_station_chaser_id INTEGER REFERENCES space_stations (id),  -- what came, if a station
    payload_flight_chaser_id INTEGER REFERENCES payload_flights (id),  -- what came, if a payload
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE docking_locations (
    -- Ports, each of a station, a type of spacecraft or a payload.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    spacestation_id INTEGER REFERENCES space_stations (id),  -- the station that has it
    spacecraft_id INTEGER REFERENCES spacecraft_configurations (id),  -- the type of spacecraft that has it
    payload_id INTEGER REFERENCES payloads (id),  -- the payload that has it
    currently_docked_id INTEGER REFERENCES docking_events (id),  -- the docking that lasts there now
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

-- ----------------------------------------------------------------------------------------------
-- Astronauts: who flies, and what they do up there
-- ----------------------------------------------------------------------------------------------

CREATE TABLE astronauts (
    -- Astronauts, cosmonauts, taikonauts, guests; and a few dummies, monkeys and dogs.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    status_id INTEGER REFERENCES astronaut_statuses (id),  -- whether active, retired, lost in flight, ...
    agency_id INTEGER REFERENCES agencies (id),  -- for whom they fly
    image_id INTEGER REFERENCES images (id),  -- its picture
    type_id INTEGER REFERENCES astronaut_types (id),  -- of which type it is
    in_space INTEGER,  -- 0 or 1: up there now
    time_in_space TEXT,  -- ISO 8601: how long they were up, over all flights; grows daily while in space
    time_in_space_seconds REAL,  -- seconds: the same, to sort and add
    eva_time TEXT,  -- ISO 8601: how long they were outside, over all spacewalks
    eva_time_seconds REAL,  -- seconds: the same, to sort and add
    age INTEGER,  -- years: today, or at death
    date_of_birth TEXT,  -- YYYY-MM-DD: when they were born
    date_of_death TEXT,  -- YYYY-MM-DD: when they died
    nationality_items INTEGER,  -- how many rows in astronauts__nationality; null where LL2 says null
    bio TEXT,  -- their life, in words
    wiki TEXT,  -- their page in Wikipedia
    last_flight TEXT,  -- UTC: when their last launch was
    first_flight TEXT,  -- UTC: when their first launch was
    social_media_links_items INTEGER,  -- how many rows in astronauts__social_media_links; null where LL2 says null
    flights_count INTEGER,  -- flights so far
    landings_count INTEGER,  -- landings so far
    spacewalks_count INTEGER,  -- spacewalks so far
    flights_items INTEGER,  -- how many rows in astronauts__flights; null where LL2 says null
    landings_items INTEGER,  -- how many rows in astronauts__landings; null where LL2 says null
    spacewalks_items INTEGER,  -- how many rows in astronauts__spacewalks; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE astronauts__nationality (
    -- Each astronaut's countries.
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    country_id INTEGER NOT NULL REFERENCES countries (id),  -- what stands there
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronauts__social_media_links (
    -- Each astronaut's pages on social media.
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    social_media_link_id INTEGER NOT NULL REFERENCES social_media_links (id),  -- what stands there
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronauts__flights (
    -- The launches that an astronaut flew on (detailed mode).
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- what stands there
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronauts__landings (
    -- The flights that an astronaut landed with (detailed mode).
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),  -- what stands there
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronauts__spacewalks (
    -- The spacewalks of each astronaut (detailed mode).
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    spacewalk_id INTEGER NOT NULL REFERENCES spacewalks (id),  -- what stands there
    PRIMARY KEY (astronaut_id, position)
) WITHOUT ROWID;

CREATE TABLE astronaut_statuses (
    -- Active, Retired, In-Training, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE astronaut_types (
    -- Government, Private, Non-Human, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE astronaut_flights (
    -- One astronaut in one crew, with the role they had.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    role_id INTEGER REFERENCES astronaut_roles (id),  -- as what they fly
    astronaut_id INTEGER REFERENCES astronauts (id),  -- who flies
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE astronaut_roles (
    -- Commander, Pilot, Flight Engineer, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    role TEXT,  -- what it is called
    priority INTEGER,  -- LL2's rank among its like
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE expeditions (
    -- Expeditions: a crew's stay aboard a station.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    start TEXT,  -- UTC: when it begins
    end TEXT,  -- UTC: when it ends
    spacestation_id INTEGER REFERENCES space_stations (id),  -- at which station
    mission_patches_items INTEGER,  -- how many rows in expeditions__mission_patches; null where LL2 says null
    spacewalks_items INTEGER,  -- how many rows in expeditions__spacewalks; null where LL2 says null
    crew_items INTEGER,  -- how many rows in expeditions__crew; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE expeditions__mission_patches (
    -- An expedition's patches.
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),  -- what stands there
    PRIMARY KEY (expedition_id, position)
) WITHOUT ROWID;

CREATE TABLE expeditions__spacewalks (
    -- The spacewalks of an expedition.
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    spacewalk_id INTEGER NOT NULL REFERENCES spacewalks (id),  -- what stands there
    PRIMARY KEY (expedition_id, position)
) WITHOUT ROWID;

CREATE TABLE expeditions__crew (
    -- Who belongs to an expedition (detailed mode).
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),  -- what stands there
    PRIMARY KEY (expedition_id, position)
) WITHOUT ROWID;

CREATE TABLE spacewalks (
    -- Spacewalks: who was outside, when, how long.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    start TEXT,  -- UTC: when it begins
    end TEXT,  -- UTC: when it ends
    duration TEXT,  -- ISO 8601: how long it takes
    duration_seconds REAL,  -- seconds: the same, to sort and add
    location TEXT,  -- where, as text
    crew_items INTEGER,  -- how many rows in spacewalks__crew; null where LL2 says null
    spacestation_id INTEGER REFERENCES space_stations (id),  -- at which station
    expedition_id INTEGER REFERENCES expeditions (id),  -- during which expedition
    spacecraft_flight_id INTEGER REFERENCES spacecraft_flights (id),  -- from which craft, on which flight
    event_id INTEGER REFERENCES events (id),  -- the event that tells of it
    program_items INTEGER,  -- how many rows in spacewalks__program; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE spacewalks__crew (
    -- Who was outside.
    spacewalk_id INTEGER NOT NULL REFERENCES spacewalks (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    astronaut_flight_id INTEGER NOT NULL REFERENCES astronaut_flights (id),  -- what stands there
    PRIMARY KEY (spacewalk_id, position)
) WITHOUT ROWID;

CREATE TABLE spacewalks__program (
    -- The programs that a spacewalk belongs to.
    spacewalk_id INTEGER NOT NULL REFERENCES spacewalks (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    program_id INTEGER NOT NULL REFERENCES programs (id),  -- what stands there
    PRIMARY KEY (spacewalk_id, position)
) WITHOUT ROWID;

-- ----------------------------------------------------------------------------------------------
-- Launches: when, on what, from where
-- ----------------------------------------------------------------------------------------------

CREATE TABLE launches (
    -- Every launch LL2 knows, flown, failed or planned. The id is a UUID.
    id TEXT PRIMARY KEY NOT NULL,  -- a UUID
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    slug TEXT,  -- the name, for URLs
    launch_designator TEXT,  -- COSPAR's: the year, and which launch of it
    status_id INTEGER REFERENCES launch_statuses (id),  -- whether it is certain, flying, a success, ...
    last_updated TEXT,  -- UTC: when LL2 last changed it; most changes do not move it
    net TEXT,  -- UTC: the time of launch, no earlier than (NET)
    net_precision_id INTEGER REFERENCES net_precisions (id),  -- how precisely net is known
    window_end TEXT,  -- UTC: when it may fly at the latest
    window_start TEXT,  -- UTC: when it may fly at the earliest
    image_id INTEGER REFERENCES images (id),  -- its picture
    infographic TEXT,  -- where a picture that explains it is
    probability INTEGER,  -- percent: the chance of fit weather
    weather_concerns TEXT,  -- what of the weather may stop it
    failreason TEXT,  -- why it failed
    hashtag TEXT,  -- what it is called on social media
    launch_service_provider_id INTEGER REFERENCES agencies (id),  -- who launches it
    rocket_id INTEGER REFERENCES rockets (id),  -- what it flies on
    mission_id INTEGER REFERENCES missions (id),  -- what it is for
    pad_id INTEGER REFERENCES pads (id),  -- from where it flies
    webcast_live INTEGER,  -- 0 or 1: shown live now
    program_items INTEGER,  -- how many rows in launches__program; null where LL2 says null
    orbital_launch_attempt_count INTEGER,  -- which try for an orbit it is, of all
    location_launch_attempt_count INTEGER,  -- which launch it is of its location
    pad_launch_attempt_count INTEGER,  -- which launch it is of its pad
    agency_launch_attempt_count INTEGER,  -- which launch it is of its agency
    orbital_launch_attempt_count_year INTEGER,  -- which try for an orbit it is, of its year
    location_launch_attempt_count_year INTEGER,  -- which launch it is of its location in its year
    pad_launch_attempt_count_year INTEGER,  -- which launch it is of its pad in its year
    agency_launch_attempt_count_year INTEGER,  -- which launch it is of its agency in its year
    flightclub_url TEXT,  -- where its flight is simulated
    updates_items INTEGER,  -- how many rows in launches__updates; null where LL2 says null
    info_urls_items INTEGER,  -- how many rows in launches__info_urls; null where LL2 says null
    vid_urls_items INTEGER,  -- how many rows in launches__vid_urls; null where LL2 says null
    timeline_items INTEGER,  -- how many rows in launches__timeline; null where LL2 says null
    pad_turnaround TEXT,  -- ISO 8601: how long since the launch before from the same pad
    pad_turnaround_seconds REAL,  -- seconds: the same, to sort and add
    mission_patches_items INTEGER,  -- how many rows in launches__mission_patches; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE launches__program (
    -- The programs a launch belongs to.
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    program_id INTEGER NOT NULL REFERENCES programs (id),  -- what stands there
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__updates (
    -- What was told of a launch (detailed mode).
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    update_id INTEGER NOT NULL REFERENCES updates (id),  -- what stands there
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__info_urls (
    -- Pages about a launch, in order (detailed mode). LL2 gives these no id, so they live in
    -- this list.
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    priority INTEGER,  -- LL2's rank among its like
    source TEXT,  -- the host of the page
    title TEXT,  -- what the page is called
    description TEXT,  -- what LL2 tells of it
    feature_image TEXT,  -- where a picture of it is
    url TEXT,  -- where it is on the web
    type_id INTEGER REFERENCES infourl_types (id),  -- of which type it is
    language_id INTEGER REFERENCES languages (id),  -- of what is said there
    _extra TEXT,  -- JSON: what LL2 sent beyond these columns
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__vid_urls (
    -- Videos and streams of a launch, in order (detailed mode). LL2 gives these no id, so they
    -- live in this list.
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    priority INTEGER,  -- LL2's rank among its like
    source TEXT,  -- the host of the page
    publisher TEXT,  -- who put it there
    title TEXT,  -- what the page is called
    description TEXT,  -- what LL2 tells of it
    feature_image TEXT,  -- where a picture of it is
    url TEXT,  -- where it is on the web
    type_id INTEGER REFERENCES vidurl_types (id),  -- of which type it is
    language_id INTEGER REFERENCES languages (id),  -- of what is said there
    start_time TEXT,  -- UTC: when it begins
    end_time TEXT,  -- UTC: when it ends
    live INTEGER,  -- 0 or 1: under way now
    _extra TEXT,  -- JSON: what LL2 sent beyond these columns
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__timeline (
    -- What happens during a launch, in order (detailed mode). LL2 gives these no id, so they
    -- live in this list.
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    type_id INTEGER REFERENCES timeline_event_types (id),  -- of which type it is
    relative_time TEXT,  -- ISO 8601: how long after lift-off; negative: before
    relative_time_seconds REAL,  -- seconds: the same, to sort and add
    _extra TEXT,  -- JSON: what LL2 sent beyond these columns
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launches__mission_patches (
    -- A launch's patches (detailed mode).
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),  -- what stands there
    PRIMARY KEY (launch_id, position)
) WITHOUT ROWID;

CREATE TABLE launch_statuses (
    -- Go, TBD, Success, Failure, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    abbrev TEXT,  -- the short name
    description TEXT,  -- what LL2 tells of it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE net_precisions (
    -- How precisely launches.net is known: to the second, the day, the quarter, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    abbrev TEXT,  -- the short name
    description TEXT,  -- what LL2 tells of it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE updates (
    -- Notes on launches, events and programs: what somebody learned, and from where.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    profile_image TEXT,  -- where a picture of who wrote it is
    comment TEXT,  -- what is told
    info_url TEXT,  -- where it is from
    created_by TEXT,  -- who wrote it
    created_on TEXT,  -- UTC: when it was written
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE timeline_event_types (
    -- Liftoff, Max-Q, Stage 2 Separation, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    abbrev TEXT,  -- what it is called
    description TEXT,  -- what LL2 tells of it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE rockets (
    -- The vehicle of one launch: one row a launch, of a launcher configuration.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    configuration_id INTEGER REFERENCES launcher_configurations (id),  -- the type of launcher
    launcher_stage_items INTEGER,  -- how many rows in rockets__launcher_stage; null where LL2 says null
    spacecraft_stage_items INTEGER,  -- how many rows in rockets__spacecraft_stage; null where LL2 says null
    payloads_items INTEGER,  -- how many rows in rockets__payloads; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE rockets__launcher_stage (
    -- The first stages and boosters of each (detailed mode).
    rocket_id INTEGER NOT NULL REFERENCES rockets (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    first_stage_id INTEGER NOT NULL REFERENCES first_stages (id),  -- what stands there
    PRIMARY KEY (rocket_id, position)
) WITHOUT ROWID;

CREATE TABLE rockets__spacecraft_stage (
    -- The spacecraft that it carries, each on its flight (detailed mode).
    rocket_id INTEGER NOT NULL REFERENCES rockets (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    spacecraft_flight_id INTEGER NOT NULL REFERENCES spacecraft_flights (id),  -- what stands there
    PRIMARY KEY (rocket_id, position)
) WITHOUT ROWID;

CREATE TABLE rockets__payloads (
    -- The payloads that it carries, each on its flight (detailed mode).
    rocket_id INTEGER NOT NULL REFERENCES rockets (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    payload_flight_id INTEGER NOT NULL REFERENCES payload_flights (id),  -- what stands there
    PRIMARY KEY (rocket_id, position)
) WITHOUT ROWID;

CREATE TABLE first_stages (
    -- One launcher on one launch.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    type TEXT,  -- as what it flies: Core, Strap-On Booster, ...
    reused INTEGER,  -- 0 or 1: it flew before
    launcher_flight_number INTEGER,  -- which flight of the launcher it is
    launcher_id INTEGER REFERENCES launchers (id),  -- which launcher flies
    previous_flight_date TEXT,  -- UTC: when it flew before
    turn_around_time TEXT,  -- ISO 8601: how long since the flight before
    turn_around_time_seconds REAL,  -- seconds: the same, to sort and add
    landing_id INTEGER REFERENCES landings (id),  -- how it comes down
    previous_flight_id TEXT REFERENCES launches (id),  -- the flight before
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE first_stage_types (
    -- Core, Strap-On Booster, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE launchers (
    -- Single launchers that are made to fly again: B1058, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    flight_proven INTEGER,  -- 0 or 1: it flew
    serial_number TEXT,  -- the builder's number, where there is one
    is_placeholder INTEGER,  -- 0 or 1: stands for a launcher not yet known
    status_id INTEGER REFERENCES launcher_statuses (id),  -- whether it is active, lost, retired, ...
    image_id INTEGER REFERENCES images (id),  -- its picture
    details TEXT,  -- its story, in words
    successful_landings INTEGER,  -- landings that succeeded
    attempted_landings INTEGER,  -- landings tried
    flights INTEGER,  -- flights so far
    last_launch_date TEXT,  -- UTC: when its last launch was
    first_launch_date TEXT,  -- UTC: when its first launch was
    fastest_turnaround TEXT,  -- ISO 8601: the shortest time between two launches
    fastest_turnaround_seconds REAL,  -- seconds: the same, to sort and add
    launcher_config_id INTEGER REFERENCES launcher_configurations (id),  -- the type of launcher
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE launcher_statuses (
    -- Active, Expended, Lost, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE launcher_configurations (
    -- The types of launcher: Falcon 9 Block 5, Soyuz 2.1a, ... Columns from active on come with
    -- richer shapes than the list one.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    families_items INTEGER,  -- how many rows in launcher_configurations__families; null where LL2 says null
    full_name TEXT,  -- the name with its variant
    variant TEXT,  -- which of those that share the name
    active INTEGER,  -- 0 or 1: in use
    is_placeholder INTEGER,  -- 0 or 1: stands for a type not yet known
    manufacturer_id INTEGER REFERENCES agencies (id),  -- who builds it
    program_items INTEGER,  -- how many rows in launcher_configurations__program; null where LL2 says null
    reusable INTEGER,  -- 0 or 1: made to fly again
    image_id INTEGER REFERENCES images (id),  -- its picture
    info_url TEXT,  -- where more is told of it
    wiki_url TEXT,  -- its page in Wikipedia
    description TEXT,  -- what LL2 tells of it
    alias TEXT,  -- another name
    min_stage INTEGER,  -- the fewest stages
    max_stage INTEGER,  -- the most stages
    length REAL,  -- m: how long it is
    diameter REAL,  -- m: how wide it is at most
    maiden_flight TEXT,  -- YYYY-MM-DD: when the first flew
    launch_cost INTEGER,  -- USD: what one launch costs
    launch_mass REAL,  -- t: how heavy it is at lift-off
    leo_capacity REAL,  -- kg: what it can carry to a low Earth orbit
    gto_capacity REAL,  -- kg: what it can carry to a geostationary transfer orbit
    geo_capacity REAL,  -- kg: what it can carry to the geostationary orbit
    sso_capacity REAL,  -- kg: what it can carry to a Sun-synchronous orbit
    to_thrust REAL,  -- kN: its thrust at lift-off
    apogee REAL,  -- km: how high it flies, sub-orbital only
    total_launch_count INTEGER,  -- launches so far
    consecutive_successful_launches INTEGER,  -- launches that succeeded in a row, until now
    successful_launches INTEGER,  -- launches that succeeded
    failed_launches INTEGER,  -- launches that failed
    pending_launches INTEGER,  -- launches that are planned
    attempted_landings INTEGER,  -- landings tried
    successful_landings INTEGER,  -- landings that succeeded
    failed_landings INTEGER,  -- landings that failed
    consecutive_successful_landings INTEGER,  -- landings that succeeded in a row, until now
    fastest_turnaround TEXT,  -- ISO 8601: the shortest time between two launches
    fastest_turnaround_seconds REAL,  -- seconds: the same, to sort and add
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE launcher_configurations__families (
    -- The families of a launcher configuration.
    launcher_configuration_id INTEGER NOT NULL REFERENCES launcher_configurations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    launcher_configuration_family_id INTEGER NOT NULL REFERENCES launcher_configuration_families (id),  -- what stands there
    PRIMARY KEY (launcher_configuration_id, position)
) WITHOUT ROWID;

CREATE TABLE launcher_configurations__program (
    -- The programs a launcher configuration belongs to.
    launcher_configuration_id INTEGER NOT NULL REFERENCES launcher_configurations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    program_id INTEGER NOT NULL REFERENCES programs (id),  -- what stands there
    PRIMARY KEY (launcher_configuration_id, position)
) WITHOUT ROWID;

CREATE TABLE launcher_configuration_families (
    -- Families of launchers: Falcon, Soyuz, Long March, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    manufacturer_items INTEGER,  -- how many rows in launcher_configuration_families__manufacturer; null where LL2 says null
    parent_id INTEGER REFERENCES launcher_configuration_families (id),  -- the family that it belongs to
    description TEXT,  -- what LL2 tells of it
    active INTEGER,  -- 0 or 1: in use
    maiden_flight TEXT,  -- YYYY-MM-DD: when the first flew
    total_launch_count INTEGER,  -- launches so far
    consecutive_successful_launches INTEGER,  -- launches that succeeded in a row, until now
    successful_launches INTEGER,  -- launches that succeeded
    failed_launches INTEGER,  -- launches that failed
    pending_launches INTEGER,  -- launches that are planned
    attempted_landings INTEGER,  -- landings tried
    successful_landings INTEGER,  -- landings that succeeded
    failed_landings INTEGER,  -- landings that failed
    consecutive_successful_landings INTEGER,  -- landings that succeeded in a row, until now
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE launcher_configuration_families__manufacturer (
    -- Who builds a family of launchers.
    launcher_configuration_family_id INTEGER NOT NULL REFERENCES launcher_configuration_families (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (launcher_configuration_family_id, position)
) WITHOUT ROWID;

CREATE TABLE pads (
    -- Launch pads.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    active INTEGER,  -- 0 or 1: in use
    agencies_items INTEGER,  -- how many rows in pads__agencies; null where LL2 says null
    name TEXT,  -- as LL2 calls it
    image_id INTEGER REFERENCES images (id),  -- its picture
    description TEXT,  -- what LL2 tells of it
    info_url TEXT,  -- where more is told of it
    wiki_url TEXT,  -- its page in Wikipedia
    map_url TEXT,  -- where a map is
    latitude REAL,  -- degrees: north of the equator
    longitude REAL,  -- degrees: east of Greenwich
    country_id INTEGER REFERENCES countries (id),  -- where it lies
    map_image TEXT,  -- where a picture of the map is
    total_launch_count INTEGER,  -- launches so far
    orbital_launch_attempt_count INTEGER,  -- tries for an orbit so far
    fastest_turnaround TEXT,  -- ISO 8601: the shortest time between two launches
    fastest_turnaround_seconds REAL,  -- seconds: the same, to sort and add
    location_id INTEGER REFERENCES locations (id),  -- the place that it belongs to
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE pads__agencies (
    -- The agencies that use a pad.
    pad_id INTEGER NOT NULL REFERENCES pads (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (pad_id, position)
) WITHOUT ROWID;

CREATE TABLE locations (
    -- Launch and landing sites: a location has many pads.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    celestial_body_id INTEGER REFERENCES celestial_bodies (id),  -- the body that it is on
    active INTEGER,  -- 0 or 1: in use
    country_id INTEGER REFERENCES countries (id),  -- where it lies
    description TEXT,  -- what LL2 tells of it
    image_id INTEGER REFERENCES images (id),  -- its picture
    map_image TEXT,  -- where a picture of the map is
    longitude REAL,  -- degrees: east of Greenwich
    latitude REAL,  -- degrees: north of the equator
    timezone_name TEXT,  -- IANA name: its time zone
    total_launch_count INTEGER,  -- launches so far
    total_landing_count INTEGER,  -- landings so far
    pads_items INTEGER,  -- how many rows in locations__pads; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE locations__pads (
    -- The pads of a location (its own list, detailed mode).
    location_id INTEGER NOT NULL REFERENCES locations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    pad_id INTEGER NOT NULL REFERENCES pads (id),  -- what stands there
    PRIMARY KEY (location_id, position)
) WITHOUT ROWID;

CREATE TABLE celestial_bodies (
    -- Earth, Moon, Mars, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    type_id INTEGER REFERENCES celestial_body_types (id),  -- of which type it is
    diameter REAL,  -- m: how wide it is
    mass REAL,  -- kg: how heavy it is
    gravity REAL,  -- m/s^2: how fast things fall at its surface
    length_of_day TEXT,  -- D HH:MM:SS: how long a day is, as LL2 prints it
    atmosphere INTEGER,  -- 0 or 1: it has one
    image_id INTEGER REFERENCES images (id),  -- its picture
    description TEXT,  -- what LL2 tells of it
    wiki_url TEXT,  -- its page in Wikipedia
    total_attempted_launches INTEGER,  -- launches tried
    successful_launches INTEGER,  -- launches that succeeded
    failed_launches INTEGER,  -- launches that failed
    total_attempted_landings INTEGER,  -- landings tried
    successful_landings INTEGER,  -- landings that succeeded
    failed_landings INTEGER,  -- landings that failed
    locations_items INTEGER,  -- how many rows in celestial_bodies__locations; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE celestial_bodies__locations (
    -- The places on a body from where was launched or where was landed (its own list, detailed
    -- mode).
    celestial_body_id INTEGER NOT NULL REFERENCES celestial_bodies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    location_id INTEGER NOT NULL REFERENCES locations (id),  -- what stands there
    PRIMARY KEY (celestial_body_id, position)
) WITHOUT ROWID;

CREATE TABLE celestial_body_types (
    -- Planet, Moon, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

-- ----------------------------------------------------------------------------------------------
-- Payloads: what is carried
-- ----------------------------------------------------------------------------------------------

CREATE TABLE payloads (
    -- Satellites, probes, modules: what a launch carries that is no spacecraft of these lists.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    type_id INTEGER REFERENCES payload_types (id),  -- of which type it is
    manufacturer_id INTEGER REFERENCES agencies (id),  -- who builds it
    operator_id INTEGER REFERENCES agencies (id),  -- who runs it
    image_id INTEGER REFERENCES images (id),  -- its picture
    wiki_link TEXT,  -- its page in Wikipedia
    info_link TEXT,  -- where more is told of it
    program_items INTEGER,  -- how many rows in payloads__program; null where LL2 says null
    cost INTEGER,  -- USD: what it costs
    mass REAL,  -- kg: how heavy it is
    description TEXT,  -- what LL2 tells of it
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE payloads__program (
    -- The programs that a payload belongs to.
    payload_id INTEGER NOT NULL REFERENCES payloads (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    program_id INTEGER NOT NULL REFERENCES programs (id),  -- what stands there
    PRIMARY KEY (payload_id, position)
) WITHOUT ROWID;

CREATE TABLE payload_types (
    -- Communications, Earth Science, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE payload_flights (
    -- One flight of one payload, or of several that are alike.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    destination TEXT,  -- where it goes, in words
    amount INTEGER,  -- how many of it fly
    payload_id INTEGER REFERENCES payloads (id),  -- what flies
    launch_id TEXT REFERENCES launches (id),  -- how it went up
    landing_id INTEGER REFERENCES landings (id),  -- how it comes down
    docking_events_items INTEGER,  -- how many rows in payload_flights__docking_events; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE payload_flights__docking_events (
    -- The dockings of each flight (detailed mode).
    payload_flight_id INTEGER NOT NULL REFERENCES payload_flights (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    docking_event_id INTEGER NOT NULL REFERENCES docking_events (id),  -- what stands there
    PRIMARY KEY (payload_flight_id, position)
) WITHOUT ROWID;

-- ----------------------------------------------------------------------------------------------
-- Missions and programs: what for
-- ----------------------------------------------------------------------------------------------

CREATE TABLE missions (
    -- What a launch is for.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    type TEXT,  -- its type, as text: Human Exploration, Resupply, ...
    description TEXT,  -- what LL2 tells of it
    image_id INTEGER REFERENCES images (id),  -- its picture
    orbit_id INTEGER REFERENCES orbits (id),  -- where it goes
    agencies_items INTEGER,  -- how many rows in missions__agencies; null where LL2 says null
    info_urls_items INTEGER,  -- how many rows in missions__info_urls; null where LL2 says null
    vid_urls_items INTEGER,  -- how many rows in missions__vid_urls; null where LL2 says null
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE missions__agencies (
    -- The agencies behind a mission.
    mission_id INTEGER NOT NULL REFERENCES missions (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (mission_id, position)
) WITHOUT ROWID;

CREATE TABLE missions__info_urls (
    -- Pages about a mission, in order. LL2 gives these no id, so they live in this list.
    mission_id INTEGER NOT NULL REFERENCES missions (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    priority INTEGER,  -- LL2's rank among its like
    source TEXT,  -- the host of the page
    title TEXT,  -- what the page is called
    description TEXT,  -- what LL2 tells of it
    feature_image TEXT,  -- where a picture of it is
    url TEXT,  -- where it is on the web
    type_id INTEGER REFERENCES infourl_types (id),  -- of which type it is
    language_id INTEGER REFERENCES languages (id),  -- of what is said there
    _extra TEXT,  -- JSON: what LL2 sent beyond these columns
    PRIMARY KEY (mission_id, position)
) WITHOUT ROWID;

CREATE TABLE missions__vid_urls (
    -- Videos and streams of a mission, in order. LL2 gives these no id, so they live in this
    -- list.
    mission_id INTEGER NOT NULL REFERENCES missions (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    priority INTEGER,  -- LL2's rank among its like
    source TEXT,  -- the host of the page
    publisher TEXT,  -- who put it there
    title TEXT,  -- what the page is called
    description TEXT,  -- what LL2 tells of it
    feature_image TEXT,  -- where a picture of it is
    url TEXT,  -- where it is on the web
    type_id INTEGER REFERENCES vidurl_types (id),  -- of which type it is
    language_id INTEGER REFERENCES languages (id),  -- of what is said there
    start_time TEXT,  -- UTC: when it begins
    end_time TEXT,  -- UTC: when it ends
    live INTEGER,  -- 0 or 1: under way now
    _extra TEXT,  -- JSON: what LL2 sent beyond these columns
    PRIMARY KEY (mission_id, position)
) WITHOUT ROWID;

CREATE TABLE mission_types (
    -- Human Exploration, Resupply, Communications, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE infourl_types (
    -- Official Page, Press Kit, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE vidurl_types (
    -- Official Webcast, Unofficial Re-stream, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE languages (
    -- Languages of linked pages and videos, ISO 639-1.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    code TEXT,  -- ISO 639-1: two letters
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE orbits (
    -- Low Earth Orbit, Lunar, Sub-Orbital, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    abbrev TEXT,  -- the short name
    celestial_body_id INTEGER REFERENCES celestial_bodies (id),  -- around which it leads
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE programs (
    -- Programs: International Space Station, Artemis, Commercial Crew, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    image_id INTEGER REFERENCES images (id),  -- its picture
    info_url TEXT,  -- where more is told of it
    wiki_url TEXT,  -- its page in Wikipedia
    description TEXT,  -- what LL2 tells of it
    agencies_items INTEGER,  -- how many rows in programs__agencies; null where LL2 says null
    start_date TEXT,  -- UTC: when it began
    end_date TEXT,  -- UTC: when it ends
    mission_patches_items INTEGER,  -- how many rows in programs__mission_patches; null where LL2 says null
    type_id INTEGER REFERENCES program_types (id),  -- of which type it is
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE programs__agencies (
    -- The agencies behind a program.
    program_id INTEGER NOT NULL REFERENCES programs (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (program_id, position)
) WITHOUT ROWID;

CREATE TABLE programs__mission_patches (
    -- A program's patches.
    program_id INTEGER NOT NULL REFERENCES programs (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),  -- what stands there
    PRIMARY KEY (program_id, position)
) WITHOUT ROWID;

CREATE TABLE program_types (
    -- Human Spaceflight, Exploration, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE mission_patches (
    -- Patches, each with its picture.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    priority INTEGER,  -- LL2's rank among its like
    image_url TEXT,  -- where the picture is; its host differs by day and API host
    agency_id INTEGER REFERENCES agencies (id),  -- whose patch it is
    launches_items INTEGER,  -- how many rows in mission_patches__launches; null where LL2 says null
    expeditions_items INTEGER,  -- how many rows in mission_patches__expeditions; null where LL2 says null
    program_items INTEGER,  -- how many rows in mission_patches__program; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE mission_patches__launches (
    -- The launches with a patch (its own list, detailed mode).
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- what stands there
    PRIMARY KEY (mission_patch_id, position)
) WITHOUT ROWID;

CREATE TABLE mission_patches__expeditions (
    -- The expeditions with a patch (its own list, detailed mode).
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),  -- what stands there
    PRIMARY KEY (mission_patch_id, position)
) WITHOUT ROWID;

CREATE TABLE mission_patches__program (
    -- The programs with a patch (its own list, detailed mode).
    mission_patch_id INTEGER NOT NULL REFERENCES mission_patches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    program_id INTEGER NOT NULL REFERENCES programs (id),  -- what stands there
    PRIMARY KEY (mission_patch_id, position)
) WITHOUT ROWID;

-- ----------------------------------------------------------------------------------------------
-- Events and notices
-- ----------------------------------------------------------------------------------------------

CREATE TABLE events (
    -- What happens beside launches: dockings, landings, spacewalks, press events, flybys.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    info_urls_items INTEGER,  -- how many rows in events__info_urls; null where LL2 says null
    vid_urls_items INTEGER,  -- how many rows in events__vid_urls; null where LL2 says null
    image_id INTEGER REFERENCES images (id),  -- its picture
    date TEXT,  -- UTC: when it happens
    slug TEXT,  -- the name, for URLs
    type_id INTEGER REFERENCES event_types (id),  -- what kind of event it is
    description TEXT,  -- what LL2 tells of it
    webcast_live INTEGER,  -- 0 or 1: shown live now
    location TEXT,  -- where, as text
    date_precision_id INTEGER REFERENCES net_precisions (id),  -- how precisely date is known
    duration TEXT,  -- ISO 8601: how long it takes
    duration_seconds REAL,  -- seconds: the same, to sort and add
    updates_items INTEGER,  -- how many rows in events__updates; null where LL2 says null
    last_updated TEXT,  -- UTC: when LL2 last changed it; most changes do not move it
    agencies_items INTEGER,  -- how many rows in events__agencies; null where LL2 says null
    launches_items INTEGER,  -- how many rows in events__launches; null where LL2 says null
    expeditions_items INTEGER,  -- how many rows in events__expeditions; null where LL2 says null
    spacestations_items INTEGER,  -- how many rows in events__spacestations; null where LL2 says null
    program_items INTEGER,  -- how many rows in events__program; null where LL2 says null
    astronauts_items INTEGER,  -- how many rows in events__astronauts; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE events__info_urls (
    -- Pages about an event, in order. LL2 gives these no id, so they live in this list.
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    priority INTEGER,  -- LL2's rank among its like
    source TEXT,  -- the host of the page
    title TEXT,  -- what the page is called
    description TEXT,  -- what LL2 tells of it
    feature_image TEXT,  -- where a picture of it is
    url TEXT,  -- where it is on the web
    type_id INTEGER REFERENCES infourl_types (id),  -- of which type it is
    language_id INTEGER REFERENCES languages (id),  -- of what is said there
    _extra TEXT,  -- JSON: what LL2 sent beyond these columns
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__vid_urls (
    -- Videos and streams of an event, in order. LL2 gives these no id, so they live in this
    -- list.
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    priority INTEGER,  -- LL2's rank among its like
    source TEXT,  -- the host of the page
    publisher TEXT,  -- who put it there
    title TEXT,  -- what the page is called
    description TEXT,  -- what LL2 tells of it
    feature_image TEXT,  -- where a picture of it is
    url TEXT,  -- where it is on the web
    type_id INTEGER REFERENCES vidurl_types (id),  -- of which type it is
    language_id INTEGER REFERENCES languages (id),  -- of what is said there
    start_time TEXT,  -- UTC: when it begins
    end_time TEXT,  -- UTC: when it ends
    live INTEGER,  -- 0 or 1: under way now
    _extra TEXT,  -- JSON: what LL2 sent beyond these columns
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__updates (
    -- What was told of an event.
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    update_id INTEGER NOT NULL REFERENCES updates (id),  -- what stands there
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__agencies (
    -- The agencies that take part (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    agency_id INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__launches (
    -- The launches that it is about (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    launch_id TEXT NOT NULL REFERENCES launches (id),  -- what stands there
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__expeditions (
    -- The expeditions that it is about (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    expedition_id INTEGER NOT NULL REFERENCES expeditions (id),  -- what stands there
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__spacestations (
    -- The stations that it is about (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    space_station_id INTEGER NOT NULL REFERENCES space_stations (id),  -- what stands there
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__program (
    -- The programs that an event belongs to (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    program_id INTEGER NOT NULL REFERENCES programs (id),  -- what stands there
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE events__astronauts (
    -- The astronauts that it is about (detailed mode).
    event_id INTEGER NOT NULL REFERENCES events (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    astronaut_id INTEGER NOT NULL REFERENCES astronauts (id),  -- what stands there
    PRIMARY KEY (event_id, position)
) WITHOUT ROWID;

CREATE TABLE event_types (
    -- Spacecraft Docking, Landing, EVA, Press Event, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE notice_types (
    -- What kind of notice warns of a launch: to aircrew, to seafarers, ... LL2 lists only the
    -- types.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE road_closure_statuses (
    -- Scheduled, Closed, Possible, ... of roads beside a launch site. LL2 lists only the
    -- statuses.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
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
    moved INTEGER NOT NULL DEFAULT 0,  -- of the unchanged: only keys that move by themselves, or an order, differ
    unchanged INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0,
    conflicts INTEGER NOT NULL DEFAULT 0  -- rows that came with two values in one walk: the later stands
);

CREATE TABLE _records (
    -- The records that LL2 lists now. A table can hold more rows than its endpoint lists: nested ones.
    resource TEXT NOT NULL,
    id NOT NULL,
    digest BLOB,  -- of what LL2 sent when it was last brought in; null: not known
    PRIMARY KEY (resource, id)
) WITHOUT ROWID;

CREATE TABLE _tombstones (
    -- The records that LL2 no longer lists, as they were.
    resource TEXT NOT NULL,
    id NOT NULL,
    run INTEGER NOT NULL REFERENCES _runs (id),  -- the run that found it gone
    body TEXT NOT NULL,  -- JSON, as LL2 last sent it
    PRIMARY KEY (resource, id)
);  -- with rowid: the bodies are large

CREATE TABLE _quarantine (
    -- Records that stay as an earlier walk had them, or out: LL2 sent what is not understood, or
    -- did not list them, which may be a fault as long as it is not confirmed.
    resource TEXT NOT NULL,
    id,  -- null: LL2 sent none that could be one
    run INTEGER NOT NULL REFERENCES _runs (id),  -- the first that found it so
    reason TEXT NOT NULL,
    sent TEXT,  -- JSON, as LL2 sent it last; null: it was not listed
    mode TEXT,  -- of the body that stands
    stands TEXT  -- JSON, as LL2 sent it when it was understood: what is published; null: nothing is
);

CREATE TABLE _history (
    -- What each run added, changed and found gone.
    run INTEGER NOT NULL REFERENCES _runs (id),
    table_name TEXT NOT NULL,
    id NOT NULL,
    key TEXT NOT NULL,  -- LL2's key; empty for a whole row
    kind TEXT NOT NULL,  -- added, changed, reordered, gone
    from_value,  -- a list or a whole row as JSON
    to_value,
    moving INTEGER NOT NULL,  -- 1: moves by itself (times in space, counts, orders), no news
    PRIMARY KEY (run, table_name, id, key)
) WITHOUT ROWID;

CREATE TABLE _walks (
    -- The last walk over the whole of each resource, those over parts of it since, those under way.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    part TEXT NOT NULL DEFAULT '',  -- what was asked for: new, upcoming; empty: all
    since TEXT,  -- from when on a record is new, UTC, ISO 8601; null: that is not asked for
    mode TEXT NOT NULL,
    base_url TEXT NOT NULL,
    started TEXT NOT NULL,  -- UTC, ISO 8601
    total INTEGER,  -- how many records LL2 lists, as the last page said; null before the first
    steps INTEGER NOT NULL DEFAULT 0,  -- back, since that page: the list moved
    published INTEGER NOT NULL  -- 1: the tables hold what this walk found
);

CREATE TABLE _pages (
    -- The pages of each walk. Of a record that is on several the last that came counts.
    number INTEGER PRIMARY KEY,  -- in the order they came
    walk INTEGER NOT NULL REFERENCES _walks (id),
    "offset" INTEGER NOT NULL,
    "limit" INTEGER NOT NULL,
    digest BLOB NOT NULL REFERENCES _bodies (digest)
);

CREATE TABLE _bodies (
    -- The text of each page as LL2 sent it, kept once however often it comes: the proof that verify checks.
    digest BLOB PRIMARY KEY NOT NULL,  -- SHA-256 of the text
    ids TEXT NOT NULL,  -- JSON list of the records' ids, in order; null in it: not readable
    body BLOB NOT NULL  -- the text, zstd
);

CREATE TABLE _drift (
    -- What LL2 sent that its document does not know. Kept in _extra, and rendered back.
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
    status INTEGER,  -- null: there was no whole answer
    bytes INTEGER,  -- of the body, unpacked
    ms INTEGER  -- how long the whole answer took
);

CREATE TABLE _throttles (
    -- The limit of each server, as /api-throttle/ last named it.
    base_url TEXT PRIMARY KEY NOT NULL,
    asked TEXT NOT NULL,  -- UTC, ISO 8601
    your_request_limit INTEGER,  -- null: not named, so what is declared for its host
    limit_frequency_secs INTEGER,
    current_use INTEGER,  -- when asked; null: not said, so the log of requests tells
    resumes TEXT  -- UTC, ISO 8601: when the server said it may be asked again
) WITHOUT ROWID;

-- What LL2 searches of each record, in capitals as PostgreSQL makes them. Beside each table, the
-- index of its trigrams that finds any part of a text. A record has a row for each combination of
-- the items of its lists that are searched.

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
-- Views, each a question that many ask: docs/tables.md shows them
-- ----------------------------------------------------------------------------------------------

CREATE VIEW IF NOT EXISTS spacecraft_overview AS
    -- Each craft in a line: what it is, who built it, how it stands, how long it was up.
SELECT
    spacecraft.id,  -- LL2's own number
    spacecraft.name,  -- as LL2 calls it
    spacecraft.serial_number,  -- the builder's number, where there is one
    configurations.name AS configuration,  -- the type of craft
    types.name AS type,  -- Capsule, Space Plane, ...
    agencies.name AS agency,  -- who built it
    statuses.name AS status,  -- whether it is in use, retired, lost, ...
    spacecraft.in_space,  -- 0 or 1: up there now
    spacecraft.flights_count AS flights,  -- flights so far
    round(spacecraft.time_in_space_seconds / 86400, 1) AS days_in_space,  -- days: over all flights
    round(spacecraft.time_docked_seconds / 86400, 1) AS days_docked,  -- days: over all flights
    images.thumbnail_url AS thumbnail,  -- where a small picture is
    images.credit,  -- whom to name for the picture
    licenses.name AS license,  -- what may be done with the picture
    spacecraft.is_placeholder  -- 0 or 1: stands for a craft not yet known
FROM spacecraft
LEFT JOIN spacecraft_configurations AS configurations
    ON configurations.id = spacecraft.spacecraft_config_id
LEFT JOIN spacecraft_configuration_types AS types ON types.id = configurations.type_id
LEFT JOIN agencies ON agencies.id = configurations.agency_id
LEFT JOIN spacecraft_statuses AS statuses ON statuses.id = spacecraft.status_id
LEFT JOIN images ON images.id = spacecraft.image_id
LEFT JOIN image_licenses AS licenses ON licenses.id = images.license_id;

CREATE VIEW IF NOT EXISTS flights AS
    -- Each flight of a craft in a line: whether it was flown or is planned, on what it went up,
    -- where it came down (detailed mode).
SELECT
    flights.id,  -- LL2's own number
    spacecraft.name AS spacecraft,  -- which craft flies
    CASE
        WHEN statuses.abbrev IN ('Failure', 'Partial Failure') THEN 'launch failed'
        WHEN statuses.abbrev NOT IN ('Success', 'In Flight', 'Deployed') THEN 'planned'
        WHEN flights.mission_end <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now') THEN 'flown'
        WHEN statuses.abbrev IS NOT NULL THEN 'under way'
    END AS state,  -- planned, under way, flown, launch failed; null: the launch's status is not known
    launches.net AS launched,  -- UTC: the time of launch, no earlier than
    launches.name AS launch,  -- how it went up
    pads.name AS pad,  -- from where
    flights.mission_end,  -- UTC: when it ended, or will
    round(flights.duration_seconds / 86400, 1) AS days,  -- days: how long it took; grows while under way
    places.name AS landed_at,  -- where it lands
    landings.success AS landed,  -- 0 or 1: the landing succeeded; null: not yet known
    flights.destination,  -- where it goes, in words
    flights.spacecraft_id,  -- the row of the craft
    flights.launch_id,  -- the row of the launch
    flights.landing_id  -- the row of the landing
FROM spacecraft_flights AS flights
LEFT JOIN spacecraft ON spacecraft.id = flights.spacecraft_id
LEFT JOIN launches ON launches.id = flights.launch_id
LEFT JOIN launch_statuses AS statuses ON statuses.id = launches.status_id
LEFT JOIN pads ON pads.id = launches.pad_id
LEFT JOIN landings ON landings.id = flights.landing_id
LEFT JOIN landing_locations AS places ON places.id = landings.landing_location_id;

CREATE VIEW IF NOT EXISTS family_tree AS
    -- Each family of craft in a line, under the families that it belongs to.
WITH RECURSIVE tree (id, name, path, level, parent, manufacturer_id) AS (
    SELECT id, name, name, 0, NULL, manufacturer_id
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
    tree.id,  -- LL2's own number
    tree.name,  -- as LL2 calls it
    tree.path,  -- the families above it, then its own name
    tree.level,  -- how many families are above it
    tree.parent,  -- the family that it belongs to
    agencies.name AS manufacturer,  -- who builds it
    (SELECT count(*) FROM spacecraft_configurations__family
     WHERE spacecraft_configuration_family_id = tree.id) AS configurations  -- types of craft that LL2 lists in it
FROM tree
LEFT JOIN agencies ON agencies.id = tree.manufacturer_id
ORDER BY tree.path;

CREATE VIEW IF NOT EXISTS configuration_families AS
    -- Each type of craft with each family that it belongs to.
SELECT
    configurations.id,  -- of the type of craft
    configurations.name AS configuration,  -- the type of craft
    families.name AS family,  -- a family that it belongs to
    agencies.name AS agency,  -- who built the type of craft
    manufacturers.name AS manufacturer,  -- who builds the family
    configurations.in_use,  -- 0 or 1: still flying
    families.id AS family_id  -- the row of the family
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
    agencies.id,  -- of the agency
    agencies.name AS agency,  -- who builds and flies
    agencies.abbrev,  -- the short name
    types.name AS type,  -- Government, Commercial, ...
    countries.name AS country,  -- one of its countries
    countries.alpha_3_code AS country_code,  -- ISO 3166-1: three letters
    agencies.founding_year  -- year: when it was founded
FROM agencies
LEFT JOIN agency_types AS types ON types.id = agencies.type_id
LEFT JOIN agencies__country AS links ON links.agency_id = agencies.id
LEFT JOIN countries ON countries.id = links.country_id;

CREATE VIEW IF NOT EXISTS image_credits AS
    -- Each picture with whom to name and what may be done with it.
SELECT
    images.id,  -- LL2's own number
    images.name,  -- as LL2 calls it
    images.credit,  -- whom to name
    licenses.name AS license,  -- what may be done with it
    licenses.link AS terms,  -- where the terms are
    images.thumbnail_url AS thumbnail,  -- where a small one is
    images.image_url AS picture  -- where the picture is
FROM images
LEFT JOIN image_licenses AS licenses ON licenses.id = images.license_id;

CREATE VIEW IF NOT EXISTS launches_by_pad AS
    -- Each launch pad with the launches that this file has from there.
SELECT
    pads.id,  -- LL2's own number
    pads.name AS pad,  -- from where
    locations.name AS location,  -- the site
    countries.name AS country,  -- where it lies
    (SELECT count(*) FROM launches WHERE launches.pad_id = pads.id)
        AS launches,  -- that this file has
    (SELECT count(*) FROM launches JOIN launch_statuses AS statuses ON statuses.id = status_id
     WHERE launches.pad_id = pads.id AND statuses.abbrev = 'Success')
        AS succeeded,  -- of those
    (SELECT min(net) FROM launches WHERE launches.pad_id = pads.id)
        AS earliest,  -- UTC: the first of those
    (SELECT max(net) FROM launches WHERE launches.pad_id = pads.id)
        AS latest  -- UTC: the last of those; it may be to come
FROM pads
LEFT JOIN locations ON locations.id = pads.location_id
LEFT JOIN countries ON countries.id = pads.country_id;

CREATE VIEW IF NOT EXISTS recent_changes AS
    -- What each sync changed, the newest first, by name; without a first sync, and without what
    -- moves by itself. The table _history has all.
SELECT
    runs.finished,  -- UTC: when the sync found it
    changes.kind,  -- added, changed, reordered, gone
    changes.table_name,  -- where the row is, or was
    changes.id,  -- of the row
    coalesce(CASE changes.table_name
        WHEN 'spacecraft' THEN (SELECT t."name" FROM spacecraft AS t WHERE t.id = changes.id)
        WHEN 'spacecraft_statuses' THEN (SELECT t."name" FROM spacecraft_statuses AS t WHERE t.id = changes.id)
        WHEN 'spacecraft_configurations' THEN (SELECT t."name" FROM spacecraft_configurations AS t WHERE t.id = changes.id)
        WHEN 'spacecraft_configuration_types' THEN (SELECT t."name" FROM spacecraft_configuration_types AS t WHERE t.id = changes.id)
        WHEN 'spacecraft_configuration_families' THEN (SELECT t."name" FROM spacecraft_configuration_families AS t WHERE t.id = changes.id)
        WHEN 'agencies' THEN (SELECT t."name" FROM agencies AS t WHERE t.id = changes.id)
        WHEN 'agency_types' THEN (SELECT t."name" FROM agency_types AS t WHERE t.id = changes.id)
        WHEN 'countries' THEN (SELECT t."name" FROM countries AS t WHERE t.id = changes.id)
        WHEN 'social_media_links' THEN (SELECT (SELECT s.name FROM social_media AS s WHERE s.id = t.social_media_id) FROM social_media_links AS t WHERE t.id = changes.id)
        WHEN 'social_media' THEN (SELECT t."name" FROM social_media AS t WHERE t.id = changes.id)
        WHEN 'images' THEN (SELECT t."name" FROM images AS t WHERE t.id = changes.id)
        WHEN 'image_licenses' THEN (SELECT t."name" FROM image_licenses AS t WHERE t.id = changes.id)
        WHEN 'image_variants' THEN (SELECT (SELECT v.name FROM image_variant_types AS v WHERE v.id = t.type_id) FROM image_variants AS t WHERE t.id = changes.id)
        WHEN 'image_variant_types' THEN (SELECT t."name" FROM image_variant_types AS t WHERE t.id = changes.id)
        WHEN 'spacecraft_flights' THEN (SELECT (SELECT s.name FROM spacecraft AS s WHERE s.id = t.spacecraft_id)
 || coalesce(', ' || (SELECT date(l.net) FROM launches AS l WHERE l.id = t.launch_id), '') FROM spacecraft_flights AS t WHERE t.id = changes.id)
        WHEN 'landings' THEN (SELECT coalesce((SELECT s.name FROM spacecraft_flights AS f JOIN spacecraft AS s ON s.id = f.spacecraft_id
 WHERE f.landing_id = t.id LIMIT 1), 'Landing')
 || coalesce(', ' || (SELECT p.name FROM landing_locations AS p WHERE p.id = t.landing_location_id), '') FROM landings AS t WHERE t.id = changes.id)
        WHEN 'landing_types' THEN (SELECT t."name" FROM landing_types AS t WHERE t.id = changes.id)
        WHEN 'landing_locations' THEN (SELECT t."name" FROM landing_locations AS t WHERE t.id = changes.id)
        WHEN 'space_stations' THEN (SELECT t."name" FROM space_stations AS t WHERE t.id = changes.id)
        WHEN 'space_station_types' THEN (SELECT t."name" FROM space_station_types AS t WHERE t.id = changes.id)
        WHEN 'space_station_statuses' THEN (SELECT t."name" FROM space_station_statuses AS t WHERE t.id = changes.id)
        WHEN 'docking_events' THEN (SELECT 'Docking' || coalesce(' at ' || (SELECT d.name FROM docking_locations AS d WHERE d.id = t.docking_location_id), '')
 || coalesce(', ' || date(t.docking), '') FROM docking_events AS t WHERE t.id = changes.id)
        WHEN 'docking_locations' THEN (SELECT t."name" FROM docking_locations AS t WHERE t.id = changes.id)
        WHEN 'astronauts' THEN (SELECT t."name" FROM astronauts AS t WHERE t.id = changes.id)
        WHEN 'astronaut_statuses' THEN (SELECT t."name" FROM astronaut_statuses AS t WHERE t.id = changes.id)
        WHEN 'astronaut_types' THEN (SELECT t."name" FROM astronaut_types AS t WHERE t.id = changes.id)
        WHEN 'astronaut_flights' THEN (SELECT (SELECT a.name FROM astronauts AS a WHERE a.id = t.astronaut_id)
 || coalesce(', ' || (SELECT r.role FROM astronaut_roles AS r WHERE r.id = t.role_id), '') FROM astronaut_flights AS t WHERE t.id = changes.id)
        WHEN 'astronaut_roles' THEN (SELECT t.role FROM astronaut_roles AS t WHERE t.id = changes.id)
        WHEN 'expeditions' THEN (SELECT t."name" FROM expeditions AS t WHERE t.id = changes.id)
        WHEN 'spacewalks' THEN (SELECT t."name" FROM spacewalks AS t WHERE t.id = changes.id)
        WHEN 'launches' THEN (SELECT t."name" FROM launches AS t WHERE t.id = changes.id)
        WHEN 'launch_statuses' THEN (SELECT t."name" FROM launch_statuses AS t WHERE t.id = changes.id)
        WHEN 'net_precisions' THEN (SELECT t."name" FROM net_precisions AS t WHERE t.id = changes.id)
        WHEN 'updates' THEN (SELECT substr(t.comment, 1, 80) FROM updates AS t WHERE t.id = changes.id)
        WHEN 'timeline_event_types' THEN (SELECT t.abbrev FROM timeline_event_types AS t WHERE t.id = changes.id)
        WHEN 'rockets' THEN (SELECT (SELECT coalesce(c.full_name, c.name) FROM launcher_configurations AS c WHERE c.id = t.configuration_id) FROM rockets AS t WHERE t.id = changes.id)
        WHEN 'first_stages' THEN (SELECT (SELECT l.serial_number FROM launchers AS l WHERE l.id = t.launcher_id) FROM first_stages AS t WHERE t.id = changes.id)
        WHEN 'first_stage_types' THEN (SELECT t."name" FROM first_stage_types AS t WHERE t.id = changes.id)
        WHEN 'launchers' THEN (SELECT t.serial_number FROM launchers AS t WHERE t.id = changes.id)
        WHEN 'launcher_statuses' THEN (SELECT t."name" FROM launcher_statuses AS t WHERE t.id = changes.id)
        WHEN 'launcher_configurations' THEN (SELECT coalesce(t.full_name, t.name) FROM launcher_configurations AS t WHERE t.id = changes.id)
        WHEN 'launcher_configuration_families' THEN (SELECT t."name" FROM launcher_configuration_families AS t WHERE t.id = changes.id)
        WHEN 'pads' THEN (SELECT t."name" FROM pads AS t WHERE t.id = changes.id)
        WHEN 'locations' THEN (SELECT t."name" FROM locations AS t WHERE t.id = changes.id)
        WHEN 'celestial_bodies' THEN (SELECT t."name" FROM celestial_bodies AS t WHERE t.id = changes.id)
        WHEN 'celestial_body_types' THEN (SELECT t."name" FROM celestial_body_types AS t WHERE t.id = changes.id)
        WHEN 'payloads' THEN (SELECT t."name" FROM payloads AS t WHERE t.id = changes.id)
        WHEN 'payload_types' THEN (SELECT t."name" FROM payload_types AS t WHERE t.id = changes.id)
        WHEN 'payload_flights' THEN (SELECT (SELECT p.name FROM payloads AS p WHERE p.id = t.payload_id) FROM payload_flights AS t WHERE t.id = changes.id)
        WHEN 'missions' THEN (SELECT t."name" FROM missions AS t WHERE t.id = changes.id)
        WHEN 'mission_types' THEN (SELECT t."name" FROM mission_types AS t WHERE t.id = changes.id)
        WHEN 'mission_patches' THEN (SELECT t."name" FROM mission_patches AS t WHERE t.id = changes.id)
        WHEN 'orbits' THEN (SELECT t."name" FROM orbits AS t WHERE t.id = changes.id)
        WHEN 'programs' THEN (SELECT t."name" FROM programs AS t WHERE t.id = changes.id)
        WHEN 'program_types' THEN (SELECT t."name" FROM program_types AS t WHERE t.id = changes.id)
        WHEN 'infourl_types' THEN (SELECT t."name" FROM infourl_types AS t WHERE t.id = changes.id)
        WHEN 'vidurl_types' THEN (SELECT t."name" FROM vidurl_types AS t WHERE t.id = changes.id)
        WHEN 'languages' THEN (SELECT t."name" FROM languages AS t WHERE t.id = changes.id)
        WHEN 'events' THEN (SELECT t."name" FROM events AS t WHERE t.id = changes.id)
        WHEN 'event_types' THEN (SELECT t."name" FROM event_types AS t WHERE t.id = changes.id)
        WHEN 'notice_types' THEN (SELECT t."name" FROM notice_types AS t WHERE t.id = changes.id)
        WHEN 'road_closure_statuses' THEN (SELECT t."name" FROM road_closure_statuses AS t WHERE t.id = changes.id)
    END, CASE changes.kind WHEN 'gone' THEN json_extract(changes.from_value, '$.name') END, (
        SELECT json_extract(body, '$.name') FROM _tombstones
        WHERE resource IN (changes.table_name, 'config/' || changes.table_name)
          AND _tombstones.id = changes.id
    ))
        AS name,  -- what the row is called
    changes.key,  -- LL2's key that changed; empty: the whole row
    CASE WHEN changes.key <> '' THEN coalesce(CASE
        WHEN changes.table_name || '.' || changes.key IN ('agencies.image', 'agencies.logo', 'agencies.social_logo', 'astronauts.image', 'celestial_bodies.image', 'events.image', 'landing_locations.image', 'launcher_configurations.image', 'launchers.image', 'launches.image', 'locations.image', 'missions.image', 'pads.image', 'payloads.image', 'programs.image', 'social_media.logo', 'space_stations.image', 'spacecraft.image', 'spacecraft_configurations.image')
            THEN (SELECT t."name" FROM images AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('agencies.type')
            THEN (SELECT t."name" FROM agency_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronaut_flights.astronaut')
            THEN (SELECT t."name" FROM astronauts AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronaut_flights.role')
            THEN (SELECT t.role FROM astronaut_roles AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronauts.agency', 'launcher_configurations.manufacturer', 'launches.launch_service_provider', 'mission_patches.agency', 'payloads.manufacturer', 'payloads.operator', 'spacecraft_configuration_families.manufacturer', 'spacecraft_configurations.agency')
            THEN (SELECT t."name" FROM agencies AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronauts.status')
            THEN (SELECT t."name" FROM astronaut_statuses AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronauts.type')
            THEN (SELECT t."name" FROM astronaut_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('celestial_bodies.type')
            THEN (SELECT t."name" FROM celestial_body_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_events.docking_location')
            THEN (SELECT t."name" FROM docking_locations AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_events.flight_vehicle_chaser', 'docking_events.flight_vehicle_target', 'landings.spacecraftflight', 'spacewalks.spacecraft_flight')
            THEN (SELECT (SELECT s.name FROM spacecraft AS s WHERE s.id = t.spacecraft_id)
 || coalesce(', ' || (SELECT date(l.net) FROM launches AS l WHERE l.id = t.launch_id), '') FROM spacecraft_flights AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_events.payload_flight_chaser', 'docking_events.payload_flight_target', 'landings.payloadflight')
            THEN (SELECT (SELECT p.name FROM payloads AS p WHERE p.id = t.payload_id) FROM payload_flights AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_events.space_station_chaser', 'docking_events.space_station_target', 'docking_locations.spacestation', 'expeditions.spacestation', 'spacewalks.spacestation')
            THEN (SELECT t."name" FROM space_stations AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_locations.currently_docked')
            THEN (SELECT 'Docking' || coalesce(' at ' || (SELECT d.name FROM docking_locations AS d WHERE d.id = t.docking_location_id), '')
 || coalesce(', ' || date(t.docking), '') FROM docking_events AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_locations.payload', 'payload_flights.payload')
            THEN (SELECT t."name" FROM payloads AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_locations.spacecraft', 'spacecraft.spacecraft_config')
            THEN (SELECT t."name" FROM spacecraft_configurations AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('events.date_precision', 'launches.net_precision')
            THEN (SELECT t."name" FROM net_precisions AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('events.type')
            THEN (SELECT t."name" FROM event_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('first_stages.landing', 'payload_flights.landing', 'spacecraft_flights.landing')
            THEN (SELECT coalesce((SELECT s.name FROM spacecraft_flights AS f JOIN spacecraft AS s ON s.id = f.spacecraft_id
 WHERE f.landing_id = t.id LIMIT 1), 'Landing')
 || coalesce(', ' || (SELECT p.name FROM landing_locations AS p WHERE p.id = t.landing_location_id), '') FROM landings AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('first_stages.launcher')
            THEN (SELECT t.serial_number FROM launchers AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('first_stages.previous_flight', 'payload_flights.launch', 'spacecraft_flights.launch')
            THEN (SELECT t."name" FROM launches AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('image_variants.type')
            THEN (SELECT t."name" FROM image_variant_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('images.license')
            THEN (SELECT t."name" FROM image_licenses AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('landing_locations.celestial_body', 'locations.celestial_body', 'orbits.celestial_body')
            THEN (SELECT t."name" FROM celestial_bodies AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('landing_locations.location', 'pads.location')
            THEN (SELECT t."name" FROM locations AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('landings.firststage')
            THEN (SELECT (SELECT l.serial_number FROM launchers AS l WHERE l.id = t.launcher_id) FROM first_stages AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('landings.landing_location')
            THEN (SELECT t."name" FROM landing_locations AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('landings.type')
            THEN (SELECT t."name" FROM landing_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('launcher_configuration_families.parent')
            THEN (SELECT t."name" FROM launcher_configuration_families AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('launchers.launcher_config', 'rockets.configuration')
            THEN (SELECT coalesce(t.full_name, t.name) FROM launcher_configurations AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('launchers.status')
            THEN (SELECT t."name" FROM launcher_statuses AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('launches.mission')
            THEN (SELECT t."name" FROM missions AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('launches.pad')
            THEN (SELECT t."name" FROM pads AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('launches.rocket')
            THEN (SELECT (SELECT coalesce(c.full_name, c.name) FROM launcher_configurations AS c WHERE c.id = t.configuration_id) FROM rockets AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('launches.status')
            THEN (SELECT t."name" FROM launch_statuses AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('locations.country', 'pads.country')
            THEN (SELECT t."name" FROM countries AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('missions.orbit')
            THEN (SELECT t."name" FROM orbits AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('payloads.type')
            THEN (SELECT t."name" FROM payload_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('programs.type')
            THEN (SELECT t."name" FROM program_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('social_media_links.social_media')
            THEN (SELECT t."name" FROM social_media AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('space_stations.status')
            THEN (SELECT t."name" FROM space_station_statuses AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('space_stations.type')
            THEN (SELECT t."name" FROM space_station_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacecraft.status')
            THEN (SELECT t."name" FROM spacecraft_statuses AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacecraft_configuration_families.parent')
            THEN (SELECT t."name" FROM spacecraft_configuration_families AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacecraft_configurations.type')
            THEN (SELECT t."name" FROM spacecraft_configuration_types AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacecraft_flights.spacecraft')
            THEN (SELECT t."name" FROM spacecraft AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacewalks.event')
            THEN (SELECT t."name" FROM events AS t WHERE t.id = changes.from_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacewalks.expedition')
            THEN (SELECT t."name" FROM expeditions AS t WHERE t.id = changes.from_value)
    END, changes.from_value) END
        AS from_value,  -- its value before; a row by its name
    CASE WHEN changes.key <> '' THEN coalesce(CASE
        WHEN changes.table_name || '.' || changes.key IN ('agencies.image', 'agencies.logo', 'agencies.social_logo', 'astronauts.image', 'celestial_bodies.image', 'events.image', 'landing_locations.image', 'launcher_configurations.image', 'launchers.image', 'launches.image', 'locations.image', 'missions.image', 'pads.image', 'payloads.image', 'programs.image', 'social_media.logo', 'space_stations.image', 'spacecraft.image', 'spacecraft_configurations.image')
            THEN (SELECT t."name" FROM images AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('agencies.type')
            THEN (SELECT t."name" FROM agency_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronaut_flights.astronaut')
            THEN (SELECT t."name" FROM astronauts AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronaut_flights.role')
            THEN (SELECT t.role FROM astronaut_roles AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronauts.agency', 'launcher_configurations.manufacturer', 'launches.launch_service_provider', 'mission_patches.agency', 'payloads.manufacturer', 'payloads.operator', 'spacecraft_configuration_families.manufacturer', 'spacecraft_configurations.agency')
            THEN (SELECT t."name" FROM agencies AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronauts.status')
            THEN (SELECT t."name" FROM astronaut_statuses AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('astronauts.type')
            THEN (SELECT t."name" FROM astronaut_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('celestial_bodies.type')
            THEN (SELECT t."name" FROM celestial_body_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_events.docking_location')
            THEN (SELECT t."name" FROM docking_locations AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_events.flight_vehicle_chaser', 'docking_events.flight_vehicle_target', 'landings.spacecraftflight', 'spacewalks.spacecraft_flight')
            THEN (SELECT (SELECT s.name FROM spacecraft AS s WHERE s.id = t.spacecraft_id)
 || coalesce(', ' || (SELECT date(l.net) FROM launches AS l WHERE l.id = t.launch_id), '') FROM spacecraft_flights AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_events.payload_flight_chaser', 'docking_events.payload_flight_target', 'landings.payloadflight')
            THEN (SELECT (SELECT p.name FROM payloads AS p WHERE p.id = t.payload_id) FROM payload_flights AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_events.space_station_chaser', 'docking_events.space_station_target', 'docking_locations.spacestation', 'expeditions.spacestation', 'spacewalks.spacestation')
            THEN (SELECT t."name" FROM space_stations AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_locations.currently_docked')
            THEN (SELECT 'Docking' || coalesce(' at ' || (SELECT d.name FROM docking_locations AS d WHERE d.id = t.docking_location_id), '')
 || coalesce(', ' || date(t.docking), '') FROM docking_events AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_locations.payload', 'payload_flights.payload')
            THEN (SELECT t."name" FROM payloads AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('docking_locations.spacecraft', 'spacecraft.spacecraft_config')
            THEN (SELECT t."name" FROM spacecraft_configurations AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('events.date_precision', 'launches.net_precision')
            THEN (SELECT t."name" FROM net_precisions AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('events.type')
            THEN (SELECT t."name" FROM event_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('first_stages.landing', 'payload_flights.landing', 'spacecraft_flights.landing')
            THEN (SELECT coalesce((SELECT s.name FROM spacecraft_flights AS f JOIN spacecraft AS s ON s.id = f.spacecraft_id
 WHERE f.landing_id = t.id LIMIT 1), 'Landing')
 || coalesce(', ' || (SELECT p.name FROM landing_locations AS p WHERE p.id = t.landing_location_id), '') FROM landings AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('first_stages.launcher')
            THEN (SELECT t.serial_number FROM launchers AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('first_stages.previous_flight', 'payload_flights.launch', 'spacecraft_flights.launch')
            THEN (SELECT t."name" FROM launches AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('image_variants.type')
            THEN (SELECT t."name" FROM image_variant_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('images.license')
            THEN (SELECT t."name" FROM image_licenses AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('landing_locations.celestial_body', 'locations.celestial_body', 'orbits.celestial_body')
            THEN (SELECT t."name" FROM celestial_bodies AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('landing_locations.location', 'pads.location')
            THEN (SELECT t."name" FROM locations AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('landings.firststage')
            THEN (SELECT (SELECT l.serial_number FROM launchers AS l WHERE l.id = t.launcher_id) FROM first_stages AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('landings.landing_location')
            THEN (SELECT t."name" FROM landing_locations AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('landings.type')
            THEN (SELECT t."name" FROM landing_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('launcher_configuration_families.parent')
            THEN (SELECT t."name" FROM launcher_configuration_families AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('launchers.launcher_config', 'rockets.configuration')
            THEN (SELECT coalesce(t.full_name, t.name) FROM launcher_configurations AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('launchers.status')
            THEN (SELECT t."name" FROM launcher_statuses AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('launches.mission')
            THEN (SELECT t."name" FROM missions AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('launches.pad')
            THEN (SELECT t."name" FROM pads AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('launches.rocket')
            THEN (SELECT (SELECT coalesce(c.full_name, c.name) FROM launcher_configurations AS c WHERE c.id = t.configuration_id) FROM rockets AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('launches.status')
            THEN (SELECT t."name" FROM launch_statuses AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('locations.country', 'pads.country')
            THEN (SELECT t."name" FROM countries AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('missions.orbit')
            THEN (SELECT t."name" FROM orbits AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('payloads.type')
            THEN (SELECT t."name" FROM payload_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('programs.type')
            THEN (SELECT t."name" FROM program_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('social_media_links.social_media')
            THEN (SELECT t."name" FROM social_media AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('space_stations.status')
            THEN (SELECT t."name" FROM space_station_statuses AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('space_stations.type')
            THEN (SELECT t."name" FROM space_station_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacecraft.status')
            THEN (SELECT t."name" FROM spacecraft_statuses AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacecraft_configuration_families.parent')
            THEN (SELECT t."name" FROM spacecraft_configuration_families AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacecraft_configurations.type')
            THEN (SELECT t."name" FROM spacecraft_configuration_types AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacecraft_flights.spacecraft')
            THEN (SELECT t."name" FROM spacecraft AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacewalks.event')
            THEN (SELECT t."name" FROM events AS t WHERE t.id = changes.to_value)
        WHEN changes.table_name || '.' || changes.key IN ('spacewalks.expedition')
            THEN (SELECT t."name" FROM expeditions AS t WHERE t.id = changes.to_value)
    END, changes.to_value) END
        AS to_value  -- its value now; a row by its name
FROM _runs AS runs
CROSS JOIN _history AS changes ON changes.run = runs.id
WHERE NOT changes.moving
  AND runs.id NOT IN (SELECT min(id) FROM _runs WHERE part <> 'new' GROUP BY resource, part)
ORDER BY runs.id DESC;

CREATE INDEX IF NOT EXISTS launches_pad_id_status_id_net ON launches (pad_id, status_id, net);
CREATE INDEX IF NOT EXISTS launches_pad_id_net ON launches (pad_id, net);

-- ----------------------------------------------------------------------------------------------
-- Indexes
-- ----------------------------------------------------------------------------------------------

-- Of each column that refers to a row.
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

-- Of what LL2 filters and orders by.
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

-- Of the tool's own tables.
CREATE INDEX _tombstones_run ON _tombstones (run);
CREATE INDEX _quarantine_resource ON _quarantine (resource);
CREATE INDEX _quarantine_run ON _quarantine (run);
CREATE INDEX _pages_walk ON _pages (walk);
CREATE INDEX _pages_digest ON _pages (digest);
CREATE INDEX _drift_run ON _drift (run);
CREATE INDEX _requests_sent ON _requests (sent);
CREATE INDEX _search_astronauts_id ON _search_astronauts (id);
CREATE INDEX _search_expeditions_id ON _search_expeditions (id);
CREATE INDEX _search_launcher_configuration_families_id ON _search_launcher_configuration_families (id);
CREATE INDEX _search_launches_id ON _search_launches (id);
CREATE INDEX _search_space_stations_id ON _search_space_stations (id);
CREATE INDEX _search_spacewalks_id ON _search_spacewalks (id);
