"""What is refused about teams, and by which name.

NotFound      NoSuchTeam, NoSuchTeamMember
Forbidden     ManagersOnly
Conflict      LastManager, TooManyTeams, TooManyTeamMembers
Problem 422   IdempotencyKeyReused
"""

from collab_kit.errors import Conflict, Forbidden, NotFound, Problem

__all__ = [
    "IdempotencyKeyReused",
    "LastManager",
    "ManagersOnly",
    "NoSuchTeam",
    "NoSuchTeamMember",
    "TooManyTeamMembers",
    "TooManyTeams",
]


class NoSuchTeam(NotFound):
    slug = "no-such-team"
    title = "There is no such team"


class NoSuchTeamMember(NotFound):
    slug = "no-such-team-member"
    title = "The team has no such member"


class ManagersOnly(Forbidden):
    slug = "managers-only"
    title = "Only managers of the team may do this"


class LastManager(Conflict):
    slug = "last-manager"
    title = "A team has at least one manager"


class TooManyTeams(Conflict):
    slug = "too-many-teams"
    title = "This person is in as many teams as one can be"


class TooManyTeamMembers(Conflict):
    slug = "too-many-team-members"
    title = "The team has as many members as it can"


class IdempotencyKeyReused(Problem):
    status = 422
    slug = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"
