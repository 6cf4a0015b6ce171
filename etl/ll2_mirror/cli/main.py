"""The program: its commands, its exit codes, and what happens when a command fails.

Each command imports what it needs when it runs, so that --help answers at once.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from typing import Any

import click

from ll2_mirror import __version__
from ll2_mirror.cli import changes, demo, options, output, read, share, sync_command
from ll2_mirror.errors import MirrorError

EXIT_CODES = {
    "0": "done",
    "1": "the check failed (verify, status --max-age, --late), or LL2's status isn't 2xx (get)",
    "2": "the command can't be carried out",
    "65": "data that isn't understood: LL2's or the file's",
    "69": "LL2 can't be reached, or refuses",
    "70": "a bug in ll2-mirror: please report it",
    "75": "stopped early: run the same command again",
    "128+N": "ended by signal N: 141 if the reader closes the output, as with | head",
}
_EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code:<7}{it}" for code, it in EXIT_CODES.items())
_HELP = """Mirror Launch Library 2, the database of spaceflight, into one SQLite file.

Start with: ll2-mirror sync spacecraft.db
"""


class Program(options.Command, click.Group):
    """The group of commands; every exception becomes one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; raises a MirrorError instead of what click would print itself."""
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:
            ours = output.as_mirror_error(error)
            raise ours from ours.__cause__

    def main(self, args: Any = None, *, standalone_mode: bool = True, **extra: Any) -> Any:  # type: ignore[override]
        """Runs the program and exits; if not standalone, as in ``demo``, raises instead."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        # An invalid command line is reported as JSON, too, so this is read before click parses it.
        line = "\0".join(sys.argv if args is None else args)
        log_json = re.findall("--log-format[=\0](\\w+)", line)[-1:] == ["json"]
        output.begin_run(log_json=log_json)
        try:
            code = super().main(args, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            with suppress(MirrorError), output.writing():
                error.show()
            code = error.exit_code
        except Exception as error:
            output.fail(output.as_mirror_error(error))
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=Program, help=_HELP, epilog=_EPILOG, context_settings={"show_default": True})
@click.version_option(__version__, prog_name="ll2-mirror")
def main() -> None:
    """The program."""


for _command in (
    *(sync_command.sync, sync_command.plan, sync_command.ages),
    *(read.status, read.verify, changes.changes, read.get, read.serve),
    *(share.publish, share.pull, share.export, share.images),
    *(demo.demo, demo.examples, demo.fake),
):
    main.add_command(_command)
