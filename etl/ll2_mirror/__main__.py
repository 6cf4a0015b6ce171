"""The program as ``python -m ll2_mirror`` runs it."""

from ll2_mirror.cli.main import main

main(prog_name="ll2-mirror")
