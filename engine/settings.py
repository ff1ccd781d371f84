"""Every setting with its default, read once from the environment.

`SHENPI_HOME` is the folder for everything that is kept (database, archive, logs). A setting `NAME_FILE` names a file that holds the value, for secrets.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process. Times are in seconds, sizes in bytes."""

    #: folder of everything that is kept
    home: Path
    #: SQLAlchemy address of a large server; empty means the embedded one in `home`
    database_url: str
    #: address under which people and office systems reach the pages
    public_url: str
    #: key that signs sessions; made and kept in `home` when not given
    secret_key: str
    #: keys that seal the credentials of connections, the newest first, with commas between; one is made and kept in `home` when none is given
    credentials_key: str
    #: allows `shenpi clock advance`, the demo company and plain http
    development: bool
    #: hosts that may show our pages in a frame
    frame_ancestors: str
    #: default delay before a late approver is reminded, ISO 8601 duration
    reminder_after: str
    #: how long after an urge the same task may be urged again, ISO 8601 duration
    urge_every: str
    #: mail server for reminders; empty means that no mail is sent
    smtp_host: str
    smtp_port: int
    mail_from: str
    #: where alerts are posted besides mail, and the secret that signs them; empty means nowhere
    alert_webhook: str
    alert_secret: str
    #: hosts, addresses and networks of this machine, its link or a cloud's metadata that connections may lead to all the same, with commas between
    local_hosts: str
    #: days for which requests to office systems and their answers are kept
    keep_exchanges: int
    #: days for which it is kept who signed in
    keep_sign_ins: int
    #: seconds without a sign of life after which a worker's jobs are given to others
    worker_stalled: float
    #: largest upload
    max_upload: int
    #: time zone in which dates are shown and months of filing are counted
    time_zone: str
    #: when people work, for timers that count by a calendar
    working_hours: str
    #: how long a message is kept for somebody who waits for it later, ISO 8601 duration
    message_ttl: str
    #: how much one step may do: elements passed, instances of one multi-instance, steps of scripts, tokens at once, bytes of one variable and of all of a case
    limit_elements: int
    limit_instances: int
    limit_steps: int
    limit_tokens: int
    limit_value: int
    limit_variables: int

    @property
    def archive_folder(self) -> Path:
        return self.home / "archive"

    @property
    def database_folder(self) -> Path:
        return self.home / "database"

    @property
    def delegates_file(self) -> Path:
        """The administrator's table `[operations]`: a Java class, delegate expression or listener of a drawing = an operation, or nothing."""
        return self.home / "delegates.toml"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; an unreadable `..._FILE` stops the program with its name."""
    env = os.environ if environ is None else environ

    def value(name: str, default: str) -> str:
        path = env.get(f"{name}_FILE")
        return Path(path).read_text(encoding="utf-8").strip() if path else env.get(name, default)

    return Settings(
        home=Path(value("SHENPI_HOME", "var")).resolve(),
        database_url=value("DATABASE_URL", ""),
        public_url=value("SHENPI_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        secret_key=value("SHENPI_SECRET_KEY", ""),
        credentials_key=value("SHENPI_CREDENTIALS_KEY", ""),
        development=value("SHENPI_DEVELOPMENT", "") == "1",
        frame_ancestors=value("SHENPI_FRAME_ANCESTORS", "'self'"),
        reminder_after=value("SHENPI_REMINDER_AFTER", "PT24H"),
        urge_every=value("SHENPI_URGE_EVERY", "PT30M"),
        smtp_host=value("SHENPI_SMTP_HOST", ""),
        smtp_port=int(value("SHENPI_SMTP_PORT", "25")),
        mail_from=value("SHENPI_MAIL_FROM", "shenpi@localhost"),
        alert_webhook=value("SHENPI_ALERT_WEBHOOK", ""),
        alert_secret=value("SHENPI_ALERT_SECRET", ""),
        local_hosts=value("SHENPI_LOCAL_HOSTS", ""),
        keep_exchanges=int(value("SHENPI_KEEP_EXCHANGES", "90")),
        keep_sign_ins=int(value("SHENPI_KEEP_SIGN_INS", "180")),
        worker_stalled=float(value("SHENPI_WORKER_STALLED", "8")),
        max_upload=int(value("SHENPI_MAX_UPLOAD", str(20 * 1024 * 1024))),
        time_zone=value("SHENPI_TIME_ZONE", "Asia/Shanghai"),
        working_hours=value("SHENPI_WORKING_HOURS", "09:00-12:00,13:00-18:00"),
        message_ttl=value("SHENPI_MESSAGE_TTL", "P7D"),
        limit_elements=int(value("SHENPI_LIMIT_ELEMENTS", "20000")),
        limit_instances=int(value("SHENPI_LIMIT_INSTANCES", "5000")),
        limit_steps=int(value("SHENPI_LIMIT_STEPS", "2000000")),
        limit_tokens=int(value("SHENPI_LIMIT_TOKENS", "20000")),
        limit_value=int(value("SHENPI_LIMIT_VALUE", "2000000")),
        limit_variables=int(value("SHENPI_LIMIT_VARIABLES", "10000000")),
    )
