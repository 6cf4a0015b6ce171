"""The files of examples/schedule and the commands of docs/schedule.md do what the page says."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner

import ll2_mirror.errors
from helpers import execute, sampled
from ll2_mirror.cli.main import EXIT_CODES, main
from ll2_mirror.cli.options import age
from ll2_mirror.store.lock import only_sync

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "schedule"
PAGE = (ROOT / "docs" / "schedule.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
CRONTAB, SERVICE, TIMER, WORKFLOW, METRICS_CONF, RULES = (
    (EXAMPLES / name).read_text(encoding="utf-8")
    for name in (
        *("crontab", "ll2-mirror.service", "ll2-mirror.timer", "github-actions.yml"),
        *("metrics.conf", "prometheus-rules.yml"),
    )
)
NOW = "2026-11-23T20:00:00.000000Z"
TOKEN = "a-token-for-nobody-else"
FENCE = {
    "CapabilityBoundingSet": "",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectSystem": "strict",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "SuccessExitStatus": "75",
    "Type": "oneshot",
    "User": "ll2-mirror",
    "StateDirectory": "ll2-mirror",
}


def unit(text):
    """A unit's sections; of a key that stands several times, the last value."""
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str
    parser.read_string(text)
    return parser


def jobs(text=CRONTAB):
    """The lines of a crontab that cron runs."""
    lines = re.findall(r"^(?![#\s]|\w+=)(.+)$", text, re.M)
    return [tuple(line.split(None, 5)) for line in lines]


def command(key, text=SERVICE):
    """What systemd gives to sh -c: $$ is $, and the quotes are gone."""
    program, option, script = shlex.split(unit(text)["Service"][key].replace("$$", "$"))
    assert (program, option) == ("/bin/sh", "-c")
    return script


@pytest.fixture
def program(tmp_path):
    """ll2-mirror as an executable file."""
    path = tmp_path / "bin" / "ll2-mirror"
    path.parent.mkdir()
    start = "from ll2_mirror.cli.main import main; main(prog_name='ll2-mirror')"
    command = f'{shlex.quote(sys.executable)} -c "{start}" "$@" $MORE_OPTIONS'
    path.write_text(f"#!/bin/sh\nexec {command}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def shell(tmp_path, program):
    """Runs a script in a shell, with the paths of the examples led to this test's files."""

    def shell(script, *sh, **env):
        for path, here in (
            ("/home/me/.local/bin/ll2-mirror", program),
            ("/opt/ll2-mirror/bin/ll2-mirror", program),
            ("/home/me", tmp_path),
            ("/var/lib/ll2-mirror", tmp_path),
            ("/var/lib/node-exporter", tmp_path),
        ):
            script = script.replace(path, str(here))
        inherited = {k: v for k, v in os.environ.items() if k != "LL2_API_TOKEN"}
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [*(sh or ("/bin/sh", "-c")), script],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
            env={**inherited, "PYTHONPATH": str(ROOT), "PATH": path, **env},
        )

    return shell


def refuse(upstream):
    """Makes the upstream accept no token: exit code 69, at once."""
    upstream.answer = lambda path, query: (401, {"detail": "Invalid token."})


def spoil(upstream, mode="normal"):
    """Makes a record that isn't understood: exit code 65."""
    upstream.records["spacecraft", mode][0]["name"] = 5


def grow_old(db):
    execute(db, "UPDATE _runs SET finished = '2020-01-01T00:00:00.000000Z'")


# Every command


COMMANDS = re.findall(
    r"ll2-mirror (?=[a-z])([^\n`|;&<>)'\"#]+)", "\n".join((PAGE, CRONTAB, SERVICE, WORKFLOW))
)


@pytest.mark.parametrize("line", sorted(set(COMMANDS)))
def test_each_command_exists_with_these_options(line):
    line = re.sub(r"\s2$", "", line).replace("$?", "0")  # 2 of 2>&1
    name, *arguments = shlex.split(line.replace("$$SYNC_OPTIONS", "--due"))
    with main.commands[name].make_context(name, arguments):
        pass


def test_the_commands_were_found():
    assert {line.split()[0] for line in COMMANDS} == {
        "sync",
        "status",
        "plan",
        "ages",
        "verify",
        "examples",
    }
    assert len(COMMANDS) > 12


def test_each_option_that_the_page_names_exists():
    known = {o for c in main.commands.values() for p in c.params for o in p.opts}
    others = {"--system", "--no-create-home", "--shell", "--now", "--failed"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= known | others


def test_each_exit_code_is_there():
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for page in (README, commands):
        assert re.findall(r"^\| (\d+(?:\+N)?) \|", page, re.M) == list(EXIT_CODES)
    with main.make_context("ll2-mirror", ["--help"], resilient_parsing=True) as context:
        assert re.findall(r"^ +(\d\S*) +\w", main.get_help(context), re.M) == list(EXIT_CODES)
    kinds = [kind for kind in vars(ll2_mirror.errors).values() if hasattr(kind, "exit_code")]
    assert {str(kind.exit_code) for kind in kinds} <= set(EXIT_CODES)


def test_each_link_leads_somewhere():
    headings = re.findall(r"^#+ (.+)$", PAGE, re.M)
    anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in headings}
    for link in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, anchor = link.partition("#")
        assert (ROOT / "docs" / path).exists() if path else anchor in anchors, link


# cron


def test_the_crontab_is_one():
    sync, status = jobs()
    assert sync[:5] == ("17", "*", "*", "*", "*")
    assert status[:5] == ("43", "7", "*", "*", "*")
    for *_, script in (sync, status):
        assert "%" not in script  # cron takes it for the end of the line
        assert len(script) < 900


def test_the_readme_has_the_crontabs_lines():
    """But for the token."""
    [line, due] = re.findall(r"^    (\d.* \* .*)$", README, re.M)
    *when, script = jobs(line)[0]
    *often, whole = jobs()[0]
    assert (when, whole.partition("; ")[2]) == (often, script)
    assert f"# {due}" in CRONTAB


def test_cron_says_nothing_when_all_is_well(synced, shell):
    for *_, script in jobs():
        done = shell(script)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_cron_says_nothing_of_75(synced, shell):
    with only_sync(synced):
        done = shell(jobs()[0][5])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("fault", "told"), [(refuse, "the server requires a token"), (spoil, "expected text, got 5")]
)
def test_cron_mails_of_the_rest(synced, shell, upstream, fault, told):
    fault(upstream)
    done = shell(jobs()[0][5])
    assert told in done.stdout
    assert done.stdout.count("\n") == 1


def test_cron_mails_of_a_wrong_path(shell):
    done = shell(jobs()[0][5].replace("/home/me/spacecraft.db", "/home/me/none/spacecraft.db"))
    assert "is not a folder" in done.stdout


def test_cron_mails_of_an_old_file(synced, shell):
    grow_old(synced)
    done = shell(jobs()[1][5])
    assert "synced" in done.stdout
    assert "spacecraft is late: see" in done.stdout


def test_crons_lines_for_all_lists_are_silent_while_ll2_is_down(synced, shell, upstream):
    """Until the check in the morning says what is late."""
    text = re.sub(r"^# (?=[-\d/]+ [*\d])", "", CRONTAB, flags=re.M).replace("ll2.db", synced.name)
    *_, due, check = jobs(text)
    assert due[:5] == ("1-59/2", "*", "*", "*", "*")
    grow_old(synced)
    execute(synced, "UPDATE _walks SET started = '2020-01-01T00:00:00.000000Z'")
    answer = upstream.answer
    refuse(upstream)
    assert shell(due[5], MORE_OPTIONS="spacecraft").stdout == ""
    assert "spacecraft is late: see" in shell(check[5]).stdout
    upstream.answer = answer
    execute(synced, "DELETE FROM _settings WHERE key = 'failed'")
    assert shell(due[5], MORE_OPTIONS="spacecraft").stdout == ""
    assert shell(check[5]).stdout == ""


def test_crons_token_goes_to_upstream_and_nowhere_else(synced, shell, upstream, tmp_path):
    (tmp_path / ".ll2-token").write_text(f"{TOKEN}\n")
    upstream.log.clear()
    done = shell(jobs()[0][5], MORE_OPTIONS=f"--base-url {upstream.base_url}")
    assert (done.stdout, done.stderr) == ("", "")
    assert {headers.get("Authorization") for _, headers in upstream.log} == {f"Token {TOKEN}"}
    assert TOKEN.encode() not in synced.read_bytes()
    refuse(upstream)
    assert TOKEN not in shell(jobs()[0][5]).stdout


# systemd


def test_the_service_is_fenced_in():
    service = dict(unit(SERVICE)["Service"])
    assert {key: service.get(key) for key in FENCE} == FENCE


def test_the_timer_is_one():
    timer = unit(TIMER)
    assert timer["Timer"]["OnCalendar"] == "hourly"
    assert timer["Timer"]["Persistent"] == "yes"
    assert timer["Install"]["WantedBy"] == "timers.target"
    most = unit(SERVICE)["Service"]["TimeoutStartSec"].removesuffix("in")
    assert age(most) < age("1h")


@pytest.fixture
def units(tmp_path, program):
    """The units, with a program that is there: systemd looks for it."""
    folder = tmp_path / "units"
    folder.mkdir()
    for name, text in (("service", SERVICE + METRICS_CONF), ("timer", TIMER)):
        path = folder / f"ll2-mirror.{name}"
        path.write_text(text.replace("/opt/ll2-mirror/bin/ll2-mirror", str(program)))
    return folder


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_units(units):
    asked = ["systemd-analyze", "verify", *map(str, sorted(units.iterdir()))]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    ours = [line for line in done.stderr.splitlines() if "ll2-mirror" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_services_sync_runs_without_a_token(synced, shell, upstream, tmp_path):
    stands_in = unit(SERVICE)["Service"]["SetCredential"]
    assert stands_in == "ll2-token:\\n"
    (tmp_path / "ll2-token").write_text("\n")
    upstream.log.clear()
    done = shell(command("ExecStart"), CREDENTIALS_DIRECTORY=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.startswith("spacecraft: 21 records in 1 request")
    assert not any("Authorization" in headers for _, headers in upstream.log)


def test_the_services_token_goes_to_upstream_and_nowhere_else(synced, shell, upstream, tmp_path):
    assert unit(SERVICE)["Service"]["LoadCredential"] == "ll2-token:/etc/ll2-mirror/token"
    (tmp_path / "ll2-token").write_text(f"{TOKEN}\n")
    upstream.log.clear()
    more = f"--base-url {upstream.base_url}"
    done = shell(command("ExecStart"), CREDENTIALS_DIRECTORY=str(tmp_path), MORE_OPTIONS=more)
    assert done.returncode == 0
    assert {headers.get("Authorization") for _, headers in upstream.log} == {f"Token {TOKEN}"}
    assert TOKEN not in done.stdout + done.stderr
    assert TOKEN.encode() not in synced.read_bytes()


def test_the_service_hands_on_the_exit_code(synced, shell, upstream, tmp_path):
    (tmp_path / "ll2-token").write_text("\n")
    sync = command("ExecStart")
    with only_sync(synced):
        assert shell(sync, CREDENTIALS_DIRECTORY=str(tmp_path)).returncode == 75
    refuse(upstream)
    assert shell(sync, CREDENTIALS_DIRECTORY=str(tmp_path)).returncode == 69


def test_the_service_fails_when_the_file_is_old(synced, shell):
    done = shell(command("ExecStartPost"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    grow_old(synced)
    done = shell(command("ExecStartPost"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "spacecraft is late: see" in done.stderr


# Metrics


def test_the_metrics_are_those_of_the_page(synced, shell, tmp_path):
    parser = pytest.importorskip("prometheus_client.parser")
    pasts = (
        "INSERT INTO _throttles SELECT base_url, finished, 15, 3600, 1, NULL FROM _runs",
        "INSERT INTO _walks (resource, mode, base_url, started, total, published)"
        " SELECT resource, mode, base_url, started, total, 0 FROM _walks",
        'INSERT INTO _staged (walk, "offset", "limit", page, ids)'
        " SELECT (SELECT max(id) FROM _walks), 0, 100, id, '[]' FROM _pages",
    )
    failed = {"since": NOW, "at": NOW, "times": 1, "error": "status 500", "again": NOW}
    execute(synced, "INSERT INTO _settings VALUES ('failed', ?)", json.dumps({"pads": failed}))
    for sql in pasts:
        execute(synced, sql)
    done = shell(command("ExecStopPost", METRICS_CONF))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "ll2-mirror.tmp").exists()
    text = (tmp_path / "ll2-mirror.prom").read_text()
    found = {metric.name: metric for metric in parser.text_string_to_metric_families(text)}
    told = re.findall(r"^- `(ll2_mirror_\w+)`(?: by `(\w+)`)?:", PAGE, re.M)
    assert {name for name, _ in told} == set(found)
    for name, label in told:
        assert found[name].type == "gauge"
        labels = set(found[name].samples[0].labels)
        assert labels == {"db", label} - {""}, name


class Absent:
    """A metric that isn't there: no comparison with it holds."""

    def __gt__(self, _: object) -> bool:
        return False

    def __rsub__(self, _: object) -> Absent:
        return self

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None


@pytest.fixture
def alerts(run, synced):
    """The alerts that fire on what status prints of a file now."""
    yaml = pytest.importorskip("yaml")
    parser = pytest.importorskip("prometheus_client.parser")
    rules = [rule for group in yaml.safe_load(RULES)["groups"] for rule in group["rules"]]

    def alerts(*options, written=0.0, printed=None):
        if printed is None:
            printed = run("status", "--prometheus", *options, synced).out
        families = parser.text_string_to_metric_families(printed)
        found = {}
        for sample in (sample for family in families for sample in family.samples):
            found[sample.name] = max(sample.value, found.get(sample.name, -math.inf))
        names = {name: Absent() for rule in rules for name in re.findall(r"\w+_\w+", rule["expr"])}
        now = {"time": lambda: 1e6, "absent": lambda metric: isinstance(metric, Absent)}
        known = {
            **names,
            "Inf": math.inf,
            "node_textfile_mtime_seconds": 1e6 - written,
            **found,
            **now,
        }
        exprs = {rule["alert"]: re.sub(r"\{.*?\}", "", rule["expr"]) for rule in rules}
        # Of these few operators Python makes what PromQL does.
        return [name for name, expr in exprs.items() if eval(expr, known)]

    return alerts


def test_nothing_is_told_when_all_is_well(alerts):
    assert alerts() == []


def test_each_code_of_the_table_shows(alerts, run, synced, upstream, monkeypatch):
    """The exit code as the program gives it, and the alert for it."""
    told = {}

    def sync(*arguments):
        code = str(run("sync", synced, *arguments).code)
        told[code] = alerts()

    run("sync", synced, "--mode", "detailed")
    sync("--mode", "normal")
    sync("--base-url", "http://127.0.0.1:1")
    spoil(upstream, "detailed")
    sync("--base-url", upstream.base_url)
    monkeypatch.setattr("ll2_mirror.sync.sync", lambda *_, **__: {}["bug"])
    assert CliRunner().invoke(main, ["sync", str(synced)]).exit_code == 70
    told["70"] = alerts()
    told["128+N"] = alerts("--exit-code", "KILL")
    with only_sync(synced):
        code = str(run("sync", synced).code)
    grow_old(synced)
    told[code] = alerts("--exit-code", code)
    told[str(run("status", synced, "--max-age", "2d").code)] = alerts("--exit-code", "1")

    needs_you = {code: ["MirrorNeedsYou"] for code in ("2", "65", "70", "128+N")}
    old = {"75": ["MirrorOld"], "1": ["MirrorOld", "MirrorNeedsYou"]}
    assert told == {**needs_you, **old, "69": ["MirrorUnreached"]}
    assert {"0", *told} == set(EXIT_CODES)
    page = dict(re.findall(r"^- `(Mirror\w+)`(?: \(([^)]*)\))?:", PAGE, re.M))
    for code, names in told.items():
        assert all(code in page[name].split(", ") for name in names), code


@pytest.mark.parametrize("damage", ["no database", ""])
def test_a_file_that_cannot_be_read_shows(alerts, synced, damage):
    synced.write_text(damage * 500)
    assert alerts() == ["MirrorEmpty", "MirrorUnreadable", "MirrorNeedsYou"]


def test_a_schedule_that_stopped_shows(alerts):
    assert alerts(written=4 * 3600) == ["MirrorMetricsOld"]
    assert alerts(printed="") == ["MirrorMetricsGone"]


def test_a_sync_at_a_time_that_is_yet_to_come_shows(alerts, synced):
    execute(synced, "UPDATE _runs SET finished = '2099-01-01T00:00:00.000000Z'")
    assert alerts() == ["MirrorOld", "MirrorEmpty"]


def test_the_alerts_are_those_of_the_page():
    yaml = pytest.importorskip("yaml")
    rules = [rule for group in yaml.safe_load(RULES)["groups"] for rule in group["rules"]]
    assert [rule["alert"] for rule in rules] == re.findall(r"^- `(Mirror\w+)`", PAGE, re.M)
    for rule in rules:
        assert rule["annotations"]["summary"]
        for name in re.findall(r"ll2_mirror_\w+", rule["expr"]):
            assert f"- `{name}`" in PAGE


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs Prometheus' promtool")
@pytest.mark.parametrize(
    ("ill", "alerts"), [("", []), ("agencies", ["MirrorListFails", "MirrorOld"])]
)
def test_prometheus_is_silent_of_a_sound_mirror_and_names_the_list_that_starves(
    db, run, upstream, clock, tmp_path, ill, alerts
):
    """Eight days of what is due, twice a day, as promtool sees them."""
    yaml, parser = map(pytest.importorskip, ("yaml", "prometheus_client.parser"))
    answer, series = upstream.answer, {}

    def answered(path, query):
        return (500, {}) if ill and ill in path else answer(path, query)

    upstream.answer = answered
    start = clock.now().timestamp()
    for step in range(17):
        run("sync", db, "--due", "spacecraft", "agencies", "--base-url", upstream.base_url)
        assert run("status", db, "--late", "2").code == (1 if ill and step > 10 else 0)
        printed = run("status", db, "--prometheus").out
        for family in parser.text_string_to_metric_families(printed):
            for name, labels, value, *_ in family.samples:
                inside = ",".join(f'{key}="{labels[key]}"' for key in labels)
                since = value - start if "timestamp" in name else value
                series.setdefault(f"{name}{{{inside}}}", ["_"] * step).append(str(since))
        clock.move(12 * 3600)
    expected = [
        {"labels": f'{{alertname="{name}",resource="{ill}"}}', "value": 1} for name in alerts
    ]
    firing = 'count by (alertname, resource) (ALERTS{alertstate="firing"})'
    tests = {
        "rule_files": [str(EXAMPLES / "prometheus-rules.yml")],
        "evaluation_interval": "12h",
        "tests": [
            {
                "interval": "12h",
                "input_series": [
                    {"series": name, "values": " ".join(values)} for name, values in series.items()
                ],
                "promql_expr_test": [
                    {"expr": firing, "eval_time": time, "exp_samples": samples}
                    for time, samples in (("60h", []), ("192h", expected))
                ],
            }
        ],
    }
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    asked = ["promtool", "test", "rules", tmp_path / "tests.yml"]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("status", "seen"), sampled([("", 0), ("0", 0), ("69", 69), ("KILL", 137)], 2)
)
def test_the_unit_writes_metrics_however_the_sync_ended(synced, shell, tmp_path, status, seen):
    done = shell(command("ExecStopPost", METRICS_CONF), EXIT_STATUS=status)
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "ll2-mirror.prom").read_text()
    assert re.search(rf"^ll2_mirror_last_exit_code\{{.*\}} {seen}\.0$", text, re.M)


def test_the_unit_writes_metrics_of_a_file_that_cannot_be_read(synced, shell, tmp_path):
    synced.write_text("no database" * 500)
    (tmp_path / "ll2-mirror.prom").write_text("old")
    assert "is not an SQLite database" in shell(command("ExecStopPost", METRICS_CONF)).stderr
    assert re.search(
        r"^ll2_mirror_up\{.*\} 0\.0$", (tmp_path / "ll2-mirror.prom").read_text(), re.M
    )


def test_crons_line_writes_metrics(synced, shell, tmp_path, upstream):
    [script] = re.findall(r"^    (ll2-mirror sync .*ll2-mirror.prom)$", PAGE, re.M)
    refuse(upstream)
    shell(script)
    text = (tmp_path / "ll2-mirror.prom").read_text()
    assert re.search(r"^ll2_mirror_last_exit_code\{.*\} 69\.0$", text, re.M)


def test_the_log_is_lines_of_json(synced, shell, tmp_path):
    [script] = re.findall(r"^    (ll2-mirror sync .*jsonl)$", PAGE, re.M)
    done = shell(script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    events = re.findall(r'"event": "(\w+)"', (tmp_path / "sync.jsonl").read_text())
    assert events[-1] == "published"


# GitHub Actions

GH = """#!/bin/sh
# gh, as far as the workflow needs it: assets are files.
set -e
case "$1 $2" in
"release view")
    [ -d release ] || exit 1
    case "$*" in *--json*) ls release ;; *) echo mirror ;; esac ;;
"release create") mkdir release ;;
"release download") [ "$4 $6" = "--pattern --output" ]; cp "release/$5" "$7" ;;
"release upload")
    [ "$5" = --clobber ]
    rm -f "release/$4"
    [ "$4" != "$GH_BREAKS_AT" ]
    cp "$4" release/ ;;
*) exit 2 ;;
esac
"""


@pytest.fixture
def workflow():
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(WORKFLOW)


@pytest.fixture
def job(workflow, shell, tmp_path, program):
    """Runs the steps of the workflow but the first, each in a new bash; gives name and result."""
    if not shutil.which("bash"):
        pytest.skip("needs bash")
    gh = program.with_name("gh")
    gh.write_text(GH)
    gh.chmod(0o755)
    output, summary = tmp_path / "output", tmp_path / "summary"

    def job(**env):
        for path in tmp_path.glob("spacecraft.db*"):
            path.unlink()  # another machine
        output.write_text("")
        for step in workflow["jobs"]["sync"]["steps"][1:]:
            code = output.read_text().strip().removeprefix("code=")
            bash = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
            given = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
            done = shell(step["run"], *bash, CODE=code, **given, **env)
            if done.returncode:
                return step["name"], done
        return "", done

    return job


def test_the_workflow_asks_for_little(workflow):
    assert workflow["permissions"] == {}
    job = workflow["jobs"]["sync"]
    assert job["permissions"] == {"contents": "write"}
    assert workflow["concurrency"] == {"group": "ll2-mirror", "cancel-in-progress": False}
    triggers = workflow[True]  # YAML's 1.1 takes on for true
    assert set(triggers) == {"schedule", "workflow_dispatch"}
    with_token = [step["name"] for step in job["steps"] if "LL2_API_TOKEN" in str(step)]
    assert with_token == ["Sync"]


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_takes_each_step(workflow):
    for step in workflow["jobs"]["sync"]["steps"]:
        assert "${{" not in step["run"]  # what comes from outside comes by the environment
        done = subprocess.run(
            ["bash", "-n"], input=step["run"], text=True, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def released(synced, tmp_path):
    """The release as an earlier run left it."""
    (tmp_path / "release").mkdir()
    shutil.copy(synced, tmp_path / "release" / "spacecraft.db")
    return tmp_path / "release"


def test_the_workflow_goes_on_with_the_last_file(released, job):
    failed, done = job(LL2_API_TOKEN="")
    assert failed == ""
    assert "spacecraft: 21 records, synced just now" in done.stdout
    assert sorted(path.name for path in released.iterdir()) == [
        "spacecraft.db",
        "spacecraft.db.next",
    ]
    assert len(execute(released / "spacecraft.db", "SELECT 1 FROM _runs")) == 2


def test_the_workflow_keeps_what_a_sync_that_stopped_early_has(released, job, upstream):
    answer = upstream.answer
    wait = "Request was throttled. Expected available in 1800 seconds."
    upstream.answer = lambda path, query: (
        (429, {"detail": wait}) if "/spacecraft/" in path else answer(path, query)
    )
    assert job()[0] == ""
    remembered = "SELECT 1 FROM _settings WHERE key = 'last_error'"
    assert execute(released / "spacecraft.db", remembered)


def test_the_workflow_publishes_and_fails_where_a_record_is_bad(released, job, upstream):
    spoil(upstream)
    failed, done = job()
    assert (failed, done.returncode) == ("Fail if something needs you", 65)
    assert execute(released / "spacecraft.db", "SELECT 1 FROM _quarantine")


def test_the_workflow_publishes_nothing_that_is_not_whole(released, job):
    with (released / "spacecraft.db").open("r+b") as file:
        file.write(b"no database at all")
    before = (released / "spacecraft.db").read_bytes()
    assert job()[0] == "Verify"
    assert (released / "spacecraft.db").read_bytes() == before


def test_an_upload_that_breaks_off_loses_nothing(released, job):
    assert job(GH_BREAKS_AT="spacecraft.db")[0] == "Publish"
    assert not (released / "spacecraft.db").exists()
    assert job()[0] == ""
    assert len(execute(released / "spacecraft.db", "SELECT 1 FROM _runs")) == 3


def test_the_first_run_of_the_workflow(job, upstream, tmp_path, program):
    text = program.read_text().replace('"$@"', f'"$@" --base-url {upstream.base_url}', 1)
    syncing = f'#!/bin/sh\n[ "$1" = sync ] || exec "{program}-all" "$@"\n'
    program.rename(f"{program}-all")
    program.write_text(syncing + text.partition("\n")[2])
    program.chmod(0o755)
    assert job()[0] == ""
    assert (tmp_path / "release" / "spacecraft.db").exists()


# Backups


def test_a_copy_is_a_mirror(synced, shell, run):
    copies = re.findall(r"^    ((?:sqlite3|sqlite-utils query) spacecraft.db .*)$", PAGE, re.M)
    assert len(copies) == 3
    sqlite_utils = f"{shlex.quote(sys.executable)} -m sqlite_utils"
    for script in copies:
        if script.startswith("sqlite3") and not shutil.which("sqlite3"):
            continue
        copy = synced.with_name("backup.db" if ".backup" in script else "copy.db")
        copy.unlink(missing_ok=True)
        done = shell(script.replace("sqlite-utils", sqlite_utils))
        assert done.returncode == 0, done.stderr
        assert run("verify", copy).code == 0
        assert run("sync", copy).code == 0
