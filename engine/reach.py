"""Which addresses a connection may lead to: not back to this machine, its own link or what a cloud tells its machines, unless the installation lists them.

An administrator enters addresses, and whoever sits at the other end of one may change what its name stands for. So a name is resolved when it is connected to,
and the connection goes to the very address that was looked at.
"""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from engine.errors import Fault
from engine.settings import read_settings

Address = IPv4Address | IPv6Address
SETTING = "SHENPI_LOCAL_HOSTS"
RESOLVE = 3.0  #: seconds for which somebody who saves an address waits for its name
#: where clouds tell their machines who they are, with what they may do
METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
                     "fd00:ec2::23", "fd20:ce::254"))
)  # fmt: skip
ZERO, BROADCAST = ip_network("0.0.0.0/8"), ip_address("255.255.255.255")
TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("::/96"))  #: an IPv4 address stands in the last four bytes


class Unreachable(OSError):
    """A host that may not be reached; its text names the address and the setting that would allow it."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} leads to {address}, which may not be reached unless {SETTING} lists it")
        self.host, self.address = host, address


@dataclass(frozen=True, slots=True)
class Listed:
    """What the installation allows."""

    hosts: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]

    def allows(self, host: str, address: Address) -> bool:
        """Tell whether an address, or the host whose it is, is listed. A cloud's own must stand there by itself: no network takes it along."""
        if host in self.hosts:
            return True
        networks = [network for network in self.networks if address in network]
        return any(address not in METADATA or network.num_addresses == 1 for network in networks)


@lru_cache(maxsize=16)
def listed(text: str) -> Listed:
    """Read hosts, addresses and networks with commas between."""
    hosts, networks = set(), []
    for word in filter(None, (part.strip().lower().strip("[]") for part in text.split(","))):
        try:
            networks.append(ip_network(word, strict=False))
        except ValueError:
            hosts.add(word.rstrip("."))
    return Listed(frozenset(hosts), tuple(networks))


def meanings(address: Address) -> Iterator[Address]:
    """Yield an address and the IPv4 addresses that it carries in itself: a gateway, or this machine, may take it for one of them."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    yield mapped or address
    if isinstance(address, IPv6Address):
        carried = [address.sixtofour, *(address.teredo or ())]
        carried += [IPv4Address(int(address) & 0xFFFFFFFF) for network in TRANSLATED if address in network and int(address) > 1]
        yield from filter(None, carried)


def is_local(address: Address) -> bool:
    """Tell whether an address is this machine's, its link's, a cloud's own, or nobody's in particular."""
    special = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return special or address in METADATA or address in ZERO or address == BROADCAST


def may_reach(host: str, address: str) -> bool:
    """Tell whether a connection to a host may go to one of its addresses. Private networks may be reached: office systems in the house stand there."""
    allowed, name = listed(read_settings().local_hosts), host.lower().strip("[]").rstrip(".")
    return all(not is_local(each) or allowed.allows(name, each) for each in meanings(ip_address(address.partition("%")[0])))


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host that may be reached, in the order of the system.

    Refuses with `Unreachable` where there is none among them, with `OSError` a name that nobody knows.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host[:100]} is no name of a host") from error
    every = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    good = [address for address in every if may_reach(host, address)]
    if not good:
        raise Unreachable(host[:253], every[0] if every else "nothing")
    return good


def connect(host: str, port: int, timeout: float) -> socket.socket:
    """Return a connection to a host, made within some seconds. Refuses as `addresses` does, and with `OSError` (`TimeoutError`) where nobody answers."""
    until, failure = time.monotonic() + timeout, OSError(f"{host} has no address")
    for address in addresses(host, port):
        try:
            return socket.create_connection((address, port), max(0.001, until - time.monotonic()))
        except OSError as error:
            failure = error
    raise failure


def fault_of(url: str, path: str) -> Fault | None:
    """Return why an address cannot be saved, or None. A name that cannot be resolved now may be known later: it is looked at when it is connected to."""
    parts = urlsplit(url)
    pool = ThreadPoolExecutor(1, thread_name_prefix="resolve")
    try:
        pool.submit(addresses, (parts.hostname or "").encode("idna").decode(), parts.port or 443).result(RESOLVE)
    except Unreachable as refused:
        return Fault(
            "address-local", f"地址指向本机、本地链路或云平台元数据（{refused.address}），不允许连接。确有需要时，由运维在 {SETTING} 中列出",
            f"The address leads to this machine, its own link or a cloud's metadata ({refused.address}); where that is wanted, {SETTING} must list it",
            path=path, found=refused.address,
        )  # fmt: skip
    except (OSError, ValueError, TooLong):
        return None
    finally:
        pool.shutdown(wait=False)
    return None
