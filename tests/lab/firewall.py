# SPDX-License-Identifier: GPL-2.0-or-later
"""A firewall in a network namespace, each of its cables ending in another where whoever likes may send anything.

Behind each cable is one router that is known by its address (GATEWAY) and never asked for: what the firewall sends to a
cable arrives there, whatever the address. Its own rules are tested, so the kernel's reverse path filter and limits of
answers are off."""

import ipaddress
import os
import subprocess

import wire

GATEWAY = {4: "192.0.0.9", 6: "fe80::9"}  # at either end of a cable, of the other end
OWN = {4: "192.0.0.8", 6: "2001:db8:dead::1"}  # the firewall answers from here; nobody else has these


class Firewall:
    """interfaces: names of its cables. far: a name for each far namespace, or one for all."""

    def __init__(self, interfaces, far=None):
        self.name = "sk%d-fw" % os.getpid()
        self.interfaces = list(interfaces)
        self.far = {i: "sk%d-%s" % (os.getpid(), far[i] if far else "far") for i in self.interfaces}
        self.places = [(self.far[i], i) for i in self.interfaces]
        self.namespaces = [self.name] + sorted(set(self.far.values()))
        for namespace in self.namespaces:
            wire.run("ip", "netns", "add", namespace)
        self.on(self.name, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
                "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.default.send_redirects=0",
                "net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_msgs_per_sec=1000000", "net.ipv4.icmp_msgs_burst=1000000",
                "net.ipv6.icmp.ratelimit=0", "net.ipv6.conf.default.accept_dad=0",
                "net.netfilter.nf_conntrack_tcp_be_liberal=1")
        for namespace in self.namespaces[1:]:
            self.on(namespace, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=%d" % (0 if far else 1),
                    "net.ipv6.conf.default.accept_dad=0", "net.ipv4.conf.all.rp_filter=0",
                    "net.ipv4.conf.default.rp_filter=0")
        lines = ["link set lo up", "addr add %s/32 dev lo" % OWN[4], "addr add %s/128 dev lo nodad" % OWN[6]]
        for interface in self.interfaces:
            lines += ["link add %s netns %s address %s type veth peer name %s netns %s address %s" % (
                interface, self.name, wire.FIREWALL_MAC, interface, self.far[interface], wire.FAR_MAC),
                "link set %s addrgenmode none up" % interface]
        self.ip(self.name, lines)
        for namespace, interface in self.places:
            self.ip(namespace, ["link set lo up", "link set %s addrgenmode none up" % interface])
            if far:
                self.ip(namespace, self.neighbours(interface, wire.FIREWALL_MAC) + [
                    "route add default via %s dev %s onlink" % (gateway, interface) for gateway in GATEWAY.values()])
        for interface in self.interfaces:
            self.ip(self.name, self.neighbours(interface, wire.FAR_MAC))
        self.routes, self.own = {}, []

    @staticmethod
    def neighbours(interface, mac):
        return ["neigh replace %s lladdr %s dev %s nud permanent" % (gateway, mac, interface)
                for gateway in GATEWAY.values()]

    def set_mac(self, interface, mac):
        """Of the far end."""
        # a card that changes its address forgets its neighbours
        self.ip(self.far[interface], ["link set %s address %s" % (interface, mac)] +
                self.neighbours(interface, wire.FIREWALL_MAC))
        self.ip(self.name, self.neighbours(interface, mac))

    @staticmethod
    def on(namespace, *words, **options):
        return wire.run("ip", "netns", "exec", namespace, *words, **options)

    @staticmethod
    def ip(namespace, lines, force=False):
        wire.run("ip", "-n", namespace, *(["-force"] if force else []), "-batch", "-", input="\n".join(lines) + "\n")

    def set_routes(self, routes):
        """routes: {network: interface}; they replace all others."""
        self.routes = dict(routes)
        for version in (4, 6):
            self.on(self.name, "ip", "-%d" % version, "route", "flush", "table", "main")
        # By a gateway: else the first address of an IPv6 prefix is taken for an anycast address of its routers, to
        # which no ICMP error is sent. Source: ipv6_anycast_destination().
        self.ip(self.name, ["route add %s via %s dev %s onlink" % (net, GATEWAY[net.version], interface)
                            for net, interface in routes.items()])
        self.by_length = {4: {}, 6: {}}
        for net, interface in routes.items():
            self.by_length[net.version].setdefault(net.prefixlen, {})[int(net.network_address)] = interface

    def set_own(self, addresses):
        """More addresses of the firewall itself."""
        for gone in self.own:
            self.ip(self.name, ["addr del %s dev lo" % gone])
        self.own = list(addresses)
        self.ip(self.name, ["addr add %s dev lo%s" % (a, " nodad" if ":" in a else "") for a in self.own])

    def is_own(self, address):
        return str(address) in self.own or str(address) in OWN.values()

    def way_of(self, address):
        """The interface by which the firewall sends to an address; None: no route."""
        bits = 32 if address.version == 4 else 128
        number = int(address)
        for length in sorted(self.by_length[address.version], reverse=True):
            found = self.by_length[address.version][length].get(number >> (bits - length) << (bits - length))
            if found:
                return found
        return None

    def close(self):
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "del", namespace], check=False, stderr=subprocess.DEVNULL)


def ways_of(site, rng):
    """Routes for a random site, as {network: interface}, a few of them wrong; and where each address lives."""
    places = []  # (range, interface)
    for name, zone in site.zones.items():
        for network in zone["networks"]:
            places.append((network, rng.choice(zone["interfaces"])))
    for endpoint in site.endpoints.values():
        for interface in endpoint["interfaces"] if endpoint else []:
            places += [(whole, interface) for whole in endpoint["addresses"]]
    out = [i for name, zone in site.zones.items() if name == "external" or zone.get("reaches_internet")
           for i in zone["interfaces"]]
    default = rng.choice(out) if out else "odd0"
    routes = {ipaddress.ip_network("0.0.0.0/0"): default, ipaddress.ip_network("::/0"): default}
    for whole, interface in places:
        for net in whole.networks():
            routes[net] = interface
    if rng.random() < 0.5:
        import sites  # pylint: disable=import-outside-toplevel
        for _ in range(rng.randint(1, 4)):
            whole = rng.choice(places)[0] if places else None
            if whole:
                number = rng.randint(whole.first, whole.last)
                routes[ipaddress.ip_network(str(whole.address(number)))] = rng.choice(sites.INTERFACES)
    return routes
