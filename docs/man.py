"""Prints the manual page, made from the program's own help: see `make man`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from ll2_mirror.cli.main import EXIT_CODES, main

NAME = "ll2-mirror"


def escaped(text: str) -> str:
    """A text as roff takes it: no line is a request, no hyphen a dash."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in lines)


def tagged(rows: list[tuple[str, str]]) -> Iterator[str]:
    """A list of terms, each with what it means."""
    for term, meaning in rows:
        yield from (".TP", f".B {escaped(term)}", escaped(" ".join(meaning.split())))


def paragraphs(text: str) -> Iterator[str]:
    """A text in paragraphs."""
    for part in text.strip().split("\n\n"):
        yield from (".PP", escaped(" ".join(part.split())))


def command_lines(name: str, command: click.Command) -> Iterator[str]:
    """What one command does, and its options."""
    parent = click.Context(main, **main.context_settings)
    context = click.Context(command, parent, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (f".SS {escaped(f'{name} {usage}')}", *paragraphs(command.help or ""))
    parameters = command.get_params(context)
    options = [option for option in parameters if isinstance(option, click.Option)]
    yield from tagged([option.get_help_record(context) or ("", "") for option in options])


def page() -> Iterator[str]:
    """The lines of the page."""
    title, *rest = (main.help or "").strip().split("\n\n")
    yield f'.TH {escaped(NAME.upper())} 1 "" "" "{escaped(NAME)}"'
    yield from (".SH NAME", escaped(f"{NAME} - {title.rstrip('.')}"))
    yield from (".SH SYNOPSIS", f".B {escaped(NAME)}", r"\fICOMMAND\fR [\fIOPTION\fR]...")
    yield from (".SH DESCRIPTION", *paragraphs("\n\n".join(rest)), ".SH COMMANDS")
    for name, command in sorted(main.commands.items()):
        yield from command_lines(name, command)
    yield from (".SH EXIT STATUS", *tagged(list(EXIT_CODES.items())))


if __name__ == "__main__":
    sys.stdout.write("\n".join(page()) + "\n")
