"""What is brought in: what is new, and what shares a row with it; as if all had been."""

from __future__ import annotations

from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ll2_mirror.cli.main import main
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.testing import fake
from parts import execute, public_rows
from strategies import World, ids_of

SHARING = ("agencies", "spacecraft_configurations", "spacecraft")


@settings(max_examples=6, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_file_is_as_if_all_records_had_been_brought_in(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("brought")
    mode = data.draw(st.sampled_from(["normal", "detailed"]))
    with fake.running({}) as upstream:
        for _ in range(4):
            world = World(data, drift=False)
            for name in data.draw(st.sets(st.sampled_from(SHARING), min_size=1)):
                resource = RESOURCES[name]
                ids = data.draw(ids_of(resource))
                before = {one["id"]: one for one in upstream.records.get((name, mode), ())}
                news = world.page(resource.modes[mode], ids)["results"]
                stays = data.draw(st.sets(st.sampled_from(ids))) if ids else ()
                upstream.records[name, mode] = [
                    before.get(one["id"], one) if one["id"] in stays else one for one in news
                ]
            asked = data.draw(st.lists(st.sampled_from(SHARING), unique=True, min_size=1))
            asked = [name for name in asked if (name, mode) in upstream.records]
            for db in ("some.db", "all.db"):
                path = folder / db
                if db == "all.db" and path.exists():
                    execute(path, "UPDATE _records SET digest = NULL")
                if asked:
                    options = ["--mode", mode, "--base-url", upstream.base_url]
                    done = CliRunner().invoke(main, ["sync", str(path), *asked, *options])
                    assert done.exit_code == 0, done.output
            if asked:
                assert public_rows(folder / "some.db") == public_rows(folder / "all.db"), asked
