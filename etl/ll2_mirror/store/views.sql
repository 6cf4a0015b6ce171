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
    {date} AS date,  -- launched, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027"
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
    {date} AS date,  -- net, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027", "2026"
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
    {date} AS date,  -- launched, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027"
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
    {date} AS date,  -- launched, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027"
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
    {date} AS date,  -- time, as precisely as it is known: "30 Nov 2026, 17:40 UTC", "Q1 2027", "2026"
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
    (SELECT {date} FROM launches
     LEFT JOIN _precisions AS precisions ON precisions.id = coalesce(net_precision_id, 5)
     WHERE launches.pad_id = pads.id AND net IS NOT NULL ORDER BY net LIMIT 1)
        AS earliest_date,  -- earliest, as precisely as it is known: "4 Oct 1957"
    (SELECT {date} FROM launches
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
    {date} AS date,  -- net, as precisely as it was known: "30 Nov 2026, 17:40 UTC", "Q1 2027", "2026"
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
{names};

CREATE VIEW IF NOT EXISTS _references (table_name, key, target) AS
    -- For recent_changes: the table of the rows that each key refers to.
VALUES
{references};

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
{precisions};

CREATE INDEX IF NOT EXISTS _history_nets ON _history (id, run)
    WHERE table_name = 'launches' AND key IN ('', 'net', 'net_precision');
CREATE INDEX IF NOT EXISTS launches_pad_id_status_id_net ON launches (pad_id, status_id, net);
CREATE INDEX IF NOT EXISTS launches_pad_id_net ON launches (pad_id, net);
