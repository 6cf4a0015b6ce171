"""The commands: the only package that prints.

In: a command line. Out: lines for people, JSON for programs, an exit code for scripts.

Open ``main`` first: it names the commands. They are in ``ask`` (what asks LL2: ``source`` says for
what), ``read``, ``serve`` and ``first_steps``; ``options`` is what they have in common. ``program``
makes an exit code of whatever ends one, ``console`` prints, ``telling`` shows a sync's events,
``text`` words what people read; ``status``, ``changes`` and ``metrics`` are what they and monitors
are told, as data.
"""
