"""TCP ports: is one free, and which."""

import errno
import socket

from shared.errors import ConfigurationError, Conflict


def claim_port(host: str, port: int) -> int:
    """A port of ``host`` that can be listened on: ``port``, or any free one when it is 0.

    Raises:
        Conflict: if something listens there already.
        ConfigurationError: if the address or the port may not be used at all.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the web server does: a port in TIME_WAIT after a restart is not in use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _explain(host, port, error) from None
        return int(probe.getsockname()[1])


def _explain(host: str, port: int, error: OSError) -> Conflict | ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            f"Port {port} on {host} is in use by another program. "
            f"Stop it, or choose another port: atelier up --port {port + 1}",
            field="port",
        )
    if error.errno == errno.EACCES:
        return ConfigurationError(f"Port {port} needs administrator rights; use one over 1023.", field="port")
    return ConfigurationError(f"Cannot listen on {host}:{port}: {error.strerror or error}", field="host")
