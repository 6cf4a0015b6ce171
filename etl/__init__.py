"""ll2-mirror: Launch Library 2 in one SQLite file.

The way a record travels, and the module for each step (imports go down this list only, see
docs/architecture.md):

    errors      what can go wrong, each with its exit code
    clock       the clock, and the time as the file keeps it
    events      what a sync tells while it runs, as data
    files       finds the files shipped beside the package
    jsontext    JSON text to values and back, byte for byte
    duration    ISO 8601 durations -> seconds
    model       what a shape, a key and a resource are
    shapes      the shapes and resources of LL2, as data
    tables      the tables that the shapes want, and the SQL that reading and writing share
    check       proves the shapes against schema.sql  (tests only)
    normalize   a page of JSON -> rows                      (pure)
    render      rows -> a page of JSON                      (reads only)
    store       the file: open, settings, staged pages, runs
    lock        one sync at a time on a file
    search      the terms of a search, and the index that finds them
    reindex     keeps that index equal to the tables
    history     what a sync's history says when all is brought in
    upsert      rows -> the tables, touching what differs, with history
    prune       what nothing refers to any more -> history
    quarantine  the records that stay as an earlier walk had them
    upgrade     a file of an earlier version -> one of this version
    http        one request: bounded in time and size, its failures told apart
    budget      what a server may still be asked, and the log of requests
    patience    another try, after a pause
    upstream    one page or record of LL2, within the budget
    walked      the records that a walk met
    crawl       walks a resource page by page: resumes, steps back
    gone        what a walk didn't meet: gone, or only missed?
    publish     a complete walk -> the tables, and the ledger
    sync        walk, stage, publish: all resources or none
    plan        what a sync would cost
    soundness   what must be true of any mirror, whatever LL2 sent
    verify      the proof: what the file renders = what LL2 sent
    report      what status and changes say                 (reads only)
    metrics     how a mirror stands, for Prometheus
    lines       what the commands say to people             (pure)
    params      a query string and an Accept header, read as upstream reads them  (pure)
    filters     the filters of a request -> conditions in SQL
    question    a question to a resource -> SQL
    query       a request -> the answer that LL2 gives      (reads only)
    browse      an answer as LL2's browsable page
    served      what a server adds: a cache, validators, gzip
    datasette_ll2  the Datasette plugin: LL2's paths beside its own
    serve       Datasette on a file, with its server
    sample      the bundled upstream, on loopback
    console     how events, errors and JSON are printed
    options     what the commands have in common
    asking      the commands that ask LL2: sync and plan
    cli         the other commands; with asking and console, the only modules that print
"""

__version__ = "0.1.0"
