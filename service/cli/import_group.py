"""The commands below `vigil import`; without one of their names, what follows is a case file."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from service.cli import bundling, import_table, importing

USUAL = "casefile"


class FileOrSort(TyperGroup):
    """Takes `vigil import FILE` for `vigil import casefile FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the usual command first where none is named."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = [USUAL, *args]
        return super().parse_args(ctx, args)


commands = typer.Typer()
taking = typer.Typer(cls=FileOrSort, help="Take a case file, a table or a bundle: all of it, or nothing.")
for family in (importing.commands, import_table.commands, bundling.importing):
    taking.add_typer(family)
commands.add_typer(taking, name="import")
