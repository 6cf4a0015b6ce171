"""The commands: the only package that prints.

In: a command line. Out: lines for people, JSON for programs, an exit code for scripts.

Open ``main`` first. Each file has a group of commands; ``options`` is what they have in common,
``console`` prints, ``text`` words what people read, ``status`` and ``metrics`` what monitors do.
"""
