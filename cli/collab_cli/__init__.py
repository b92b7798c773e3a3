"""The operator's command line: parses, calls the platform, and shows what came of it.

``main`` turns every failure into one line and a stable exit code; ``catalogue`` names the commands, each a module of
``commands`` that is imported only when it is called.
"""
