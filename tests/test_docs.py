"""README and docs/ are held to the code: generated tables are current, and commands run as they stand.

`python tests/test_docs.py` writes the generated tables anew.
"""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from pipelines.cli import app
from pipelines.report import SETTINGS as REPORT_SETTINGS
from pipelines.settings import REPORTING, SETTINGS, Settings
from sources.bitrix24.entities import ENTITIES, Reading
from sources.demo_portal import DemoPortal, serve
from tests.pipelines.prepared import command_file, start

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs/sync.md", ROOT / "docs/reports.md")
"""What is typed from its first line to its last, in this order."""
NOT_RUN = ("text", "cron", "toml", "sh")
"""Fences of what is no command, and (sh) of what installs and opens a browser."""
_ASK = "import duckdb, sys; duckdb.connect('warehouse.duckdb', read_only=True).sql(sys.argv[1]).show()"
RUN_BY_PYTHON = {"python": (), "sql": (_ASK,)}
"""Fences of which `python -c` is given the text, behind these words."""
PLACEHOLDER = "https://your-portal.bitrix24.com/rest/1/the-secret/"


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language in README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)


def first_command() -> str:
    """The command that a new user types."""
    return blocks("bash")[0].strip()


def contributors_command() -> str:
    """The command that a contributor types, and `.ci/run` too."""
    return blocks("bash")[1].strip()


def commands() -> dict[str, object]:
    """The commands of `b24` by name."""
    return dict(typer.main.get_command(app).commands)


def entities_table() -> str:
    """Raw tables, from ENTITIES."""
    names = {name: "items_…" if e.reading is Reading.PER_TYPE else name for name, e in ENTITIES.items()}
    rows = (f"| `{names[e.name]}` | {e.meaning} | `{e.method}` | `{e.scope}` |" for e in ENTITIES.values())
    return "\n".join(["| table in schema `bitrix24` | holds | read by | scope |", "|---|---|---|---|", *rows])


def reports() -> dict[str, dict[str, Any]]:
    """The reports' own descriptions in the dbt project, by name."""
    paths = sorted((ROOT / "transforms/models/reporting").glob("rpt_*.yml"))
    models = [model for path in paths for model in yaml.safe_load(path.read_text())["models"]]
    return {model["name"]: model for model in models}


def questions(model: Mapping[str, Any]) -> list[str]:
    """What a report says that it answers."""
    return list(model.get("config", {}).get("meta", {}).get("questions", []))


def reports_table() -> str:
    """Reports, from what they say of themselves."""
    lines = ["| table in schema `reporting` | a row is | answers |", "|---|---|---|"]
    for name, model in reports().items():
        grain = " ".join(model["description"].strip().split("\n\n")[0].split())
        row = re.sub(r"^One row per ", "", grain).rstrip(".")
        lines.append(f"| `{name}` | {row} | {' '.join(questions(model))} |")
    return "\n".join(lines)


def settings_table() -> str:
    """Settings, from SETTINGS."""
    lines = ["| setting | environment | without it | |", "|---|---|---|---|"]
    for setting in SETTINGS:
        default = "" if setting.default is None else f"`{str(setting.default).lower()}`"
        lines.append(
            f"| `[{setting.section}] {setting.name}` | `{setting.env}` | {default} | {setting.help} |"
        )
    return "\n".join(lines)


def commands_table() -> str:
    """Commands and their options, from the command line itself."""
    lines = ["| command | does | options |", "|---|---|---|"]
    for name, command in commands().items():
        options = ", ".join(
            f"`{max(parameter.opts, key=len)}`"
            for parameter in command.params
            if parameter.param_type_name == "option" and parameter.name != "help"
        )
        lines.append(f"| `b24 {name}` | {command.help} | {options} |")
    return "\n".join(lines)


TABLES = {
    "commands": commands_table,
    "entities": entities_table,
    "reports": reports_table,
    "settings": settings_table,
}


def generated(readme: str) -> str:
    """README with its generated tables made anew."""
    for name, table in TABLES.items():
        around = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        place = around.search(readme)
        assert place, f"README has no place for {name}"
        readme = f"{readme[: place.start()]}{place[1]}{table()}\n{place[2]}{readme[place.end() :]}"
    return readme


def test_generated_tables_are_current() -> None:
    """Commands, entities, reports and settings in README are those of the code."""
    assert generated(README.read_text()) == README.read_text(), "run: python tests/test_docs.py"


def test_every_report_says_what_a_row_is_and_answers_two_questions() -> None:
    """README's table has no gaps: grain first, then two questions, none of them asked twice."""
    asked = [question for model in reports().values() for question in questions(model)]

    for name, model in reports().items():
        assert model["description"].startswith("One row per "), name
        assert len(questions(model)) == 2, name
    assert all(question.endswith("?") for question in asked)
    assert len(set(asked)) == len(asked)


def test_links_lead_somewhere() -> None:
    """Every file and heading that README and the pages in docs/ link to exists, and every page is linked."""
    linked = set()
    for page in (README, *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            path, _, heading = target.partition("#")
            if path.startswith(("http:", "https:")):
                continue
            there = (page.parent / path).resolve() if path else page
            assert there.exists(), f"{page.name}: {target}"
            linked.add(there)
            anchors = {
                re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
                for title in re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
            }
            assert not heading or heading in anchors, f"{page.name}: {target}"
    assert set((ROOT / "docs").glob("*.md")) | set((ROOT / "notebooks").glob("*.ipynb")) <= linked


def test_the_scopes_to_tick_are_those_that_the_entities_need() -> None:
    """Who ticks what README says gets every table."""
    (sentence,) = re.findall(r"Tick the scopes (.*?);", README.read_text())

    assert set(re.findall(r"`(\w+)`", sentence)) == {entity.scope for entity in ENTITIES.values()}


def test_every_command_and_option_has_help() -> None:
    """No command and no option is without a word about it."""
    for name, command in commands().items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_config_toml_shows_every_setting_with_its_help_and_default() -> None:
    """`.dlt/config.toml` names each setting in its section, says what it does, and what holds without it."""
    text = (ROOT / ".dlt/config.toml").read_text()
    uncommented = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    shown = tomllib.loads(uncommented)
    for setting in SETTINGS:
        if setting.secret:
            assert setting.name in text
            continue
        values: Mapping[str, object] = shown
        for part in setting.section.split("."):
            values = values[part]
        assert isinstance(values[setting.name], setting.kind), setting.key
        assert setting.default in (None, values[setting.name]), setting.key
        assert f"# {setting.help}\n# {setting.name} = " in text, setting.key


def test_example_secrets_name_the_webhook() -> None:
    """The example of a secrets file can be filled in and used."""
    example = tomllib.loads((ROOT / ".dlt/example.secrets.toml").read_text())

    assert example["sources"]["bitrix24"] == {"webhook_url": PLACEHOLDER}


def test_defaults_of_the_table_are_those_of_the_code() -> None:
    """What the docs say holds without a setting is what holds."""
    settings = Settings()

    for setting in SETTINGS:
        if setting.section != REPORTING:
            assert setting.default == getattr(settings, setting.name), setting.key


def test_report_settings_are_those_of_the_models() -> None:
    """Every setting of a build can be configured, and none that does not exist."""
    assert set(REPORT_SETTINGS) == {s.name for s in SETTINGS if s.section == REPORTING}


def test_ci_runs_the_command_that_readme_tells() -> None:
    """`.ci/run` takes the test command out of README instead of having its own."""
    printed = subprocess.run(
        ["bash", ROOT / ".ci/run", "--print"], capture_output=True, text=True, check=True
    ).stdout

    assert contributors_command() == printed.strip()


def test_python_and_sql_in_readme_are_there_to_be_run() -> None:
    """README has examples of both, or the tests below would pass for nothing."""
    assert blocks("python")
    assert blocks("sql")
    assert len(blocks("bash")) > 3


@dataclass(frozen=True)
class Place:
    """A folder with nothing in it, a portal, and an environment in which `b24` is a command."""

    folder: Path
    environment: dict[str, str]
    inherited: int

    def run(self, language: str, block: str) -> tuple[int | None, str]:
        """Type a block; its exit code and all that it wrote."""
        if language == "bash":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                cwd=self.folder,
                env=self.environment,
                pass_fds=[self.inherited],
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            return done.returncode, done.stdout + done.stderr
        process = start(["-c", *RUN_BY_PYTHON[language], block], self.folder, self.environment)
        output, errors = process.communicate(timeout=300)
        return process.poll(), (output + errors).decode()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Where README's blocks are typed."""
    folder = tmp_path_factory.mktemp("reader")
    binaries = folder / "bin"
    binaries.mkdir()
    inherited = command_file(binaries / "b24", "-m", "pipelines.cli")
    (binaries / "python").symlink_to(sys.executable)
    with serve(DemoPortal(deals=80, rate=0)) as url:
        environment = {
            **{name: value for name, value in os.environ.items() if "BITRIX24" not in name},
            "PATH": f"{binaries}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "BITRIX24_WEBHOOK_URL": url,
            "SOURCES__BITRIX24__HISTORY": "deals",  # as README shows it in config.toml
        }
        yield Place(folder, environment, inherited)


@pytest.mark.slow
def test_commands_python_and_sql_of_readme_run(place: Place) -> None:
    """Every block behind the two install commands does what its page says, in the order of the pages."""
    url = place.environment["BITRIX24_WEBHOOK_URL"]
    text = "\n".join(page.read_text() for page in PAGES)
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if block.strip() in (first_command(), contributors_command()):
            continue
        if language != "bash" and language not in RUN_BY_PYTHON:
            assert language in NOT_RUN, language
            continue
        typed = block.replace(PLACEHOLDER, url)
        exit_code, told = place.run(language, typed)
        assert exit_code == 0, f"{typed}\n{told}"


def test_cron_line_calls_a_command_that_exists() -> None:
    """The line for a scheduler starts `b24 run` with options that it has."""
    (line,) = (line for block in blocks("cron") for line in block.splitlines() if "b24" in line)
    words = line.split()

    assert "run" in words
    options = {option for parameter in commands()["run"].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


if __name__ == "__main__":
    README.write_text(generated(README.read_text()))
