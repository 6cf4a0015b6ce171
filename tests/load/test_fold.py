"""The rule behind the tables, for any history: they are what the texts that count make.

Each history is one of syncs over lists that nest each other's rows, and over a slice of one, in
modes that grow; records change, go, come back, move between pages, and are not understood for a
while; walks are cut off and resumed; rows come with two values, unknown keys and odd numbers.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from helpers import TestClock, examples, public_rows
from ll2_mirror.errors import DataError
from ll2_mirror.ll2.lists import SLICES
from ll2_mirror.ll2.model import known_columns
from ll2_mirror.ll2.page import read_page
from ll2_mirror.ll2.schema import tables
from ll2_mirror.ll2.shapes import SHAPES, shapes_of
from ll2_mirror.load.fold import rebuild
from ll2_mirror.load.publish import CompleteWalk, publish
from ll2_mirror.store.file import open_store
from ll2_mirror.store.walks import Deletions
from ll2_mirror.verify import verify
from strategies import BASE, IDS, SCALARS, TEXT, DrawnRows

NAMES = ["agencies", "spacecraft_configurations", "spacecraft", "launches", "launches/upcoming"]
LISTS = [name for name in NAMES if "/" not in name]
# Numbers of the worlds, as LL2 might spell them but Python would not.
SPELLED = {": 10.0": ": 1e400", ": 0.0": ": 0.00", ": 1.0": f": {'7' * 5000}"}
LINKS = TEXT | st.integers(0, 9).map(lambda n: f"{BASE}/2.3.0/agencies/{n}/")
ANY_HISTORY = settings(
    max_examples=examples(3, 400), phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


class Mirror:
    """A file, an upstream that changes, and the syncs between them, as hypothesis draws them."""

    def __init__(self, folder, data):
        self.path = folder / "mirror.db"
        self.confirm = False  # whether LL2 says of each record that it is gone
        self.draw = data.draw
        self.data = data
        self.modes = {name: self._mode(name, "list") for name in LISTS}
        self.records = {name: {} for name in LISTS}
        self.store = open_store(self.path, TestClock(), create=True)

    def _mode(self, name, least):
        modes = list(SLICES[name].resource.modes)
        first = modes.index(least) if least in modes else 0
        return self.draw(st.sampled_from(modes[first:]))

    def change_upstream(self):
        """Some records are as another world has them, some go, some come, some are not readable."""
        world = DrawnRows(self.data, drift=True)
        for name in LISTS:
            if self.draw(st.integers(0, 5)) == 0:
                self.modes[name] = self._mode(name, self.modes[name])
                self.records[name] = {}
            shape = SLICES[name].resource.modes[self.modes[name]]
            ids = self.draw(st.lists(IDS[shape.id_type], unique=True, max_size=3))
            new = {one["id"]: one for one in world.page(shape, ids)["results"]}
            stay = self.draw(st.sets(st.sampled_from(ids))) if ids else set()
            before = self.records[name]
            self.records[name] = {i: before.get(i, new[i]) if i in stay else new[i] for i in ids}
            if ids and self.draw(st.integers(0, 4)) == 0:
                bad = self.draw(st.sampled_from(ids))
                self.records[name][bad] = {**self.records[name][bad], "name": 7}

    def agree(self, drift=True):
        """All lists are of one world: upstream is consistent in itself."""
        world = DrawnRows(self.data, drift=drift)
        for name in LISTS:
            shape = SLICES[name].resource.modes[self.modes[name]]
            ids = self.draw(st.lists(IDS[shape.id_type], unique=True, max_size=3))
            self.records[name] = {one["id"]: one for one in world.page(shape, ids)["results"]}

    def sync(self, names, *, may_stop=True):
        """Walks lists and slices, and publishes the walks that come to their ends."""
        complete = []
        for name in names:
            walk = self._walk(name, may_stop)
            if walk:
                complete.append(walk)
        done = [CompleteWalk(walk, self._fate(walk), 1, 0.0) for walk in complete]
        if not done:
            return
        try:
            with self.store.transaction():
                publish(self.store, done)
                self.store.settings.remember(base_url=BASE)
        except DataError as error:
            if "not understood: nothing was published" not in str(error):
                raise
            for walk in complete:
                self.store.walks.drop(walk)

    def _walk(self, name, may_stop):
        part, mode = SLICES[name], self.modes[SLICES[name].resource.name]
        records = list(self.records[part.resource.name].values())
        if part.kind:
            records = [one for one in records if self.draw(st.booleans())]
        walks = self.store.walks
        under_way = [one for one in walks.under_way() if (one.name, one.mode) == (name, mode)]
        walk = under_way[0] if under_way else walks.begin(part, mode, BASE)
        staged = [id_ for page in walks.pages(walk) for id_ in page.ids]
        left = [one for one in records if one["id"] not in staged]
        size = self.draw(st.integers(1, 3))
        total = len(staged) + len(left)
        for first in range(0, max(1, len(left)), size):
            if may_stop and self.draw(st.integers(0, 5)) == 0:
                return None
            results = left[first : first + size]
            count = len(staged) + first + len(results)
            page = {"count": count, "next": None, "previous": None, "results": results}
            body = json.dumps(page)
            for usual, odd in SPELLED.items():
                body = body.replace(usual, odd)
            offset = len(staged) + first
            walk = walks.stage(walk, read_page(body.encode(), offset, size))
        return walk._replace(total=total)

    def _fate(self, walk):
        """What becomes of the listed records that a walk over the whole list did not meet."""
        missing = [] if walk.part else self.store.walks.unfound(walk)
        gone = [id_ for id_ in missing if self.confirm or self.draw(st.booleans())]
        return Deletions(gone, [id_ for id_ in missing if id_ not in gone], [])


@pytest.fixture
def mirrors(tmp_path_factory, monkeypatch):
    """Makes a mirror for each example, and closes them. All of LL2's links have one host."""
    monkeypatch.setitem(SCALARS, "link", LINKS)
    made = []

    def make(data):
        made.append(Mirror(tmp_path_factory.mktemp("fold"), data))
        return made[-1]

    yield make
    for mirror in made:
        mirror.store.conn.close()


def names_of(data):
    return data.draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))


def differing(one, other):
    """The rows that one of two sets of tables has, and not the other."""
    return {
        table: (
            [row for row in one[table] if row not in other[table]],
            [row for row in other[table] if row not in one[table]],
        )
        for table in one
        if one[table] != other[table]
    }


def rebuilt(store):
    """The public tables as all texts make them, in a file of its own."""
    path = Path(store.path).with_name("rebuilt.db")
    path.unlink(missing_ok=True)
    with open_store(path, TestClock(), create=True) as fresh:
        fresh.conn.execute("PRAGMA foreign_keys = OFF")
        rebuild(store.records, fresh.conn)
        return public_rows(path)


@pytest.mark.sampled
@ANY_HISTORY
@given(data=st.data())
def test_the_tables_are_what_the_texts_make_and_verify_agrees(mirrors, data):
    mirror = mirrors(data)
    for _ in range(data.draw(st.integers(2, 6))):
        mirror.change_upstream()
        mirror.sync(names_of(data))
        assert differing(public_rows(mirror.path), rebuilt(mirror.store)) == {}
        assert verify(mirror.store).problems == []


@pytest.mark.sampled
@ANY_HISTORY
@given(data=st.data())
def test_whatever_came_before_a_consistent_upstream_makes_a_fresh_file(mirrors, data):
    mirror = mirrors(data)
    for _ in range(data.draw(st.integers(0, 4))):
        mirror.change_upstream()
        mirror.sync(names_of(data))
    mirror.agree()
    for walk in mirror.store.walks.under_way():
        mirror.store.walks.drop(walk)
    fresh = mirrors(data)
    fresh.modes, fresh.records = mirror.modes, mirror.records
    fresh.sync(LISTS, may_stop=False)
    mirror.confirm = True
    mirror.sync(data.draw(st.permutations(LISTS)), may_stop=False)
    assert differing(public_rows(mirror.path), public_rows(fresh.path)) == {}


def images(conn):
    """Each public row by table and id: its values by LL2's keys, a list as its items."""
    rows = {}
    for table in dict.fromkeys(shape.table for shape in SHAPES.values() if shape.table):
        keys = {key.column: (shape, key) for shape in shapes_of(table) for key in shape.stored}
        names = [row[1] for row in conn.execute(f'PRAGMA table_info("{table}")')]
        for values in conn.execute(f'SELECT * FROM "{table}"').fetchall():
            row = dict(zip(names, values, strict=True))
            image = {"_extra": row["_extra"], "_shapes": row.get("_shapes")}
            for column, (shape, key) in keys.items():
                image[key.name] = row[column]
                if key.kind == "many" and row[column] is not None:
                    items = conn.execute(
                        f'SELECT * FROM "{shape.list_table(key)}" WHERE {shape.list_column} = ?'
                        " ORDER BY position",
                        (row["id"],),
                    ).fetchall()
                    image[key.name] = items
            rows[table, row["id"]] = image
    return rows


def known_keys(table, image):
    """The keys of which a row has a value that LL2 sent."""
    shape = shapes_of(table)[0]
    seen = (image["_shapes"] or "").split() if shape.shared else [shape.name]
    columns = known_columns(shape, seen)
    return {key.name for one in shapes_of(table) for key in one.stored if key.column in columns}


@pytest.mark.sampled
@ANY_HISTORY
@given(data=st.data())
def test_the_history_of_a_sync_is_the_difference_that_it_made(mirrors, data):
    mirror = mirrors(data)
    conn, ledger = mirror.store.conn, mirror.store.ledger
    for _ in range(data.draw(st.integers(2, 5))):
        mirror.change_upstream()
        before, listed = images(conn), {name: set(ledger.ids(name)) for name in LISTS}
        runs = [run.id for run in ledger.runs()]
        mirror.sync(names_of(data))
        after = images(conn)
        entries = {}
        for run in (run.id for run in ledger.runs() if run.id not in runs):
            for one in ledger.changes(run):
                assert entries.setdefault((one.table, one.id, one.key), one) is one, (one, entries)
        new, old = set(), set()
        for name in LISTS:
            table, now = SLICES[name].resource.table, set(ledger.ids(name))
            new |= {(table, id_) for id_ in now - listed[name]}
            old |= {(table, id_) for id_ in listed[name] - now}
        kinds = {one[:2]: entry.kind for one, entry in entries.items() if not one[2]}
        added = {node for node, kind in kinds.items() if kind == "added"}
        assert added == (after.keys() - before.keys()) | new
        assert kinds.keys() - added == (before.keys() - after.keys()) | old
        changed = {
            (*node, key)
            for node in before.keys() & after.keys() - added
            for key in known_keys(node[0], before[node]) | {"_extra"}
            if before[node][key] != after[node][key]
        }
        assert {place for place in entries if place[2]} == changed
        for table, id_, key in changed:
            values = before[table, id_][key], after[table, id_][key]
            if not any(isinstance(value, list) for value in values):
                one = entries[table, id_, key]
                assert (one.before, one.after) == values


@pytest.mark.sampled
@ANY_HISTORY
@given(data=st.data())
def test_a_sync_that_finds_all_as_it_was_writes_no_public_table(mirrors, data):
    mirror = mirrors(data)
    mirror.change_upstream()
    mirror.agree()
    mirror.sync(LISTS, may_stop=False)
    statements = []
    mirror.store.conn.set_trace_callback(statements.append)
    mirror.sync(LISTS, may_stop=False)
    mirror.store.conn.set_trace_callback(None)
    public = {*tables()}
    for statement in statements:
        words = statement.replace('"', " ").split()
        assert not (words[0] in ("INSERT", "UPDATE", "DELETE") and public & {*words}), statement


@pytest.mark.sampled
@ANY_HISTORY
@given(data=st.data())
def test_verify_finds_any_value_that_was_changed_by_hand(mirrors, data):
    mirror = mirrors(data)
    mirror.agree()
    mirror.sync(LISTS, may_stop=False)
    filled = [(table, rows) for table, rows in public_rows(mirror.path).items() if rows]
    if not filled:
        return
    table, rows = data.draw(st.sampled_from(filled))
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(tables()[table])).name
    with closing(sqlite3.connect(mirror.path, isolation_level=None)) as conn:
        names = [one.name for one in tables()[table]]
        where = " AND ".join(f'"{name}" IS ?' for name in names)
        for value in (None, 77, "x", 0.5):
            try:
                done = conn.execute(
                    f'UPDATE "{table}" SET "{column}" = ? WHERE {where} AND "{column}" IS NOT ?',
                    (value, *(rows[row][names.index(name)] for name in names), value),
                )
            except sqlite3.IntegrityError:
                continue
            if done.rowcount:
                break
        else:
            return
    assert verify(mirror.store).problems, (table, column)


def test_each_shape_has_a_code_of_its_own():
    """By which ``_records.rows`` tells rows in one shape from those in another."""
    assert len({shape.code for shape in SHAPES.values()}) == len(SHAPES)


def steps_of_sync(mirror):
    """How many thousands of steps SQLite takes for a sync that finds all as it was."""
    steps = []
    mirror.store.conn.set_progress_handler(lambda: steps.append(1), 1000)
    mirror.sync(LISTS, may_stop=False)
    mirror.store.conn.set_progress_handler(None, 0)
    return len(steps)


@settings(max_examples=1, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_a_sync_costs_does_not_grow_with_the_history(mirrors, data):
    mirror = mirrors(data)
    mirror.agree()
    mirror.sync(LISTS, may_stop=False)
    mirror.store.conn.set_progress_handler(None, 0)
    before = steps_of_sync(mirror)
    mirror.store.conn.execute(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50000)"
        " INSERT INTO _history SELECT 1, 'agencies', n, 'name', 'changed', 'a', 'b', 0 FROM n"
    )
    assert steps_of_sync(mirror) <= before + 20
