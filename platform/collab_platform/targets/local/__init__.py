"""The local target: every component a process on this machine, under supervisord.

From what is wanted to what runs: ``ports`` and ``paths`` place an environment on the machine, ``programs`` turns the
blueprint into programs, ``plan`` compares them with what stands, ``apply`` and ``runner`` carry the plan out, and
``supervisor``, ``keeper`` and ``recover`` keep it running. ``state`` remembers, ``lock`` lets one command at a time.
"""

from collab_platform.targets.local.target import LocalTarget

__all__ = ["LocalTarget"]
