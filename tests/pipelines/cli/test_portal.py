# ruff: noqa: ANN001 - fixtures are typed where they are made

import subprocess

import httpx


def test_the_portal_says_ready_first_and_answers(b24) -> None:
    """The first line on stdout is READY and a webhook that works; an interrupt ends it."""
    process = subprocess.Popen(
        b24.words(["portal", "--seed", "7", "--rate", "0"]),
        cwd=b24.folder,
        env=b24.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ready, url = process.stdout.readline().split()
        assert ready == "READY"
        assert httpx.get(f"{url}profile").status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=20)
