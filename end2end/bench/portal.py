"""`keystream serve` on a directory of its own, over one simulated account and Region."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from client import ATTEMPTS_PER_NETWORK, OPERATOR, PASSWORD, VIEWER, Client
from processes import Process, environment
from simulator import ACCOUNT, REGION, Simulator

CHECKPOINT_KEY = "checkpoint.pem"
SESSIONS_PER_USER = 4
"""A user may have 24 event connections, and a session six."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Portal:
    """A portal that is started and stopped again and again on the same directory and port, so that a session lasts."""

    def __init__(self, binary: Path, directory: Path, database: str = "", regions: Sequence[str] = (REGION,)) -> None:
        self._binary, self.directory, self._regions = binary, directory, regions
        directory.mkdir(parents=True, exist_ok=True)
        self.origin = f"http://127.0.0.1:{free_port()}"
        self._process: Process | None = None
        self.cookies: list[str] = []
        self._operators = {OPERATOR}
        self.listening_at = 0.0
        self.site = binary.parent / "site"
        self._settings = {
            "KEYSTREAM_LISTEN": urlsplit(self.origin).netloc,
            "KEYSTREAM_DATABASE_URL": database or f"sqlite://{directory / 'keystream.db'}",
        }
        if database:
            self._settings["KEYSTREAM_CHECKPOINT_KEY"] = str(directory.parent / CHECKPOINT_KEY)
            self._settings["KEYSTREAM_CHECKPOINT_FILE"] = str(directory / "checkpoints.jsonl")

    def copied_to(self, directory: Path) -> Portal:
        """A portal that starts with what this one knows."""
        shutil.copytree(self.directory, directory)
        return Portal(self._binary, directory)

    def own_site(self) -> None:
        """Serves a copy of the site, to which files may be added."""
        self.site = Path(shutil.copytree(self.site, self.directory / "site"))

    @property
    def pkg(self) -> Path:
        return self.site / "pkg"

    def command(self, *args: str, typed: str = "") -> str:
        """Runs a command of `keystream` beside the portal."""
        done = subprocess.run(
            [self._binary, *args],
            env=environment(self._settings),
            cwd=self.directory,
            input=typed,
            text=True,
            capture_output=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"keystream {' '.join(args)} failed: {done.stderr}")
        return done.stdout

    def add_users(self) -> None:
        for user, role in ((OPERATOR, "operator"), (VIEWER, "viewer")):
            self._add_user(user, role)

    def _add_user(self, user: str, role: str) -> None:
        self.command("user", "add", user, "--role", role, "--password-stdin", typed=f"{PASSWORD}\n")

    def start(self, simulator: Simulator, budget_percent: int = 25) -> None:
        self._write_targets(simulator, budget_percent)
        settings = self._settings | {"KEYSTREAM_SITE_ROOT": str(self.site)} | simulator.credentials()
        self._process = Process([self._binary, "serve"], settings, self.directory)
        self.listening_at = self._process.says(r"Listening on (http:\S+)", within=120)[0]

    def _write_targets(self, simulator: Simulator, budget_percent: int) -> None:
        lines = []
        for region in self._regions:
            lines += [
                "[[target]]",
                f'account = "{ACCOUNT}"',
                f'region = "{region}"',
                f'endpoint = "{simulator.url}"',
                f"speed = {simulator.speed}",
                f"budget_percent = {budget_percent}",
            ]
        (self.directory / "keystream.toml").write_text("\n".join(lines) + "\n")

    @property
    def process(self) -> Process:
        assert self._process, "the portal is not running"
        return self._process

    def sign_in(self, user: str = "") -> Client:
        """Somebody with a new session: this user, else one of as many operators as so many sessions need."""
        client = Client(self.origin, network=len(self.cookies) // ATTEMPTS_PER_NETWORK)
        client.sign_in(user or self._next_operator())
        self.cookies.append(client.cookie)
        return client

    def _next_operator(self) -> str:
        number = len(self.cookies) // SESSIONS_PER_USER
        user = OPERATOR if number == 0 else f"{OPERATOR}-{number}"
        if user not in self._operators:
            self._add_user(user, "operator")
            self._operators.add(user)
        return user

    def client(self) -> Client:
        """Somebody with the session that was begun first, on a new connection."""
        return Client(self.origin, self.cookies[0]) if self.cookies else self.sign_in()

    def restart(self, simulator: Simulator) -> None:
        self.stop()
        self.start(simulator)

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None
