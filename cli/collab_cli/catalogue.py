"""The commands by name: what ``collab --help`` shows without importing any of them."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A command's heading in the help, and its summary (the first line of its own help; a test holds them equal)."""

    section: str
    summary: str


CATALOGUE = {
    "up": Entry("Run", "Make the environment stand, or bring it up to date."),
    "preview": Entry("Run", "Show what `up` would do, and change nothing."),
    "refresh": Entry("Run", "Take note of what others changed, without changing it back."),
    "unlock": Entry("Run", "Free what a command that is no more has left locked."),
    "down": Entry("Run", "Stop the environment; with --purge, remove its data too."),
    "render": Entry("Run", "Write the manifests of a Kubernetes environment for GitOps."),
    "status": Entry("Look", "Show how every component is, and the URLs."),
    "check": Entry("Look", "Ask whether the environment does its work."),
    "logs": Entry("Look", "Show what the components write to their logs."),
    "drift": Entry("Look", "Show what others changed since the last `up`."),
    "outputs": Entry("Look", "Show named facts: URLs, places, what the stacks export."),
    "open": Entry("Look", "Open the editor in the browser."),
    "doc": Entry("Look after data", "Look into one document; export, compact or repair it."),
    "env": Entry("Set up", "List, create and explain environments."),
    "image": Entry("Set up", "Build container images, and bring them to a registry or a cluster."),
    "user": Entry("Set up", "Manage the people who may sign in."),
    "auth": Entry("Set up", "Look after the keys that sign-ins are signed with."),
    "mail": Entry("Set up", "Try the mail server, or read the mails that lie here."),
    "version": Entry("This command line", "Show the versions of collab, Python and the components."),
    "completion": Entry("This command line", "Print the completion script of a shell."),
}
