"""What is refused about templates, and by which name.

NotFound      NoSuchTemplate
Conflict      TooManyTemplates
Problem 422   TemplateTooLarge
"""

from collab_kit.errors import Conflict, NotFound, Problem

__all__ = ["NoSuchTemplate", "TemplateTooLarge", "TooManyTemplates"]


class NoSuchTemplate(NotFound):
    slug = "no-such-template"
    title = "You have no such template"


class TooManyTemplates(Conflict):
    slug = "too-many-templates"
    title = "You have as many templates as one person can"


class TemplateTooLarge(Problem):
    status = 422
    slug = "template-too-large"
    title = "The document is too large for a template"
