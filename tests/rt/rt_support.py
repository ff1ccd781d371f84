"""Request Tracker 5 from Debian as a foreign office system: its server, its set-up, and the adapter in front of it, each in a process of its own."""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from adapter_names import HOOK_SECRET, QUEUE
from journeys_support import answers, free_port
from tests_support import ROOT, eventually

PACKAGES = ("request-tracker5", "rt5-db-sqlite", "rt5-standalone", "libwww-perl", "libjson-perl")
SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
PASSWORD = "a-password-of-rt"
PEOPLE = ("wang_fang", "zhao_lei", "wu_gang", "chen_jing", "qian_yi")


def require_rt() -> None:
    """Install Request Tracker where that can be; skip, loudly, where it cannot."""
    if SERVER.exists() and shutil.which("rt-setup-database-5"):
        return
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        pytest.skip("REQUEST TRACKER DID NOT RUN: it is installed by apt, as root on Debian")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=environment, capture_output=True, check=False)
    done = subprocess.run(
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES], env=environment, capture_output=True, text=True
    )
    if done.returncode or not SERVER.exists():
        pytest.skip(f"REQUEST TRACKER DID NOT RUN: apt-get failed: {done.stderr[-300:]}")


def site(folder: Path, port: int) -> str:
    return textwrap.dedent(
        f"""
        Set($rtname, 'rehearsal');
        Set($DatabaseType, 'SQLite');
        Set($DatabaseName, '{folder}/rt.db');
        Set($WebDomain, '127.0.0.1');
        Set($WebPort, {port});
        Set($WebPath, '');
        Set($WebBaseURL, 'http://127.0.0.1:{port}');
        Set($MailCommand, 'testfile');
        Set($LogToSyslog, undef);
        Set($LogToSTDERR, 'error');
        1;
        """
    )


def initial_data(adapter: str) -> str:
    """Return people, a queue with the life cycle of approvals, the fields that carry our key and nonce, and a scrip that tells of every change of status."""
    users = ",\n".join(
        f"{{ Name => '{name}', EmailAddress => '{name}@example.com', Privileged => 1, Password => '{PASSWORD}' }}" for name in PEOPLE
    )
    fields = ",\n".join(
        f"{{ Name => '{name}', Type => 'FreeformSingle', MaxValues => 1, LookupType => 'RT::Queue-RT::Ticket', Queue => '{QUEUE}' }}"
        for name in ("TaskKey", "Nonce", "Link")
    )
    rights = (
        "SeeQueue",
        "ShowTicket",
        "ModifyTicket",
        "OwnTicket",
        "ReplyToTicket",
        "CommentOnTicket",
        "CreateTicket",
        "SeeCustomField",
        "ModifyCustomField",
    )
    granted = ",\n".join(f"{{ GroupDomain => 'SystemInternal', GroupType => 'Privileged', Right => '{right}' }}" for right in rights)
    tell = textwrap.dedent(
        f"""
        use LWP::UserAgent; use JSON; use Digest::SHA qw(hmac_sha256_hex);
        my $txn = $self->TransactionObj; my $ticket = $self->TicketObj;
        my $body = JSON->new->utf8->encode({{ transaction => $txn->id + 0, ticket => $ticket->id + 0, actor => $txn->CreatorObj->Name,
          old => $txn->OldValue, new => $txn->NewValue }});
        my $agent = LWP::UserAgent->new(timeout => 3);
        my $answer = $agent->post('{adapter}/rt', 'Content-Type' => 'application/json',
          'X-RT-Signature' => hmac_sha256_hex($body, '{HOOK_SECRET}'), Content => $body);
        RT->Logger->error('told nobody: ' . $answer->status_line) unless $answer->is_success;
        1;
        """
    )
    return textwrap.dedent(
        f"""
        @Users = ({users});
        @Queues = ({{ Name => '{QUEUE}', Lifecycle => 'approvals' }});
        @CustomFields = ({fields});
        @ACL = ({granted});
        @Scrips = ({{ Description => 'Tell of decisions', Queue => 0, ScripCondition => 'On Status Change', ScripAction => 'User Defined',
          CustomPrepareCode => 'return 1;', Template => 'Blank', CustomCommitCode => q{{{tell}}} }});
        1;
        """
    )


@contextmanager
def tracker(folder: Path, adapter: str) -> Iterator[str]:
    """Give the address of a Request Tracker that was set up a moment ago."""
    port = free_port()
    (folder / "parts").mkdir()
    (folder / "site.pm").write_text(site(folder, port), encoding="utf-8")
    (folder / "data.pl").write_text(initial_data(adapter), encoding="utf-8")
    environment = {**os.environ, "RT_SITE_CONFIG": str(folder / "site.pm"), "RT_SITE_CONFIG_DIR": str(folder / "parts")}
    for arguments in (["--action", "init", "--skip-create"], ["--action", "insert", "--datafile", str(folder / "data.pl")]):
        done = subprocess.run(["rt-setup-database-5", *arguments], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    with open(folder / "rt.log", "ab") as log:
        process = subprocess.Popen([str(SERVER), "--host", "127.0.0.1", "--port", str(port)], env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(f"{address}/NoAuth/css/elevator-light/main.css") or answers(address), 60)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def adapter(folder: Path, port: int, rt: str, callback: str) -> Iterator[None]:
    """Run the adapter at a port."""
    command = [
        sys.executable, str(Path(__file__).parent / "adapter.py"), "--port", str(port), "--store", str(folder / "adapter.sqlite"), "--rt", rt,
        "--callback", callback,
    ]  # fmt: skip
    with open(folder / "adapter.log", "ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/health"))
        yield
    finally:
        process.terminate()
        process.wait(20)


class Rt:
    """Request Tracker as its people use it, over its own interface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, user: str) -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}/REST/2.0", auth=(user, PASSWORD if user != "root" else "password"), timeout=60)

    def tickets(self, user: str, status: str = "open") -> list[int]:
        """Return the tickets that somebody owns."""
        with self.client("root") as client:
            query = f"Queue = '{QUEUE}' AND Owner = '{user}' AND Status = '{status}'"
            items = client.get("/tickets", params={"query": query, "per_page": 100}).raise_for_status().json()["items"]
        return sorted(int(item["id"]) for item in items)

    def press(self, user: str, ticket: int, status: str = "resolved") -> httpx.Response:
        with self.client(user) as client:
            return client.put(f"/ticket/{ticket}", json={"Status": status})
