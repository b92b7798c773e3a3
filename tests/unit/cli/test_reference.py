from __future__ import annotations

import re
import shlex

from typer.core import TyperCommand, TyperGroup

from collab_cli.catalogue import CATALOGUE
from collab_cli.main import root_command
from collab_cli.reference import PATH, reference


def test_the_reference_is_up_to_date():
    assert PATH.read_text(encoding="utf-8") == reference(), "stale: run `make docs`"


def test_the_catalogue_says_what_the_commands_say():
    root = root_command()
    context = root.make_context("collab", [], resilient_parsing=True)
    for name, entry in CATALOGUE.items():
        command = root.get_command(context, name)
        assert command is not None
        assert (command.help or "").splitlines()[0] == entry.summary
        assert command.name in {name, ""}


def test_every_command_has_examples_that_parse():
    root = root_command()
    context = root.make_context("collab", [], resilient_parsing=True)
    for name in CATALOGUE:
        command = root.get_command(context, name)
        leaves = list(command.commands.values()) if isinstance(command, TyperGroup) else [command]
        for leaf in leaves:
            assert isinstance(leaf, TyperCommand)
            examples = (leaf.epilog or "").splitlines()
            assert examples
            for example in examples:
                assert len(example) <= 78
                matched = re.search(rf"collab {name}(.*?)(?:\s{{2,}}| [|<>&]|\)|$)", example)
                assert matched, example
                arguments = [word for word in shlex.split(matched[1]) if word != leaf.name]
                leaf.make_context(leaf.name, arguments, parent=context)


def test_help_fits_80_columns():
    assert max(len(line) for line in reference().splitlines() if not line.startswith("|")) <= 120
    root = root_command()
    context = root.make_context("collab", [], resilient_parsing=True, terminal_width=80)
    assert max(map(len, root.get_help(context).splitlines())) <= 80
