"""The document and the user service with as much in them as a large organisation has."""
