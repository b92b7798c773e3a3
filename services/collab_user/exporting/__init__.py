"""All that the services know of a person, for that person to take along."""
