-- Who built what?
SELECT agencies.name AS agency, spacecraft_configurations.name AS configuration, count(*) AS spacecraft
FROM spacecraft
JOIN spacecraft_configurations ON spacecraft_configurations.id = spacecraft.spacecraft_config_id
JOIN agencies ON agencies.id = spacecraft_configurations.agency_id
GROUP BY agencies.id, spacecraft_configurations.id
ORDER BY count(*) DESC, agency;

-- Which families are there, and who makes them?
SELECT family.name AS family, agencies.name AS manufacturer, family.maiden_flight,
       parent.name AS parent, count(DISTINCT spacecraft.id) AS spacecraft
FROM spacecraft_configuration_families AS family
LEFT JOIN agencies ON agencies.id = family.manufacturer_id
LEFT JOIN spacecraft_configuration_families AS parent ON parent.id = family.parent_id
LEFT JOIN spacecraft_configurations__family AS member ON member.item = family.id
LEFT JOIN spacecraft ON spacecraft.spacecraft_config_id = member.owner
GROUP BY family.id
ORDER BY family.maiden_flight;

-- Which spacecraft were longest in space?
SELECT spacecraft.name, spacecraft.serial_number,
       round(time_in_space_seconds / 86400, 1) AS days, spacecraft_statuses.name AS status
FROM spacecraft
JOIN spacecraft_statuses ON spacecraft_statuses.id = spacecraft.status_id
ORDER BY time_in_space_seconds DESC
LIMIT 5;
