"""The platform: what an environment is, what stands in it, and the targets that make it real.

``environment`` → ``blueprint`` (pure data, with the one route table in ``routes``) → a target in ``targets``.
``checks`` are the typed probes behind ``collab check``, the end of ``collab up`` and ``collab verify``.
"""
