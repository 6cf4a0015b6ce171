"""The commands: the only package that prints.

In: a command line. Out: lines for people, JSON for programs, an exit code for scripts.

Open ``main`` first: it lists the commands with their modules. ``options`` has what commands have in
common, ``output`` prints, shows progress and turns exceptions into errors, ``status`` collects the
state of a mirror and makes metrics of it.
"""
