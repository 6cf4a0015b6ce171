-- The tables of an ll2-mirror file. Read from the top: spacecraft, who builds them, how they fly.
-- Made by `make schema` from what etl/ll2_mirror/ll2 declares: a change here would be overwritten.
--
-- * Tables have the names of Launch Library 2's endpoints (else the plural of its schema's name),
--   columns the names of its keys. A nested object is <key>_id; a list is a table <table>__<key>
--   (owner, position, item), and the column <key> of the owner counts it.
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
PRAGMA user_version = 3;  -- the version of this schema

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
    flights INTEGER,  -- how many rows in spacecraft__flights; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE spacecraft__flights (
    -- The flights of each spacecraft, in the order LL2 lists them (detailed mode).
    owner INTEGER NOT NULL REFERENCES spacecraft (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES spacecraft_flights (id),  -- what stands there
    PRIMARY KEY (owner, position)
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
    family INTEGER,  -- how many rows in spacecraft_configurations__family; null where LL2 says null
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
    owner INTEGER NOT NULL REFERENCES spacecraft_configurations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES spacecraft_configuration_families (id),  -- what stands there
    PRIMARY KEY (owner, position)
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
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

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
    country INTEGER,  -- how many rows in agencies__country; null where LL2 says null
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
    social_media_links INTEGER,  -- how many rows in agencies__social_media_links; null where LL2 says null
    launcher_list INTEGER,  -- how many rows in agencies__launcher_list; null where LL2 says null
    spacecraft_list INTEGER,  -- how many rows in agencies__spacecraft_list; null where LL2 says null
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE agencies__country (
    -- The countries of each agency.
    owner INTEGER NOT NULL REFERENCES agencies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES countries (id),  -- what stands there
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE agencies__social_media_links (
    -- Each agency's pages on social media (detailed mode).
    owner INTEGER NOT NULL REFERENCES agencies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES social_media_links (id),  -- what stands there
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE agencies__launcher_list (
    -- The launcher configurations of each agency (resource agencies, detailed mode).
    owner INTEGER NOT NULL REFERENCES agencies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES launcher_configurations (id),  -- what stands there
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE agencies__spacecraft_list (
    -- The spacecraft configurations of each agency (resource agencies, detailed mode).
    owner INTEGER NOT NULL REFERENCES agencies (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES spacecraft_configurations (id),  -- what stands there
    PRIMARY KEY (owner, position)
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
    variants INTEGER,  -- how many rows in images__variants; null where LL2 says null
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE images__variants (
    -- Other cuts of the same picture.
    owner INTEGER NOT NULL REFERENCES images (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES image_variants (id),  -- what stands there
    PRIMARY KEY (owner, position)
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
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

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
-- Launches: when, on what, from where
-- ----------------------------------------------------------------------------------------------

CREATE TABLE launches (
    -- Launches. The id is a UUID.
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
    program INTEGER,  -- how many rows in launches__program; null where LL2 says null
    orbital_launch_attempt_count INTEGER,  -- which try for an orbit it is, of all
    location_launch_attempt_count INTEGER,  -- which launch it is of its location
    pad_launch_attempt_count INTEGER,  -- which launch it is of its pad
    agency_launch_attempt_count INTEGER,  -- which launch it is of its agency
    orbital_launch_attempt_count_year INTEGER,  -- which try for an orbit it is, of its year
    location_launch_attempt_count_year INTEGER,  -- which launch it is of its location in its year
    pad_launch_attempt_count_year INTEGER,  -- which launch it is of its pad in its year
    agency_launch_attempt_count_year INTEGER,  -- which launch it is of its agency in its year
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE launches__program (
    -- The programs a launch belongs to.
    owner TEXT NOT NULL REFERENCES launches (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES programs (id),  -- what stands there
    PRIMARY KEY (owner, position)
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

CREATE TABLE rockets (
    -- The vehicle of one launch: one row a launch, of a launcher configuration.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    configuration_id INTEGER REFERENCES launcher_configurations (id),  -- the type of launcher
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE launcher_configurations (
    -- The types of launcher: Falcon 9 Block 5, Soyuz 2.1a, ... Columns from active on come with
    -- agencies in detailed mode.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    name TEXT,  -- as LL2 calls it
    families INTEGER,  -- how many rows in launcher_configurations__families; null where LL2 says null
    full_name TEXT,  -- the name with its variant
    variant TEXT,  -- which of those that share the name
    active INTEGER,  -- 0 or 1: in use
    is_placeholder INTEGER,  -- 0 or 1: stands for a launcher not yet known
    program INTEGER,  -- how many rows in launcher_configurations__program; null where LL2 says null
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
    owner INTEGER NOT NULL REFERENCES launcher_configurations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES launcher_configuration_families (id),  -- what stands there
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE launcher_configurations__program (
    -- The programs a launcher configuration belongs to.
    owner INTEGER NOT NULL REFERENCES launcher_configurations (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES programs (id),  -- what stands there
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE launcher_configuration_families (
    -- Families of launchers: Falcon, Soyuz, Long March, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    manufacturer INTEGER,  -- how many rows in launcher_configuration_families__manufacturer; null where LL2 says null
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
    owner INTEGER NOT NULL REFERENCES launcher_configuration_families (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE pads (
    -- Launch pads.
    id INTEGER PRIMARY KEY,  -- LL2's own number
    url TEXT,  -- LL2's path; put https://ll.thespacedevs.com before it
    active INTEGER,  -- 0 or 1: in use
    agencies INTEGER,  -- how many rows in pads__agencies; null where LL2 says null
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
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE pads__agencies (
    -- The agencies that use a pad.
    owner INTEGER NOT NULL REFERENCES pads (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (owner, position)
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
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

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
    _shapes TEXT,  -- the shapes that this row was seen in
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE celestial_body_types (
    -- Planet, Moon, ...
    id INTEGER PRIMARY KEY,  -- LL2's own number
    name TEXT,  -- as LL2 calls it
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

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
    agencies INTEGER,  -- how many rows in missions__agencies; null where LL2 says null
    info_urls INTEGER,  -- how many rows in missions__info_urls; null where LL2 says null
    vid_urls INTEGER,  -- how many rows in missions__vid_urls; null where LL2 says null
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE missions__agencies (
    -- The agencies behind a mission.
    owner INTEGER NOT NULL REFERENCES missions (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE missions__info_urls (
    -- Pages about a mission, in order. LL2 gives these no id, so they live in this list.
    owner INTEGER NOT NULL REFERENCES missions (id),  -- whose list it is
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
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE missions__vid_urls (
    -- Videos and streams of a mission, in order. LL2 gives these no id, so they live in this
    -- list.
    owner INTEGER NOT NULL REFERENCES missions (id),  -- whose list it is
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
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

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
    agencies INTEGER,  -- how many rows in programs__agencies; null where LL2 says null
    start_date TEXT,  -- UTC: when it began
    end_date TEXT,  -- UTC: when it ends
    mission_patches INTEGER,  -- how many rows in programs__mission_patches; null where LL2 says null
    type_id INTEGER REFERENCES program_types (id),  -- of which type it is
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

CREATE TABLE programs__agencies (
    -- The agencies behind a program.
    owner INTEGER NOT NULL REFERENCES programs (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES agencies (id),  -- what stands there
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;

CREATE TABLE programs__mission_patches (
    -- A program's patches.
    owner INTEGER NOT NULL REFERENCES programs (id),  -- whose list it is
    position INTEGER NOT NULL,  -- the place in the list, from 0
    item INTEGER NOT NULL REFERENCES mission_patches (id),  -- what stands there
    PRIMARY KEY (owner, position)
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
    _extra TEXT  -- JSON: what LL2 sent beyond these columns
);

-- ----------------------------------------------------------------------------------------------
-- The tool's own
-- ----------------------------------------------------------------------------------------------

-- Written by hand, in etl/ll2_mirror/store/own.sql.

CREATE TABLE _settings (
    -- What the next sync does unless told otherwise: base_url, mode, resources. Never the token.
    -- And last_error: how the last sync failed, as JSON, until one succeeds.
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE _runs (
    -- The ledger: one row for each resource that a sync published.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
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
    -- The last complete walk over each resource, and the one under way.
    id INTEGER PRIMARY KEY,
    resource TEXT NOT NULL,
    mode TEXT NOT NULL,
    base_url TEXT NOT NULL,
    started TEXT NOT NULL,  -- UTC, ISO 8601
    total INTEGER,  -- how many records LL2 lists; null: not known, or moving
    published INTEGER NOT NULL  -- 1: the tables hold what this walk found
);

CREATE TABLE _pages (
    -- The pages of each walk.
    walk INTEGER NOT NULL REFERENCES _walks (id),
    "offset" INTEGER NOT NULL,
    "limit" INTEGER NOT NULL,
    digest BLOB NOT NULL REFERENCES _bodies (digest),
    PRIMARY KEY (walk, "offset")
) WITHOUT ROWID;

CREATE TABLE _bodies (
    -- The text of each page as LL2 sent it, kept once however often it comes: the proof that verify checks.
    digest BLOB PRIMARY KEY NOT NULL,  -- SHA-256 of the text
    ids TEXT NOT NULL,  -- JSON list of the records' ids, in order; null in it: not readable
    body BLOB NOT NULL  -- the text, zlib
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
-- index of its trigrams that finds any part of a text.

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

-- ----------------------------------------------------------------------------------------------
-- Indexes
-- ----------------------------------------------------------------------------------------------

-- Of each column that refers to a row.
CREATE INDEX agencies_image_id ON agencies (image_id);
CREATE INDEX agencies_logo_id ON agencies (logo_id);
CREATE INDEX agencies_social_logo_id ON agencies (social_logo_id);
CREATE INDEX agencies_type_id ON agencies (type_id);
CREATE INDEX agencies__country_item ON agencies__country (item);
CREATE INDEX agencies__launcher_list_item ON agencies__launcher_list (item);
CREATE INDEX agencies__social_media_links_item ON agencies__social_media_links (item);
CREATE INDEX agencies__spacecraft_list_item ON agencies__spacecraft_list (item);
CREATE INDEX celestial_bodies_image_id ON celestial_bodies (image_id);
CREATE INDEX celestial_bodies_type_id ON celestial_bodies (type_id);
CREATE INDEX image_variants_type_id ON image_variants (type_id);
CREATE INDEX images_license_id ON images (license_id);
CREATE INDEX images__variants_item ON images__variants (item);
CREATE INDEX landing_locations_celestial_body_id ON landing_locations (celestial_body_id);
CREATE INDEX landing_locations_image_id ON landing_locations (image_id);
CREATE INDEX landing_locations_location_id ON landing_locations (location_id);
CREATE INDEX landings_landing_location_id ON landings (landing_location_id);
CREATE INDEX landings_type_id ON landings (type_id);
CREATE INDEX launcher_configuration_families_parent_id ON launcher_configuration_families (parent_id);
CREATE INDEX launcher_configuration_families__manufacturer_item ON launcher_configuration_families__manufacturer (item);
CREATE INDEX launcher_configurations_image_id ON launcher_configurations (image_id);
CREATE INDEX launcher_configurations__families_item ON launcher_configurations__families (item);
CREATE INDEX launcher_configurations__program_item ON launcher_configurations__program (item);
CREATE INDEX launches_image_id ON launches (image_id);
CREATE INDEX launches_launch_service_provider_id ON launches (launch_service_provider_id);
CREATE INDEX launches_mission_id ON launches (mission_id);
CREATE INDEX launches_net_precision_id ON launches (net_precision_id);
CREATE INDEX launches_pad_id ON launches (pad_id);
CREATE INDEX launches_rocket_id ON launches (rocket_id);
CREATE INDEX launches_status_id ON launches (status_id);
CREATE INDEX launches__program_item ON launches__program (item);
CREATE INDEX locations_celestial_body_id ON locations (celestial_body_id);
CREATE INDEX locations_country_id ON locations (country_id);
CREATE INDEX locations_image_id ON locations (image_id);
CREATE INDEX mission_patches_agency_id ON mission_patches (agency_id);
CREATE INDEX missions_image_id ON missions (image_id);
CREATE INDEX missions_orbit_id ON missions (orbit_id);
CREATE INDEX missions__agencies_item ON missions__agencies (item);
CREATE INDEX missions__info_urls_language_id ON missions__info_urls (language_id);
CREATE INDEX missions__info_urls_type_id ON missions__info_urls (type_id);
CREATE INDEX missions__vid_urls_language_id ON missions__vid_urls (language_id);
CREATE INDEX missions__vid_urls_type_id ON missions__vid_urls (type_id);
CREATE INDEX orbits_celestial_body_id ON orbits (celestial_body_id);
CREATE INDEX pads_country_id ON pads (country_id);
CREATE INDEX pads_image_id ON pads (image_id);
CREATE INDEX pads_location_id ON pads (location_id);
CREATE INDEX pads__agencies_item ON pads__agencies (item);
CREATE INDEX programs_image_id ON programs (image_id);
CREATE INDEX programs_type_id ON programs (type_id);
CREATE INDEX programs__agencies_item ON programs__agencies (item);
CREATE INDEX programs__mission_patches_item ON programs__mission_patches (item);
CREATE INDEX rockets_configuration_id ON rockets (configuration_id);
CREATE INDEX social_media_logo_id ON social_media (logo_id);
CREATE INDEX social_media_links_social_media_id ON social_media_links (social_media_id);
CREATE INDEX spacecraft_image_id ON spacecraft (image_id);
CREATE INDEX spacecraft_spacecraft_config_id ON spacecraft (spacecraft_config_id);
CREATE INDEX spacecraft_status_id ON spacecraft (status_id);
CREATE INDEX spacecraft__flights_item ON spacecraft__flights (item);
CREATE INDEX spacecraft_configuration_families_manufacturer_id ON spacecraft_configuration_families (manufacturer_id);
CREATE INDEX spacecraft_configuration_families_parent_id ON spacecraft_configuration_families (parent_id);
CREATE INDEX spacecraft_configurations_agency_id ON spacecraft_configurations (agency_id);
CREATE INDEX spacecraft_configurations_image_id ON spacecraft_configurations (image_id);
CREATE INDEX spacecraft_configurations_type_id ON spacecraft_configurations (type_id);
CREATE INDEX spacecraft_configurations__family_item ON spacecraft_configurations__family (item);
CREATE INDEX spacecraft_flights_landing_id ON spacecraft_flights (landing_id);
CREATE INDEX spacecraft_flights_launch_id ON spacecraft_flights (launch_id);
CREATE INDEX spacecraft_flights_spacecraft_id ON spacecraft_flights (spacecraft_id);

-- Of what LL2 filters and orders by.
CREATE INDEX spacecraft_in_space ON spacecraft (in_space);
CREATE INDEX spacecraft_is_placeholder ON spacecraft (is_placeholder);
CREATE INDEX spacecraft_flights_count ON spacecraft (flights_count);
CREATE INDEX spacecraft_mission_ends_count ON spacecraft (mission_ends_count);
CREATE INDEX spacecraft_time_docked_seconds ON spacecraft (time_docked_seconds);
CREATE INDEX spacecraft_time_in_space_seconds ON spacecraft (time_in_space_seconds);

-- Of the tool's own tables.
CREATE INDEX _tombstones_run ON _tombstones (run);
CREATE INDEX _quarantine_resource ON _quarantine (resource);
CREATE INDEX _quarantine_run ON _quarantine (run);
CREATE INDEX _pages_digest ON _pages (digest);
CREATE INDEX _drift_run ON _drift (run);
CREATE INDEX _requests_sent ON _requests (sent);
