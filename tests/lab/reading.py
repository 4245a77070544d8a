# SPDX-License-Identifier: GPL-2.0-or-later
"""A policy read a second time, and what the guideline's catalogue permits at that site: without the daemon's reader,
without its compiler and without simulate, so that none of their mistakes is repeated here."""

import functools
import ipaddress
import os
import re

import libconfig
import sites
from sites import Range
from wire import TCP, UDP

PROTOCOLS = {"tcp": TCP, "udp": UDP}


class Role:
    def __init__(self, slug, zone):
        self.slug, self.zone = slug, zone
        self.ranges, self.interfaces, self.macs = [], [], []

    def has(self, address):
        return any(r.has(address) for r in self.ranges)


class Service:
    def __init__(self, words, folder):
        self.name, self.role = words["name"], words["role"]
        self.ranges = ranges_of(words, "addresses", folder)
        self.ports = [port_of(p) for p in words["ports"]]
        self.names = [n for key in ("tenant_names", "shared_names", "names") for n in listed(words, key, folder)]
        via = words.get("via")
        self.proxy = ipaddress.ip_address(via["proxy"]) if via else None
        self.quic = words.get("quic") == "inspect"


def listed(words, key, folder):
    found = list(words.get(key, []))
    if key + "_file" in words:
        with open(os.path.join(folder, words[key + "_file"]), encoding="utf-8") as f:
            found += [line.split("#")[0].strip() for line in f]
    return [entry for entry in found if entry]


def ranges_of(words, key, folder):
    return [Range.of(text) for text in listed(words, key, folder)]


def port_of(text):
    """(protocol, first, last, application)"""
    match = re.fullmatch(r"(tcp|udp)/(\d+)(?:-(\d+))?(?: (\w+))?", text)
    return PROTOCOLS[match.group(1)], int(match.group(2)), int(match.group(3) or match.group(2)), match.group(4) or ""


def opens(ports, proto, port):
    return any(p[0] == proto and p[1] <= port <= p[2] for p in ports)


def remembered(method):
    """Of a policy that never changes: the answer for an address is found once."""
    @functools.wraps(method)
    def ask(self, address):
        key = (method.__name__, address)
        if key not in self.memory:
            self.memory[key] = method(self, address)
        return self.memory[key]
    return ask


class Reading:
    def __init__(self, path, catalogue):
        self.memory = {}
        self.path, self.catalogue = path, catalogue
        folder, words = os.path.dirname(path), libconfig.read(path)
        self.firewalls = set(words["appliance"]["firewalls"])
        self.configurations = words["configurations"]
        self.zones = {z["name"]: z for z in words["zones"]}
        for zone in self.zones.values():
            zone["ranges"] = ranges_of(zone, "networks", folder)
        self.roles = {}
        for slug, value in words.get("endpoints", {}).items():
            self.read_role(slug, value, folder)
        self.ports = {group: [port_of(p) for p in entries] for group, entries in words.get("ports", {}).items()}
        self.services = [Service(s, folder) for s in words.get("services", [])]
        self.taken_up = set(words.get("implied_flows", []))
        self.exceptions = words.get("exceptions", [])
        self.martians = [Range.of(text) for text in sites.MARTIANS]
        self.flows = [f for f in catalogue.flows if f["configuration"] in self.configurations]
        self.used = [f for f in self.flows if not self.unused_because(f)]

    def read_role(self, slug, value, folder):
        if value == "none":
            return
        role = Role(slug, self.catalogue.roles[slug]["zone"])
        if isinstance(value, dict):
            role.ranges, role.interfaces = ranges_of(value, "addresses", folder), value.get("interfaces", [])
            role.macs = [m.lower() for m in value.get("mac", [])]
        else:
            role.ranges = [Range.of(text) for text in value]
        self.roles[slug] = role

    # --- which flows there are here ---

    def plays(self, slug):
        if slug == "internet":
            return True
        if slug in self.catalogue.services:
            return any(s.role == slug for s in self.services)
        return slug in self.roles

    def unused_because(self, flow):
        """Why no packet of a flow of the catalogue is to pass here; empty if some are."""
        # the one flow with a note on its firewall is decided at whichever the terminal sits behind
        if not flow.get("firewall_note") and not ({flow["firewall"], *flow["traverses"]} & self.firewalls):
            return "decided elsewhere (%s)" % flow["firewall"]
        if flow.get("implied") and flow["id"] not in self.taken_up:
            return "implied, not taken up by the policy"
        lacking = [flow[end] for end in ("from", "to") if not self.plays(flow[end])]
        return "nobody plays %s" % ", ".join(lacking) if lacking else ""

    # --- addresses ---

    def is_martian(self, address):
        return any(r.has(address) for r in self.martians)

    @remembered
    def is_external(self, address):
        """The internet: no zone's, no endpoint's but of what is merely managed, and an address that may be."""
        return not self.is_martian(address) and not any(
            r.has(address) for z in self.zones.values() for r in z["ranges"]) and not any(
                role.has(address) for slug, role in self.roles.items() if slug != "managed-target")

    @remembered
    def roles_of(self, address):
        found = {slug for slug, role in self.roles.items() if role.has(address)}
        found |= {s.role for s in self.services if any(r.has(address) for r in s.ranges)}
        if self.is_external(address):
            found.add("internet")
        return found

    @remembered
    def zone_of(self, address):
        """By the role that an address plays; else by the networks that it lies in."""
        for slug, role in self.roles.items():
            if slug != "managed-target" and role.has(address):
                return role.zone
        for name, zone in self.zones.items():
            if any(r.has(address) for r in zone["ranges"]):
                return name
        return "external" if self.is_external(address) else None

    @remembered
    def interfaces_of(self, address):
        """Those behind which an address may live."""
        for role in self.roles.values():
            if role.interfaces and role.has(address):
                return role.interfaces
        for zone in self.zones.values():
            if any(r.has(address) for r in zone["ranges"]):
                return zone["interfaces"]
        found = list(self.zones["external"]["interfaces"]) if "external" in self.zones else []
        if self.is_external(address):
            found += [i for z in self.zones.values() if z.get("reaches_internet") for i in z["interfaces"]]
        return found

    def every_interface(self):
        found = [i for z in self.zones.values() for i in z["interfaces"]]
        found += [i for r in self.roles.values() for i in r.interfaces]
        return sorted(set(found))

    # --- what may pass ---

    def cloud_lines(self):
        """The interfaces that lead to the security cloud, and by it to the internet."""
        return [i for z in self.zones.values() if z.get("reaches_internet") for i in z["interfaces"]]

    def goes_around(self, flow, way):
        """What passes the security cloud on its way to the internet leaves by the line to it, where the site has one."""
        return flow["to"] == "internet" and "security-cloud" in flow["traverses"] and bool(self.cloud_lines()) and (
            way is not None and way not in self.cloud_lines())

    def flow_permits(self, flow, src, dst, proto, port):
        source = self.roles.get(flow["from"])
        if not source or not source.has(src):
            return False
        if flow["to"] == "internet":
            return self.is_external(dst) and opens(self.ports[flow["ports"]], proto, port)
        if flow["to"] in self.catalogue.services:
            return any(self.service_permits(s, flow, src, dst, proto, port) for s in self.services)
        return self.roles[flow["to"]].has(dst) and opens(self.ports[flow["ports"]], proto, port)

    def service_permits(self, service, flow, src, dst, proto, port):
        if service.role != flow["to"] or not any(r.has(dst) for r in service.ranges):
            return False
        if service.proxy is not None and src != service.proxy:
            return False
        if flow["ports"] != "cloud" and not opens(self.ports.get(flow["ports"], []), proto, port):
            return False
        # QUIC is told to fall back to TCP, where it is not inspected
        return opens([p for p in service.ports if p[3] != "quic" or service.quic], proto, port)

    def exception_permits(self, exception, src, dst, proto, port):
        ends = [exception[end] if isinstance(exception[end], list) else [exception[end]] for end in ("from", "to")]
        return any(Range.of(r).has(src) for r in ends[0]) and any(Range.of(r).has(dst) for r in ends[1]) and opens(
            [port_of(p) for p in exception["ports"]], proto, port)

    def permitting(self, src, dst, proto, port, way=None):
        """The identifiers of the catalogue's flows in use (and of the policy's exceptions) that permit a new flow,
        by that way if it is known."""
        found = [f["id"] for f in self.used if self.flow_permits(f, src, dst, proto, port) and not self.goes_around(f, way)]
        found += ["exception:" + e.get("name", "") for e in self.exceptions if self.exception_permits(e, src, dst, proto, port)]
        return found

    # --- what is forbidden ---

    def selects(self, selector, address):
        if selector == "any":
            return True
        if selector.startswith("zone:"):
            zone = selector[5:]
            if zone == "terminal":
                return bool(self.roles_of(address) & set(self.catalogue.selectors[selector]))
            return self.zone_of(address) == zone
        if selector == "role:virtual-desktop":
            return bool(self.roles_of(address) & set(self.catalogue.selectors[selector]))
        return selector in self.roles_of(address)

    def forbidding(self, src, dst):
        """Rows of the catalogue that shut this pair, but for what they leave open."""
        return [row["id"] for row in self.catalogue.forbidden if set(row["applies_to"]) & set(self.configurations)
                and self.selects(row["from"], src) and self.selects(row["to"], dst)]

    def forbidden_rows(self):
        return [row for row in self.catalogue.forbidden if set(row["applies_to"]) & set(self.configurations)]
