"""Finding where an endpoint may be reached: its name is resolved once, and what was checked is what is connected to.

To check a name and then let somebody else resolve it again would be of no use: the second answer may be another one.
"""

import asyncio
import socket
from urllib.parse import SplitResult

from processors.addresses import is_public
from schemas.endpoints import Endpoint

_PORTS = {"https": 443, "http": 80, "smtps": 465, "smtp": 587}


class ForbiddenAddressError(RuntimeError):
    """The endpoint is where it may not be."""


def port_of(url: SplitResult) -> int:
    """The port that a URL says or means."""
    return url.port or _PORTS[url.scheme]


async def addresses_of(endpoint: Endpoint) -> list[str]:
    """The IP addresses that deliveries to an endpoint may go to, at least one.

    Raises:
        ForbiddenAddressError: if every one is private and that is not allowed, or public and would be sent to in the
            clear.
        OSError: if the name does not resolve.
    """
    url = endpoint.address
    found = await asyncio.get_running_loop().getaddrinfo(url.hostname, port_of(url), type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not endpoint.allow_private:
        addresses = [address for address in addresses if is_public(address)]
        if not addresses:
            raise ForbiddenAddressError("it is at a private address: say allow_private = true if that is meant")
    if url.scheme == "http":
        addresses = [address for address in addresses if not is_public(address)]
        if not addresses:
            raise ForbiddenAddressError("it is in the public Internet: http would be read by others, write https")
    return addresses
