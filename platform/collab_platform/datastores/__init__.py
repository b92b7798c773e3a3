"""The datastores: their configuration, rendered from the environment, and what they must hold before a service starts.

``bootstrap.sql`` makes the database, roles and schemas.
"""
