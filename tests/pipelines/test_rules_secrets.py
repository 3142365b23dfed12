"""Sync rule 10: the webhook's token reaches no file, no log, no error and no other host."""

import logging
from pathlib import Path

import pytest

from sources.bitrix24.errors import AuthError, PortalMovedError
from sources.demo_portal import DemoPortal, Fault
from tests.pipelines.rig import Rig, rig_with, small_portal
from tests.pipelines.test_rules_kill import kill_when

TOKEN = "sEcr3tT0kenDeadBeef42"


def holders_of(token: str, folder: Path) -> list[str]:
    """The files in a folder, at any depth, that hold the token in any of its spellings."""
    spellings = [token.encode(), token.encode("utf-16-le"), token.encode().hex().encode()]
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(spelling in path.read_bytes() for spelling in spellings)
    ]


def portal_with_links() -> DemoPortal:
    """A portal whose files link to themselves with the webhook, as real ones do."""
    portal = small_portal(40, token=TOKEN)
    field = next(row for row in portal.store.table("custom_fields").rows() if row["USER_TYPE_ID"] == "file")
    link = f"https://portal.example/rest/1/{TOKEN}/download/?token=disk%7Cabc"
    for number in portal.store.records("deals").table.ids[:5]:
        row = portal.store.table("deals").get(int(number)) or {}
        row |= {field["FIELD_NAME"]: {"id": 1, "showUrl": link, "downloadUrl": link, "url": link}}
        row |= {"COMMENTS": f"see {link}"}
        portal.store.records("deals").table.put(row)
    return portal


class TestSecrets:
    """Rule 10."""

    def test_token_is_in_no_file_and_no_output(self, tmp_path: Path) -> None:
        """Killed, failed and finished runs at DEBUG level leave it nowhere: data, state, traces, logs."""
        with rig_with(portal_with_links(), tmp_path) as rig:
            kill_when(rig, "spool/*/*.ndjson", "deals", "users")
            assert holders_of(TOKEN, tmp_path) == []
            kill_when(rig, "dlt/*/started_jobs/*.parquet", "deals", "users")
            assert holders_of(TOKEN, tmp_path) == []
            denied = Fault("command_error", method="user.get", times=-1, code="", description="no")
            rig.portal.faults.add(denied)
            self._finish(rig, expected=1)
            revoked = Fault("error", times=-1, status=401, code="NO_AUTH_FOUND", description="no")
            rig.portal.faults.add(revoked)
            self._finish(rig, expected=1)
            assert holders_of(TOKEN, tmp_path) == []
            assert len(list(tmp_path.rglob("*"))) > 3
            assert rig.live_ids() == rig.portal_ids()
            assert rig.fetch("SELECT count(*) FROM bitrix24.deals WHERE comments LIKE '%***%'") == [(5,)]

    @staticmethod
    def _finish(rig: Rig, expected: int) -> None:
        process = rig.process("deals", "users")
        output, errors = process.communicate(timeout=60)
        assert process.returncode == expected, errors.decode()[-2_000:]
        assert b"DEBUG" in errors
        assert TOKEN.encode() not in output + errors

    def test_links_that_open_files_are_not_stored(self, tmp_path: Path) -> None:
        """A file's id stays; what would open it for whoever reads the warehouse does not."""
        with rig_with(portal_with_links(), tmp_path) as rig:
            rig.sync("deals")
            code = next(
                str(row["FIELD_NAME"]).lower()
                for row in rig.portal.store.table("custom_fields").rows()
                if row["USER_TYPE_ID"] == "file"
            )
            found = rig.fetch(f"SELECT {code} FROM bitrix24.deals WHERE {code} IS NOT NULL")
            files = [text for (text,) in found]
            assert '{"id":1}' in files
            assert not [text for text in files if "http" in text or "auth=" in text or "Url" in text]

    def test_error_text_and_log_hold_no_token(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """A refused webhook is told without saying it."""
        caplog.set_level(logging.DEBUG)
        portal = small_portal(5, token=TOKEN)
        with rig_with(portal, tmp_path) as rig:
            wrong = rig.url.replace(TOKEN, TOKEN + "x")
            with pytest.raises(AuthError) as refused:
                Rig(portal, wrong, rig.db).sync("deals")
            assert refused.value.__cause__ is None
            assert TOKEN not in str(refused.value) + repr(refused.value)
            assert TOKEN not in caplog.text
            assert not rig.db.exists()
            assert holders_of(TOKEN, tmp_path) == []

    def test_redirect_on_the_same_host_is_followed(self, tmp_path: Path) -> None:
        """A portal that moves within its host gets the request again, body and all."""
        portal = small_portal(10, token=TOKEN)
        portal.faults.add(Fault("redirect", at=1))
        with rig_with(portal, tmp_path) as rig:
            assert rig.sync("deals").exit_code == 0
            assert rig.live_ids() == rig.portal_ids()

    def test_redirect_to_another_host_is_refused(self, tmp_path: Path) -> None:
        """The new address is named, nothing is sent there, and no file is made."""
        portal, stranger = small_portal(5, token=TOKEN), small_portal(5, token=TOKEN)
        with rig_with(portal, tmp_path) as rig, rig_with(stranger, tmp_path) as other:
            target = other.url.replace("127.0.0.1", "localhost")
            portal.faults.add(Fault("redirect", times=-1, location=f"{target}batch"))
            with pytest.raises(PortalMovedError, match="localhost") as refused:
                rig.sync("deals")
            assert stranger.stats.requests == 0
            assert TOKEN not in str(refused.value)
            assert not rig.db.exists()
