CREATE VIEW IF NOT EXISTS spacecraft_overview AS
    -- Each spacecraft in one row: type, builder, status, time in space.
SELECT
    spacecraft.id,  -- LL2's number for it
    spacecraft.name,  -- LL2's name for it
    spacecraft.serial_number,  -- the builder's serial number, if there is one
    configurations.name AS configuration,  -- the type of spacecraft
    types.name AS type,  -- Capsule, Space Plane, ...
    agencies.name AS agency,  -- agency that built it
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
    -- landing (detailed mode).
SELECT
    flights.id,  -- LL2's number for it
    spacecraft.name AS spacecraft,  -- the spacecraft
    CASE
        WHEN statuses.abbrev IN ('Failure', 'Partial Failure') THEN 'launch failed'
        WHEN statuses.abbrev NOT IN ('Success', 'In Flight', 'Deployed') THEN 'planned'
        WHEN flights.mission_end <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now') THEN 'flown'
        WHEN statuses.abbrev IS NOT NULL THEN 'under way'
    END AS state,  -- planned, under way, flown, launch failed; null: the launch's status is not known
    launches.net AS launched,  -- UTC: lift-off, planned or actual; of an imprecise date, its last day
    launches.name AS launch,  -- the launch
    pads.name AS pad,  -- the launch pad
    flights.mission_end,  -- UTC: end of the flight, past or planned
    round(flights.duration_seconds / 86400, 1) AS days,  -- days: duration; grows while under way
    places.name AS landed_at,  -- place of the landing, past or planned
    landings.success AS landed,  -- 0 or 1: the landing succeeded; null: still to come, or not attempted
    flights.destination,  -- destination, as text
    flights.spacecraft_id,  -- the row of the spacecraft
    flights.launch_id,  -- the row of the launch
    flights.landing_id  -- the row of the landing
FROM spacecraft_flights AS flights
LEFT JOIN spacecraft ON spacecraft.id = flights.spacecraft_id
LEFT JOIN launches ON launches.id = flights.launch_id
LEFT JOIN launch_statuses AS statuses ON statuses.id = launches.status_id
LEFT JOIN pads ON pads.id = launches.pad_id
LEFT JOIN landings ON landings.id = flights.landing_id
LEFT JOIN landing_locations AS places ON places.id = landings.landing_location_id;

CREATE VIEW IF NOT EXISTS launches_overview AS
    -- Each launch in one row: what came of it, when as precisely as is known, who, on what, from where.
SELECT
    launches.id,  -- a UUID
    launches.name AS launch,  -- LL2's name for it
    outcome,  -- success, failure, partial failure, in flight, planned; null: status not known
    statuses.abbrev AS status,  -- LL2's status: Success, Go, TBD, ...
    CASE
        WHEN launches.orbital_launch_attempt_count IS NOT NULL THEN 1
        WHEN launches.rocket_id IS NOT NULL THEN 0
    END AS orbital,  -- 0 or 1: an orbital attempt, by LL2's count of them; 0: suborbital
    CAST(substr(net, 1, 4) AS INTEGER) AS year,  -- year: year of net
    launches.net,  -- UTC: lift-off, planned or actual; of an imprecise date, its last day
    {date} AS date,  -- net as precisely as is known: "30 Nov 2026, 17:40 UTC", "Q1 2027", "2026"
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
    launches.launch_service_provider_id AS agency_id,  -- the row of the agency
    configurations.id AS launcher_configuration_id,  -- the row of the type of rocket
    launches.mission_id,  -- the row of the mission
    launches.pad_id  -- the row of the pad
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
    tree.id,  -- LL2's number for it
    tree.name,  -- LL2's name for it
    tree.path,  -- the families above it, then its own name
    tree.level,  -- number of families above it
    tree.parent,  -- the family that it belongs to
    agencies.name AS manufacturer,  -- agency that builds it
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
    families.name AS family,  -- a family that it belongs to
    agencies.name AS agency,  -- agency that built the type
    manufacturers.name AS manufacturer,  -- agency that builds the family
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
    agencies.id,  -- LL2's number for the agency
    agencies.name AS agency,  -- the agency
    agencies.abbrev,  -- short name
    types.name AS type,  -- Government, Commercial, ...
    countries.name AS country,  -- one of its countries
    countries.alpha_3_code AS country_code,  -- ISO 3166-1: code of three letters
    agencies.founding_year  -- year: year of its founding
FROM agencies
LEFT JOIN agency_types AS types ON types.id = agencies.type_id
LEFT JOIN agencies__country AS links ON links.agency_id = agencies.id
LEFT JOIN countries ON countries.id = links.country_id;

CREATE VIEW IF NOT EXISTS image_credits AS
    -- Each picture with its credit and license.
SELECT
    images.id,  -- LL2's number for it
    images.name,  -- LL2's name for it
    images.credit,  -- whom to credit
    licenses.name AS license,  -- what may be done with it
    licenses.link AS terms,  -- URL of the terms
    images.thumbnail_url AS thumbnail,  -- URL of a small version
    images.image_url AS picture  -- URL of the full-size picture
FROM images
LEFT JOIN image_licenses AS licenses ON licenses.id = images.license_id;

CREATE VIEW IF NOT EXISTS launches_by_pad AS
    -- Each launch pad with the number of its launches in this file.
SELECT
    pads.id,  -- LL2's number for it
    pads.name AS pad,  -- the pad
    locations.name AS location,  -- the launch site
    countries.name AS country,  -- country that it is in
    (SELECT count(*) FROM launches WHERE launches.pad_id = pads.id)
        AS launches,  -- number of launches in this file, planned ones included
    (SELECT count(*) FROM launches JOIN launch_statuses AS statuses ON statuses.id = status_id
     WHERE launches.pad_id = pads.id AND statuses.abbrev = 'Success')
        AS succeeded,  -- number of those that succeeded
    (SELECT min(net) FROM launches WHERE launches.pad_id = pads.id)
        AS earliest,  -- UTC: the first of the launches
    (SELECT max(net) FROM launches WHERE launches.pad_id = pads.id)
        AS latest  -- UTC: the last of the launches, which may be planned
FROM pads
LEFT JOIN locations ON locations.id = pads.location_id
LEFT JOIN countries ON countries.id = pads.country_id;

CREATE VIEW IF NOT EXISTS recent_changes AS
    -- What each sync changed, the newest first, with names: without first syncs, and without what
    -- changes by itself, such as times in space. The table _history has everything.
SELECT
    runs.finished,  -- UTC: end of the sync that found the change
    changes.kind,  -- added, changed, reordered, gone
    changes.table_name,  -- table of the row
    CAST(changes.id AS TEXT) AS id,  -- id of the row, as text
    coalesce(
        (SELECT name FROM _names WHERE table_name = changes.table_name AND _names.id = changes.id),
        (SELECT name FROM launches
         WHERE changes.table_name = 'launches' AND launches.id = changes.id),
        CASE changes.kind WHEN 'gone' THEN json_extract(changes.from_value, '$.name') END,
        (SELECT json_extract(body, '$.name') FROM _tombstones
         WHERE resource IN (changes.table_name, 'config/' || changes.table_name)
           AND _tombstones.id = changes.id)
    ) AS name,  -- what the row is or was called
    changes.key,  -- LL2's key that changed; empty: the whole row
    CASE WHEN changes.key <> '' THEN coalesce(
        (SELECT name FROM _names WHERE table_name = target AND _names.id = changes.from_value),
        (SELECT name FROM launches WHERE target = 'launches' AND launches.id = changes.from_value),
        CAST(changes.from_value AS TEXT)
    ) END AS from_value,  -- value before; of a row that it refers to, the name
    CASE WHEN changes.key <> '' THEN coalesce(
        (SELECT name FROM _names WHERE table_name = target AND _names.id = changes.to_value),
        (SELECT name FROM launches WHERE target = 'launches' AND launches.id = changes.to_value),
        CAST(changes.to_value AS TEXT)
    ) END AS to_value  -- value after; of a row that it refers to, the name
FROM _runs AS runs
CROSS JOIN _history AS changes
LEFT JOIN _references
    ON _references.table_name = changes.table_name AND _references.key = changes.key
WHERE changes.run = runs.id
  AND NOT changes.moving
  AND runs.id NOT IN (SELECT min(id) FROM _runs WHERE part <> 'new' GROUP BY resource, part)
ORDER BY runs.id DESC;

CREATE VIEW IF NOT EXISTS launch_nets AS
    -- Each date (NET) that a launch had, and from when to when it was valid in this file. As of a day:
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
    versions.id,  -- a UUID: the launch, which may be gone
    versions.name AS launch,  -- what the launch is or was called
    net,  -- UTC: lift-off, planned or actual; of an imprecise date, its last day
    {date} AS date,  -- net as precisely as was known: "30 Nov 2026, 17:40 UTC", "Q1 2027", "2026"
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
        AS days_slipped,  -- days: since the net before; negative: earlier; null: the first
    began.finished AS valid_from,  -- UTC: end of the sync that brought it
    ended.finished AS valid_to  -- UTC: end of the sync that brought the next one or found the launch gone; null: valid now
FROM versions
JOIN _runs AS began ON began.id = versions.run
LEFT JOIN _runs AS ended ON ended.id = versions.next_run
LEFT JOIN net_precisions ON net_precisions.id = precision_id
WHERE net IS NOT NULL;

CREATE VIEW IF NOT EXISTS _names (table_name, id, name) AS
    -- For recent_changes: what each row is called; launches apart, whose ids are no numbers.
{names};

CREATE VIEW IF NOT EXISTS _references (table_name, key, target) AS
    -- For recent_changes: the table of the rows that each key refers to.
VALUES
{references};

CREATE VIEW IF NOT EXISTS _net_states (id, run, name, net, precision_id) AS
    -- For launch_nets: the net of each launch after each run that touched it; null: it was gone.
    -- The history has what was before, so it is what the next change found, or what stands now.
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
    -- What came of a launch, by the abbrev of its status.
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
