"""A network namespace with one link to this one, which can be pulled like a cable."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from ipaddress import IPv4Network, ip_network
from typing import Self

#: Networks that are set aside for documents and for benches; one that this machine does not use is taken.
NETWORKS = ("203.0.113.248/30", "198.51.100.248/30", "198.19.255.248/30")


class NoNamespace(RuntimeError):
    """The message says why."""


class Namespace:
    """``prefix`` starts a command inside, ``here`` is our address as seen from there.

    Raises:
        NoNamespace: the kernel does not let us make one, or the command `ip` is missing.
    """

    def __init__(self) -> None:
        if shutil.which("ip") is None:
            raise NoNamespace("a network namespace needs the command `ip` (Debian: iproute2)")
        self.name = f"atelier-{os.getpid()}"
        self._link = f"at{os.getpid() % 10_000_000}"
        self.prefix = ("ip", "netns", "exec", self.name)
        here, there = _free_network().hosts()
        self.here, self._there = str(here), str(there)

    def __enter__(self) -> Self:
        try:
            _ip("netns", "add", self.name)
            _ip("link", "add", self._link, "type", "veth", "peer", "name", "far", "netns", self.name)
            _ip("address", "add", f"{self.here}/30", "dev", self._link)
            _ip("link", "set", self._link, "up")
            _ip("-n", self.name, "address", "add", f"{self._there}/30", "dev", "far")
            _ip("-n", self.name, "link", "set", "far", "up")
            _ip("-n", self.name, "link", "set", "lo", "up")
        except subprocess.CalledProcessError as error:
            self._remove()
            raise NoNamespace(f"a network namespace cannot be made here: {error.stderr.strip()}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def cut(self) -> None:
        """Pull the cable."""
        _ip("link", "set", self._link, "down")

    def heal(self) -> None:
        """Put it back."""
        _ip("link", "set", self._link, "up")

    def _remove(self) -> None:
        for command in (("link", "delete", self._link), ("netns", "delete", self.name)):
            subprocess.run(["ip", *command], capture_output=True, check=False)


def _free_network() -> IPv4Network:
    routes = json.loads(_ip("-json", "route"))
    used = [ip_network(route["dst"]) for route in routes if route["dst"] != "default"]
    for candidate in map(IPv4Network, NETWORKS):
        if not any(network.version == 4 and candidate.overlaps(network) for network in used):
            return candidate
    raise NoNamespace("this machine uses every network that a test may take")


def _ip(*command: str) -> str:
    return subprocess.run(["ip", *command], capture_output=True, check=True, text=True).stdout
