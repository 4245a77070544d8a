# SPDX-License-Identifier: GPL-2.0-or-later
"""Random packets for a site, most of them at the edges of what its policy says."""

import ipaddress

import sites
import wire
from wire import ACK, FIN, ICMP, ICMP6, PSH, RST, SYN, TCP, UDP, URG

BITS = {4: 32, 6: 128}


def conntrack_state(packet):
    """What conntrack says of the first packet of a pair of hosts. Source: tcp_valid_flags[] and tcp_conntracks[] in
    nf_conntrack_proto_tcp.c (with nf_conntrack_tcp_loose), valid_new[] in nf_conntrack_proto_icmp.c and _icmpv6.c,
    noct_valid_new[] in the latter."""
    if packet.proto == TCP:
        flags = packet.flags & ~PSH
        if flags not in (SYN, SYN | URG, SYN | ACK, RST, RST | ACK, FIN | ACK, FIN | ACK | URG, ACK, ACK | URG):
            return "invalid"
        return "new" if flags & ~URG in (SYN, ACK) else "invalid"
    if packet.proto == ICMP and packet.family == 4:
        return "new" if packet.icmp_type in (8, 13, 15, 17) else "invalid"
    if packet.proto == ICMP6 and packet.family == 6:
        if packet.icmp_type in (130, 131, 132, 133, 134, 135, 136, 143):
            return "untracked"
        return "new" if packet.icmp_type in (128, 139) else "invalid"
    return "new"


class Chooser:
    """way_of: the interface by which the firewall reaches an address."""

    def __init__(self, site, rng, way_of, own):
        self.site, self.rng, self.way_of = site, rng, way_of
        self.own = [ipaddress.ip_address(a) for a in own]  # the firewall's: packets from there are no packets of others
        self.edges = {4: [], 6: []}
        self.ranges = {4: [], 6: []}
        self.used = set()
        for whole in self.all_ranges():
            self.ranges[whole.family].append(whole)
            for number in (whole.first - 1, whole.first, whole.last, whole.last + 1):
                if 0 <= number < 1 << BITS[whole.family]:
                    self.edges[whole.family].append(whole.address(number))
        self.ports = self.all_ports()

    def all_ranges(self):
        site = self.site
        for zone in site.zones.values():
            yield from zone["networks"]
            for nat in zone.get("source_nat", []):
                yield sites.Range.of(nat)
        for endpoint in site.endpoints.values():
            if endpoint:
                yield from endpoint["addresses"]
        for service in site.services:
            yield from service["addresses"]
            if service["proxy"]:
                yield sites.Range.of(str(service["proxy"]))
        for access in site.management:
            yield from access["from"]
        for exception in site.exceptions:
            yield exception["from"]
            yield exception["to"]
        for text in sites.MARTIANS:
            yield sites.Range.of(text)

    def all_ports(self):
        found = set()
        lists = list(self.site.ports.values()) + [s["ports"] for s in self.site.services]
        lists += [m["ports"] for m in self.site.management] + [e["ports"] for e in self.site.exceptions]
        for entries in lists:
            for entry in entries:
                for port in (entry[1] - 1, entry[1], entry[2], entry[2] + 1):
                    if 0 <= port <= 65535:
                        found.add(port)
        return sorted(found | {0, 22, 53, 443, 65535})

    # --- single choices ---

    def in_range(self, whole):
        choice = self.rng.random()
        if choice < 0.35:
            return whole.address(whole.first)
        if choice < 0.7:
            return whole.address(whole.last)
        return whole.address(self.rng.randint(whole.first, whole.last))

    def any_address(self, family):
        if family == 4:
            return ipaddress.IPv4Address(self.rng.getrandbits(32))
        return ipaddress.IPv6Address((0x2001 << 112) | self.rng.getrandbits(112))

    def edge(self, family):
        if self.edges[family] and self.rng.random() < 0.9:
            return self.rng.choice(self.edges[family])
        return self.any_address(family)

    def of_role(self, role, family):
        """An address of the role, or None."""
        if role == "internet":
            return self.any_address(family) if self.rng.random() < 0.5 else self.edge(family)
        if role in self.site.catalogue.services:
            lists = [s["addresses"] for s in self.site.services if s["role"] == role]
            here = [r for entries in lists for r in entries if r.family == family]
        else:
            endpoint = self.site.endpoints.get(role)
            here = [r for r in endpoint["addresses"] if r.family == family] if endpoint else []
        return self.in_range(self.rng.choice(here)) if here else None

    def near(self, address):
        number = int(address) + self.rng.choice([-1, 1])
        return type(address)(number % (1 << BITS[address.version]))

    def protocol_and_port(self, flow):
        if flow["to"] in self.site.catalogue.services:
            lists = [e[:3] for s in self.site.services if s["role"] == flow["to"] for e in s["ports"]]
        else:
            lists = self.site.ports.get(flow["ports"], [])
        if not lists:
            return TCP, 443
        proto, first, last = self.rng.choice(lists)
        return TCP if proto == "tcp" else UDP, self.rng.choice([first, last])

    # --- whole packets ---

    def by_flow(self, family):
        flow = self.rng.choice(self.site.flows)
        src, dst = self.of_role(flow["from"], family), self.of_role(flow["to"], family)
        if src is None or dst is None:
            return None
        proxies = [s["proxy"] for s in self.site.services if s["role"] == flow["to"] and s["proxy"]]
        if proxies and self.rng.random() < 0.4:
            proxy = self.rng.choice(proxies)
            src = proxy if proxy.version == family else src
        return (src, dst) + self.protocol_and_port(flow)

    def by_exception(self, family):
        here = [e for e in self.site.exceptions if e["from"].family == family]
        if not here:
            return None
        exception = self.rng.choice(here)
        proto, first, last, _ = self.rng.choice(exception["ports"])
        return (self.in_range(exception["from"]), self.in_range(exception["to"]), TCP if proto == "tcp" else UDP,
                self.rng.choice([first, last]))

    def to_itself(self, family):
        """To the appliance, as one who may come or as another."""
        here = [a for a in self.own if a.version == family]
        access = [m for m in self.site.management if m["from"][0].family == family]
        if not here or not access:
            return None
        entry = self.rng.choice(access)
        proto, first, last = self.rng.choice(entry["ports"])
        return (self.in_range(entry["from"][0]), self.rng.choice(here), TCP if proto == "tcp" else UDP,
                self.rng.choice([first, last]))

    def by_edges(self, family):
        return (self.edge(family), self.edge(family), self.rng.choice([TCP, TCP, UDP]), self.rng.choice(self.ports))

    def by_roles(self, family):
        roles = [r for r, e in self.site.endpoints.items() if e]
        if not roles:
            return None
        src, dst = (self.of_role(self.rng.choice(roles), family) for _ in range(2))
        if src is None or dst is None:
            return None
        return src, dst, self.rng.choice([TCP, UDP]), self.rng.choice(self.ports)

    def at_random(self, family):
        return (self.any_address(family), self.any_address(family), self.rng.choice([TCP, UDP, 50, 47, 89]),
                self.rng.randint(0, 65535))

    def disturb(self, src, dst, proto, port):
        what = self.rng.choice([0, 0, 1, 1, 2, 2, 2, 3, 4, 5])
        if what == 0:
            src = self.near(src)
        elif what == 1:
            dst = self.near(dst)
        elif what == 2:
            port = (port + self.rng.choice([-1, 1])) % 65536
        elif what == 3:
            proto = UDP if proto == TCP else TCP
        elif what == 4:
            src, dst = dst, src
        else:
            proto = self.rng.choice([ICMP, ICMP6, 50, 47, 2])
        return src, dst, proto, port

    def packet(self):
        """(interface by which it comes in, packet), unlike every other so far; None where there is none this time."""
        rng = self.rng
        family = rng.choice(self.site.families) if rng.random() < 0.97 else rng.choice([4, 6])
        kind = rng.random()
        maker = (self.by_exception if kind < 0.1 and self.site.exceptions else self.to_itself if 0.1 <= kind < 0.14 else self.by_flow if kind < 0.6 else self.by_edges if kind < 0.8 else self.by_roles if kind < 0.93 else self.at_random)
        chosen = maker(family) if maker != self.by_flow or self.site.flows else None
        if chosen is None:
            return None
        if rng.random() < 0.35:
            chosen = self.disturb(*chosen)
        src, dst, proto, port = chosen
        packet = self.dress(src, dst, proto, port)
        if packet is None or not self.is_fresh(packet):
            return None
        interface = self.way_of(src) if rng.random() < 0.92 else rng.choice(sites.INTERFACES)
        return (interface or sites.ODD), packet

    def dress(self, src, dst, proto, port):
        rng = self.rng
        if src in self.own or src == dst:
            return None
        flags, icmp_type, options, payload, extension = SYN, 8, b"", b"", 0
        if proto == TCP and rng.random() < 0.15:
            flags = rng.choice([ACK, SYN | ACK, RST, FIN | ACK, ACK | PSH, SYN | FIN, 0, SYN | URG, ACK | URG, SYN | PSH])
        if proto == TCP and rng.random() < 0.1:
            options = b"\1\1\1\0" * rng.randint(1, 10)
        if proto in (ICMP, ICMP6):
            icmp_type = rng.choice([8, 0, 13, 3, 5] if proto == ICMP else [128, 129, 135, 136, 1, 2, 137, 139, 143])
        if rng.random() < 0.3:
            payload = b"x" * rng.randint(1, 40)
        if src.version == 6 and rng.random() < 0.05:
            extension = 8
        macs = [m for e in self.site.endpoints.values() if e and any(r.has(src) for r in e["addresses"]) for m in e.get("mac", [])]
        mac = rng.choice(macs) if macs and rng.random() < 0.75 else wire.FAR_MAC
        ip_options = (b"\1" * (4 * rng.randint(1, 3) - 1) + b"\0") if src.version == 4 and rng.random() < 0.05 else b""
        return wire.Packet(src, dst, proto, rng.randint(1024, 65535), port, flags=flags, icmp_type=icmp_type, options=options,
                           ip_options=ip_options,
                           payload=payload, extension=extension, mac=mac)

    def is_fresh(self, packet):
        """No connection of an earlier packet is this one's."""
        ends = frozenset([(packet.src, packet.sport), (packet.dst, packet.dport)])
        if packet.proto not in (TCP, UDP):
            ends = frozenset([packet.src, packet.dst])
        key = (packet.proto, ends)
        if key in self.used:
            return False
        self.used.add(key)
        return True
