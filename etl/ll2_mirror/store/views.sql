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
    {name}
        AS name,  -- what the row is called
    changes.key,  -- LL2's key that changed; empty: the whole row
    {before}
        AS from_value,  -- its value before; a row by its name
    {after}
        AS to_value  -- its value now; a row by its name
FROM _runs AS runs
CROSS JOIN _history AS changes ON changes.run = runs.id
WHERE NOT changes.moving
  AND runs.id NOT IN (SELECT min(id) FROM _runs WHERE part <> 'new' GROUP BY resource, part)
ORDER BY runs.id DESC;

CREATE INDEX IF NOT EXISTS launches_pad_id_status_id_net ON launches (pad_id, status_id, net);
CREATE INDEX IF NOT EXISTS launches_pad_id_net ON launches (pad_id, net);
