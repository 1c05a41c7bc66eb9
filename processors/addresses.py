"""Which addresses are of the public Internet, so that an endpoint does not reach what is behind our own walls."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: the last four bytes are an IPv4 address, which is where it leads."""


def is_public(said: str) -> bool:
    """Whether an IP address is one that everybody may reach: not private, loopback, link-local, shared, reserved or
    multicast, nor an IPv6 address that leads to such an IPv4 one.

    >>> is_public("93.184.216.34"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    address = ip_address(said.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.is_site_local:
            return False
        inner = _inside(address)
        if inner is not None:
            address = inner
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
