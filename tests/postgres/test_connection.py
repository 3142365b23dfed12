"""What is said where PostgreSQL cannot be used, before a portal is read; never a password."""

import os
from pathlib import Path

import pytest

from pipelines import build, sync
from pipelines.errors import PipelineError
from tests.pipelines.prepared import start
from tests.postgres.server import PASSWORD, PostgresServer

ROOT = Path(__file__).resolve().parents[2]

WEBHOOK = "http://127.0.0.1:9/rest/1/demo0portal0token/"


def _refusal(monkeypatch: pytest.MonkeyPatch, url: str | None) -> PipelineError:
    if url:
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
    with pytest.raises(PipelineError) as caught:
        sync(webhook_url=WEBHOOK, destination="postgres")
    with pytest.raises(PipelineError) as again:
        build(target="postgres")
    assert str(again.value) == str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_without_credentials_the_way_to_give_them_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address, or half of one, is wrong usage."""
    for url in (None, "postgresql://127.0.0.1/b24"):
        refusal = _refusal(monkeypatch, url)
        assert refusal.exit_code == 2
        assert "DESTINATION__POSTGRES__CREDENTIALS" in str(refusal)


def test_credentials_may_stand_in_a_file(tmp_path: Path, postgres: PostgresServer) -> None:
    """`.dlt/secrets.toml` serves as well, field by field, and the command says in one line what is wrong."""
    (tmp_path / ".dlt").mkdir()
    lines = ["[destination.postgres.credentials]", 'host = "127.0.0.1"', f"port = {postgres.port}"]
    lines += ['username = "b24"', f'password = "{PASSWORD}"', 'database = "no such one"']
    (tmp_path / ".dlt" / "secrets.toml").write_text("\n".join(lines))
    command = ["-m", "pipelines.cli", "build", "--target", "postgres"]
    process = start(command, tmp_path, dict(os.environ) | {"PYTHONPATH": str(ROOT)})

    _, said = process.communicate(timeout=60)

    assert process.poll() == 1
    assert 'database "no such one" does not exist' in said.decode()
    assert PASSWORD not in said.decode()
    assert len(said.decode().splitlines()) == 1


def test_a_wrong_password_and_a_silent_server_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer
) -> None:
    """Each says what to mend, and neither message has the password in it."""
    locked_out = _refusal(monkeypatch, postgres.url("postgres", "wrong-one"))
    silent = _refusal(monkeypatch, postgres.url("postgres").replace(f":{postgres.port}", ":9"))

    assert "lets b24 not in: check user and password" in str(locked_out)
    assert "127.0.0.1:9/postgres cannot be reached" in str(silent)
    for refusal in (locked_out, silent):
        assert refusal.exit_code == 1
        assert PASSWORD not in str(refusal)
        assert "wrong-one" not in str(refusal)
