"""The commands: the only package that prints.

In: a command line. Out: lines for people, JSON for programs, an exit code for scripts.

Open ``main`` first: it names the commands and their modules, each with the words that it prints.
``options`` is what commands have in common, ``output`` prints, shows progress and words errors,
``status`` is what people, programs and monitors are told.
"""
