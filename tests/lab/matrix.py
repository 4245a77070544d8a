#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The example policy of each configuration, row by row of the guideline's catalogue: each permitted flow passes, and
nothing beside it does.

What is expected comes from the catalogue and a second reading of the policy (reading.py), not from the compiler. Three
rounds for each policy:
  open    without rules every packet arrives: what does not arrive later was refused by the rules
  rules   every pair of roles, zones and neighbours with every port near those of the policy, as single packets; the
          queue lets pass whatever reaches it
  daemon  sekishod itself: real connections for each permitted flow, with a name that is permitted and with one that is
          not, and for its neighbours"""

import argparse
import collections
import glob
import ipaddress
import os
import re
import sys
import time

import connections
import firewall
import reading
import sites
import wire
from wire import ACK, ICMP, ICMP6, SYN, TCP, UDP

TOP = sites.TOP
OTHER_PORTS = [22, 53, 445, 3389]
UNDECIDED = 1
STRANGERS = ["203.0.114.77", "2001:db8:eeee::77"]  # somebody on the internet


class Try:
    """One packet: who to whom, and whether it is to pass."""

    def __init__(self, site, src, dst, proto, port, interface, way, kind="pair", **more):
        self.src, self.dst, self.proto, self.port = src, dst, proto, port
        self.interface, self.way, self.kind = interface, way, kind
        self.sport, self.flags, self.mac = more.get("sport", 0), more.get("flags", SYN), more.get("mac")
        self.flows = site.permitting(src, dst, proto, port) if kind in ("pair", "mac") else []
        self.seen = None

    def packet(self, sport):
        kind = 8 if self.src.version == 4 else 128
        return wire.Packet(self.src, self.dst, self.proto, self.sport or sport, self.port, flags=self.flags,
                           icmp_type=kind, mac=self.mac or wire.FAR_MAC)

    def passed(self):
        return bool(self.seen.out)

    def __str__(self):
        return "%s, in by %s, out by %s%s" % (self.packet(40000), self.interface, self.way,
                                              "" if self.kind == "pair" else " (%s)" % self.kind)


class Tries:
    """The packets of a site."""

    def __init__(self, site):
        self.site, self.found, self.known = site, [], set()
        self.names = collections.OrderedDict()  # address: who that is
        self.choose_addresses()
        self.choose_ports()
        self.pairs()
        self.edges()
        for flow in site.used:
            self.beside(flow)

    def add_name(self, address, name):
        if not self.site.is_martian(address) and not self.is_own(address):
            self.names.setdefault(address, name)

    @staticmethod
    def is_own(address):
        return str(address) in firewall.OWN.values()

    def choose_addresses(self):
        """One of each role and family; one of each zone that plays no role; somebody outside."""
        site = self.site
        for slug, role in site.roles.items():
            self.add_first(role.ranges, slug)
        for service in site.services:
            self.add_first(service.ranges, service.name)
            if service.proxy:
                self.add_name(service.proxy, "proxy of " + service.name)
        for exception in site.exceptions:
            for end in ("from", "to"):
                self.add_name(ipaddress.ip_address(exception[end]), "%s of %s" % (end, exception["name"]))
        for name, zone in site.zones.items():
            for family in (4, 6):
                nobody = self.nobody_in([r for r in zone["ranges"] if r.family == family])
                if nobody:
                    self.add_name(nobody, "nobody in %s" % name)
        for text in STRANGERS:
            self.add_name(ipaddress.ip_address(text), "internet")

    def add_first(self, ranges, name):
        for family in (4, 6):
            here = [r for r in ranges if r.family == family]
            if here:
                # not the first address of all: that is an edge
                self.add_name(here[0].address(min(here[0].first + 1, here[0].last)), name)

    def nobody_in(self, ranges):
        """An address of the networks that no role has."""
        for whole in ranges:
            edges = [r.last + 1 for role in self.site.roles.values() for r in role.ranges if r.family == whole.family]
            for number in edges + [whole.first, whole.last]:
                if whole.first <= number <= whole.last and not self.site.roles_of(whole.address(number)):
                    return whole.address(number)
        return None

    def choose_ports(self):
        near = set()
        lists = list(self.site.ports.values()) + [s.ports for s in self.site.services]
        lists += [[reading.port_of(p) for p in e["ports"]] for e in self.site.exceptions]
        for ports in lists:
            for proto, first, last, _ in ports:
                near |= {(proto, first), (proto, last), (TCP + UDP - proto, first)}
                near |= {(proto, p) for p in (first - 1, last + 1) if 0 < p < 65536}
        self.ports = sorted(near | {(TCP, p) for p in OTHER_PORTS} | {(UDP, 53)})

    # --- packets ---

    def add(self, src, dst, proto, port, kind="pair", interface=None, **more):
        if src == dst or src.version != dst.version or self.is_own(src) or self.is_own(dst):
            return
        ways = self.site.interfaces_of(dst)
        sources = [interface] if interface else self.site.interfaces_of(src)[:1]
        if not ways or not sources:
            return
        way = self.way_to(dst, ways)
        key = (src, dst, proto, port, kind, sources[0], tuple(sorted(more.items())))
        if key in self.known:
            return
        self.known.add(key)
        role_macs = [m for r in self.site.roles.values() if r.has(src) for m in r.macs]
        more.setdefault("mac", role_macs[0] if role_macs else None)
        self.found.append(Try(self.site, src, dst, proto, port, sources[0], way, kind, **more))

    def way_to(self, dst, ways):
        """By the security cloud's line to the internet at large, where the site has one; services by the breakout."""
        if self.site.roles_of(dst) == {"internet"}:
            lines = [i for z in self.site.zones.values() if z.get("reaches_internet") for i in z["interfaces"]]
            return (lines or ways)[0]
        return ways[0]

    def pairs(self):
        """Everybody to everybody, on every port near those that the policy has."""
        for src in self.names:
            for dst in self.names:
                for proto, port in self.ports:
                    self.add(src, dst, proto, port)
                self.add(src, dst, ICMP if src.version == 4 else ICMP6, 0)

    def edges(self):
        """The first and last addresses of each role of a permitted flow, and those just beside them."""
        for flow in self.site.used:
            for family in (4, 6):
                ends = [self.edges_of(flow[end], family) for end in ("from", "to")]
                middle = [[a for a, name in self.names.items() if a.version == family and flow[end] in self.site.roles_of(a)]
                          for end in ("from", "to")]
                for proto, port in self.ports_of(flow):
                    for src in ends[0]:
                        for dst in middle[1][:2]:
                            self.add(src, dst, proto, port)
                    for dst in ends[1]:
                        for src in middle[0][:2]:
                            self.add(src, dst, proto, port)

    def edges_of(self, slug, family):
        if slug in self.site.catalogue.services:
            ranges = [r for s in self.site.services if s.role == slug for r in s.ranges]
        else:
            ranges = self.site.roles[slug].ranges if slug in self.site.roles else []
        numbers = [(r, n) for r in ranges if r.family == family for n in (r.first - 1, r.first, r.last, r.last + 1)]
        return [a for a in (r.address(n) for r, n in numbers) if not self.site.is_martian(a)]

    def ports_of(self, flow):
        if flow["to"] in self.site.catalogue.services:
            ports = [p for s in self.site.services if s.role == flow["to"] for p in s.ports]
        else:
            ports = self.site.ports.get(flow["ports"], [])
        return [(p[0], p[1]) for p in ports]

    def beside(self, flow):
        """Packets that a permitted flow must not let in: from another place, in the middle, back, by another card."""
        for family in (4, 6):
            ends = [[a for a in self.names if a.version == family and flow[end] in self.site.roles_of(a)]
                    for end in ("from", "to")]
            for proto, port in self.ports_of(flow):
                for src in ends[0][:1]:
                    for dst in ends[1][:1]:
                        self.beside_one(flow, src, dst, proto, port)

    def beside_one(self, flow, src, dst, proto, port):
        for interface in self.site.every_interface():
            if interface not in self.site.interfaces_of(src):
                self.add(src, dst, proto, port, "spoofed", interface)
        if proto == TCP:
            self.add(src, dst, proto, port, "midstream", flags=ACK)
            self.add(dst, src, proto, 40001, "answer of nothing", sport=port, flags=SYN | ACK)
        self.add(dst, src, proto, 40001, "backwards", sport=port)
        if self.site.roles[flow["from"]].macs:
            self.add(src, dst, proto, port, "other card", mac="02:00:00:00:99:99")


class Row:
    """What became of the packets of one line of the table."""

    def __init__(self):
        self.tried = self.passed = 0

    def add(self, passed):
        self.tried += 1
        self.passed += passed


class Matrix:
    def __init__(self, arguments):
        self.arguments = arguments
        self.build = os.environ.get("BUILD", os.path.join(TOP, "build"))
        self.catalogue = sites.Catalogue()
        self.directory = wire.run("mktemp", "-d").strip()
        os.chmod(self.directory, 0o755)
        self.table, self.count, self.failed, self.seen = [], 0, 0, set()

    def ok(self, good, sentence):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, sentence), flush=True)

    # --- one configuration ---

    def run(self, path):
        self.name = os.path.basename(path)[:-len(".conf")]
        began = time.monotonic()
        self.site = reading.Reading(path, self.catalogue)
        self.seen |= set(self.site.configurations)
        self.tries = Tries(self.site)
        self.site_names = self.tries.names
        interfaces = self.site.every_interface()
        self.firewall = firewall.Firewall(interfaces, {i: i for i in interfaces})
        try:
            self.routes()
            self.raw_rounds(path)
            self.live = connections.round_of(self, path)
        finally:
            self.firewall.close()
        self.tell(time.monotonic() - began)

    def routes(self):
        """Each address by the interface behind which it lives, and everything else outwards."""
        routes, site = {}, self.site
        for zone in site.zones.values():
            for whole in zone["ranges"]:
                routes.update((net, zone["interfaces"][0]) for net in whole.networks())
        for role in site.roles.values():
            for whole in role.ranges if role.interfaces else []:
                routes.update((net, role.interfaces[0]) for net in whole.networks())
        for t in self.tries.found:
            routes.setdefault(ipaddress.ip_network(str(t.dst)), t.way)
        self.firewall.set_routes(routes)

    def raw_rounds(self, path, change=None):
        for namespace in sorted(set(self.firewall.far.values())):  # nobody there answers what is only looked at
            self.firewall.on(namespace, "nft", "add table inet mute; add chain inet mute input { type filter hook input "
                             "priority -300; policy drop; }")
        self.injector = wire.Injector(os.path.join(self.build, "tests", "bin", "inject"), self.firewall.name,
                                      self.firewall.places, (0, 4))
        try:
            self.wrong_open = self.open_round()
            tool = os.path.join(self.build, "tests", "bin", "apply_ruleset")
            self.firewall.on(self.firewall.name, tool, "--queue", queue_of_kernel(), path)
            if change:
                self.firewall.on(self.firewall.name, "nft", change)
            self.wrong = self.rules_round()
        finally:
            self.injector.close()
        for namespace in sorted(set(self.firewall.far.values())):
            self.firewall.on(namespace, "nft", "delete table inet mute")
        self.firewall.on(self.firewall.name, tool, "--delete")

    def send(self, tries):
        numbers = {}
        for index, t in enumerate(tries):
            place = self.firewall.interfaces.index(t.interface)
            numbers[self.injector.add(place, t.packet(1024 + index % 60000), UNDECIDED)] = t
        for number, seen in self.injector.go().items():
            numbers[number].seen = seen
        self.injector.flush()

    def open_round(self):
        sample = self.tries.found[::7]
        self.send(sample)
        return [t for t in sample if not t.passed()]

    def rules_round(self):
        for first in range(0, len(self.tries.found), 20000):
            self.send(self.tries.found[first:first + 20000])
        wrong = [t for t in self.tries.found if self.is_wrong(t)]
        if wrong:  # only what disagrees twice counts
            self.send(wrong)
        return [t for t in wrong if self.is_wrong(t)]

    def is_wrong(self, t):
        if t.passed() != bool(t.flows):
            return True
        return t.passed() and self.firewall.interfaces[t.seen.out[0][0]] != t.way

    # --- the table ---

    def rows(self):
        """{flow: [permitted, other port, backwards, other role, beside]} and {forbidden row: Row}"""
        flows = {f["id"]: [Row() for _ in range(5)] for f in self.site.used}
        flows.update(("exception:" + e["name"], [Row() for _ in range(5)]) for e in self.site.exceptions)
        forbidden = {row["id"]: Row() for row in self.site.forbidden_rows()}
        rest = Row()
        for t in self.tries.found:
            for flow in t.flows:
                flows[flow][0].add(t.passed())
            if not t.flows:
                shut = self.site.forbidding(t.src, t.dst)
                for row in shut:
                    forbidden[row].add(t.passed())
                near = self.neighbours(t)
                for flow, column in near:
                    flows[flow][column].add(t.passed())
                if not shut and not near:
                    rest.add(t.passed())
        return flows, forbidden, rest

    def neighbours(self, t):
        """Which permitted flows a refused packet stands beside, and how."""
        found = []
        source, target = self.site.roles_of(t.src), self.site.roles_of(t.dst)
        zones = self.site.zone_of(t.src), self.site.zone_of(t.dst)
        for flow in self.site.used:
            on_port = (t.proto, t.port) in self.flow_ports(flow)
            if t.kind != "pair":
                if flow["from"] in source and flow["to"] in target or flow["to"] in source and flow["from"] in target:
                    found.append((flow["id"], 4))
            elif flow["from"] in source and flow["to"] in target:
                found.append((flow["id"], 1))
            elif flow["to"] in source and flow["from"] in target:
                found.append((flow["id"], 2))
            elif on_port and (flow["from"] in source and zones[1] == self.zone_of_role(flow["to"])
                              or flow["to"] in target and zones[0] == self.zone_of_role(flow["from"])):
                found.append((flow["id"], 3))
        return found

    def zone_of_role(self, slug):
        return self.catalogue.roles[slug]["zone"]

    def flow_ports(self, flow):
        return set(self.tries.ports_of(flow))

    # --- a table that cannot be wrong would be worth nothing ---

    def by_hand(self, path):
        """Changes the loaded rules by hand: the round must find the hole, and the excess."""
        self.name = os.path.basename(path)[:-len(".conf")]
        self.site = reading.Reading(path, self.catalogue)
        self.tries = Tries(self.site)
        flow = next(f for f in self.site.used if f["to"] in self.site.roles)
        source = self.site.roles[flow["from"]]
        family = source.ranges[0].family
        whole = next(r for r in source.ranges if r.family == family)
        role = "role_%s%d { %s }" % (flow["from"], family, whole)
        interfaces = self.site.every_interface()
        self.firewall = firewall.Firewall(interfaces, {i: i for i in interfaces})
        try:
            self.routes()
            self.raw_rounds(path, "delete element inet sekisho " + role)
            found = [t for t in self.wrong if not t.passed() and flow["id"] in t.flows and whole.has(t.src)]
            self.ok(found and not any(t.passed() for t in self.wrong), "a hole made by hand is found: without %s" % role)
            wide = [i for i in interfaces if self.site.zones["mynumber"]["interfaces"] == [i]][0]
            self.raw_rounds(path, "insert rule inet sekisho forward oifname %s tcp dport 22 accept" % wide)
            found = [t for t in self.wrong if t.passed() and not t.flows and t.port == 22]
            self.ok(found and all(t.passed() for t in self.wrong), "an excess made by hand is found: SSH to My Number")
        finally:
            self.firewall.close()

    def tell(self, seconds):
        flows, forbidden, rest = self.rows()
        refused = [t for t in self.tries.found if not t.flows]
        holes = [t for t in self.tries.found if t.flows and not t.passed()]
        excesses = [t for t in refused if t.passed()]
        lacking = [f for f, columns in flows.items() if not columns[0].tried]
        self.ok(not self.wrong_open, "%s: without rules, all of %d packets arrive" % (
            self.name, len(self.tries.found[::7])))
        self.ok(not self.wrong and not lacking and flows,
                "%s: without a hole or an excess: %d flows, %d of %d packets pass that are to, %d of %d others" % (
                    self.name, len(flows), sum(t.passed() for t in self.tries.found if t.flows),
                    len(self.tries.found) - len(refused), len(excesses), len(refused)))
        for t in (self.wrong + self.wrong_open)[:12]:
            print("#   %s: %s" % (t, "arrived" if t.passed() else "did not arrive") + (", by %s" % ", ".join(t.flows)))
        for flow in lacking:
            print("#   no packet for %s" % flow)
        connections.tell(self, self.live)
        self.write_table(flows, forbidden, rest, seconds, holes, excesses)

    def write_table(self, flows, forbidden, rest, seconds, holes, excesses):
        lines = ["", "## %s" % self.name, "", "Configurations: %s. Firewalls of this appliance: %s. %d packets, %d real "
                 "connections, %.0f s. Holes: %d. Excesses: %d." % (
                     ", ".join(self.site.configurations), ", ".join(sorted(self.site.firewalls)), len(self.tries.found),
                     len(self.live), seconds, len(holes), len(excesses)), "",
                 "Passed of tried. A flow's neighbours are packets between its two roles on other ports or protocols, backwards, "
                 "between another role of either zone and the other end on the flow's port, and others that its permission "
                 "must not let in (a false source, another network card, in the middle of no connection).", "",
                 "| permitted flow | ports | page | its packets | other port | backwards | other role | beside | real connections |",
                 "|---|---|---|---|---|---|---|---|---|"]
        number = lambda row: "%d/%d" % (row.passed, row.tried)  # noqa: E731
        known = {f["id"]: f for f in self.site.flows}
        for flow, columns in flows.items():
            f = known.get(flow, {"ports": "", "source": "policy"})
            lines.append("| %s | %s | %s | %s | %s |" % (
                flow, f["ports"], page_of(f), " | ".join(number(c) for c in columns),
                connections.summary(self.live, flow)))
        for f in self.site.flows:
            if f["id"] not in flows:
                lines.append("| %s | %s | %s | not here: %s | | | | | |" % (
                    f["id"], f["ports"], page_of(f), self.site.unused_because(f)))
        lines += ["", "| forbidden flow | packets that are not excepted |", "|---|---|"]
        for row in self.site.forbidden_rows():
            found = number(forbidden[row["id"]])
            if row["to"] == "external-tenant":  # no address tells another's tenant, only a name does
                found = "by name: %s" % connections.by_name(self.live)
            lines.append("| %s | %s |" % (row["id"], found))
        lines.append("| (everything else that nothing permits) | %s |" % number(rest))
        self.table += lines

    def write(self):
        if self.arguments.table:
            with open(self.arguments.table, "w", encoding="utf-8") as f:
                f.write("# What the lab lets through, against the catalogue\n" + "\n".join(self.table) + "\n")


def page_of(flow):
    """P23, or what stands behind the document's name where it has no pages."""
    pages = re.findall(r"\bP\d+(?:,\d+)*", flow["source"])
    return ", ".join(pages) or re.split("（総務省、[^）]*）", flow["source"])[-1].strip()


def queue_of_kernel():
    try:
        wire.run("unshare", "-n", "nft", "add table inet t; add chain inet t c; add rule inet t c queue num 0")
        return "native"
    except RuntimeError:
        return "compat"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", help="write the whole table to this file (Markdown)")
    parser.add_argument("policy", nargs="*", help="policies (conf/examples/*.conf)")
    arguments = parser.parse_args()
    matrix = Matrix(arguments)
    try:
        for path in arguments.policy or sorted(glob.glob(os.path.join(TOP, "conf", "examples", "*.conf"))):
            matrix.run(path)
        covered = set(matrix.catalogue.configurations) - matrix.seen
        if not arguments.policy:
            matrix.ok(not covered, "every configuration of the guideline has its example")
        matrix.by_hand(os.path.join(TOP, "conf", "examples", "route-1.conf"))
        matrix.write()
    finally:
        wire.run("rm", "-rf", matrix.directory)
    print("1..%d" % matrix.count)
    return 1 if matrix.failed or not matrix.count else 0


if __name__ == "__main__":
    sys.exit(main())
