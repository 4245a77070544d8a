# SPDX-License-Identifier: GPL-2.0-or-later
"""Random policies that are meant to be right: ranges that adjoin and nest, any roles, ports and configurations.

What a policy says is kept as plain data beside its text, for whoever chooses packets near its edges."""

import datetime
import ipaddress
import json
import os

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# The cables of the lab; a zone uses some of its own. "odd0" is in no policy.
ZONE_INTERFACES = {
    "lgwan": ["lgwan0", "lgwan1"],
    "internet": ["inet0", "inet1"],
    "mynumber": ["mynum0", "mynum1"],
    "lgwan-wan": ["asp0"],
    "maintenance": ["mgmt0"],
    "external": ["wan0", "wan1"],
}
TUNNEL, ODD = "tun0", "odd0"
INTERFACES = [name for names in ZONE_INTERFACES.values() for name in names] + [TUNNEL, ODD]

# Where ranges are laid out, from the first address on; some end where no flow may have an address.
BASES = {
    4: ["1.0.0.0", "10.0.0.0", "10.200.0.0", "100.64.0.0", "126.255.255.128", "128.0.0.0", "169.253.255.128", "169.255.0.0",
        "172.16.0.0", "172.31.255.0", "192.0.2.0", "192.168.0.0", "198.51.100.0", "203.0.113.0", "223.255.254.0"],
    6: ["::2", "64:ff9b::", "2001:db8::", "2001:db8:10::", "2001:db8:ffff::", "fc00::", "fd00:1::", "fe7f::", "fec0::"],
}
ROOM = {4: 2048, 6: 1 << 80}  # of a base, at most
MARTIANS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "::ffff:0:0/96", "fe80::/10", "ff00::/8"]


class Range:
    """Addresses first to last of a family, as numbers."""

    def __init__(self, family, first, last):
        self.family, self.first, self.last = family, first, last

    @classmethod
    def of(cls, text):
        if "-" in text:
            first, last = (ipaddress.ip_address(part) for part in text.split("-"))
        else:
            net = ipaddress.ip_network(text)
            first, last = net[0], net[-1]
        return cls(first.version, int(first), int(last))

    def address(self, number):
        return (ipaddress.IPv4Address if self.family == 4 else ipaddress.IPv6Address)(number)

    def networks(self):
        return list(ipaddress.summarize_address_range(self.address(self.first), self.address(self.last)))

    def has(self, address):
        return address.version == self.family and self.first <= int(address) <= self.last

    def __str__(self):
        nets = self.networks()
        if len(nets) == 1:
            text = str(nets[0])
            return text.split("/")[0] if self.first == self.last else text
        return "%s-%s" % (self.address(self.first), self.address(self.last))


class Catalogue:
    def __init__(self):
        with open(os.path.join(TOP, "data", "guideline", "catalogue.json"), encoding="utf-8") as f:
            data = json.load(f)
        self.roles = {role["slug"]: role for role in data["roles"]}
        self.flows = data["flows"]
        self.forbidden = data["forbidden"]
        self.selectors = data["selectors"]
        self.configurations = {c["id"]: c for c in data["configurations"]}
        self.services = {"permitted-cloud", "permitted-cloud-auth", "security-update-service"}

    def is_endpoint(self, slug):
        return slug not in self.services and self.roles[slug]["zone"] in list(ZONE_INTERFACES) + ["any"] and (
            self.roles[slug]["zone"] != "external")

    def in_cloud(self, slug):
        return self.roles[slug]["location"] in ("cloud", "govcloud")


def quoted(words):
    return "[ " + ", ".join('"%s"' % word for word in words) + " ]"


class Site:
    """One random policy. rng: random.Random; configurations: which of the guideline's to choose from."""

    def __init__(self, rng, catalogue, configurations):
        self.rng, self.catalogue = rng, catalogue
        self.configurations = self.choose_configurations(configurations)
        self.firewalls = self.choose_firewalls()
        self.flows = [f for f in catalogue.flows if f["configuration"] in self.configurations
                      and (f.get("firewall_note") or {f["firewall"], *f["traverses"]} & set(self.firewalls))]
        self.families = rng.choice([(4,), (4, 6), (4, 6), (4, 6), (6,)])
        self.zones, self.endpoints, self.services = {}, {}, []
        self.choose_zones()
        self.choose_roles()
        self.lay_out()
        self.ports = self.choose_ports()
        self.management = self.choose_management()
        self.taken_up = [f["id"] for f in self.flows if f.get("implied") and rng.random() < 0.6
                         and all(self.is_played(f[end]) for end in ("from", "to"))]
        self.exceptions = []

    # --- what there is ---

    def choose_configurations(self, configurations):
        rng = self.rng
        routes = [c for c in configurations if c.startswith("route")]
        cases = [c for c in configurations if c.startswith("alpha")]
        chosen = []
        if routes and rng.random() < 0.85:
            chosen.append(rng.choice(routes))
        if cases and (not chosen or rng.random() < 0.5):
            chosen.append(rng.choice(cases))
        if len(chosen) == 0 or "common" in configurations and rng.random() < 0.2:
            chosen.append("common" if "common" in configurations else rng.choice(configurations))
        return sorted(set(chosen))

    def choose_firewalls(self):
        every = ["split", "separation", "csp", "lbo"]
        if self.rng.random() < 0.7:
            return every
        chosen = [f for f in every if self.rng.random() < 0.7]
        return chosen or every

    def choose_zones(self):
        rng = self.rng
        needed = {"lgwan", "internet", "mynumber", "external"}
        for f in self.flows:
            needed |= {self.catalogue.roles[f[end]]["zone"] for end in ("from", "to")}
        for zone, interfaces in ZONE_INTERFACES.items():
            if zone not in needed and rng.random() < 0.5:
                continue
            self.zones[zone] = {"interfaces": rng.sample(interfaces, rng.randint(1, len(interfaces))), "networks": []}
        if "internet" in self.zones and rng.random() < 0.7:
            self.zones["internet"]["reaches_internet"] = True

    def choose_roles(self):
        rng, catalogue = self.rng, self.catalogue
        required, optional, service_roles = set(), set(), set()
        for f in self.flows:
            for end in ("from", "to"):
                role = f[end]
                if role in catalogue.services:
                    service_roles.add(role)
                elif catalogue.is_endpoint(role):
                    (optional if f.get("optional") or f.get("implied") else required).add(role)
        for role in sorted(required):
            self.endpoints[role] = None if rng.random() < 0.06 else {"addresses": [], "interfaces": []}
        for role in sorted(optional - required):
            if rng.random() < 0.6:
                self.endpoints[role] = {"addresses": [], "interfaces": []}
        for role, endpoint in self.endpoints.items():
            if endpoint and role != "managed-target" and not catalogue.in_cloud(role) and (
                    role == "lgwan-relay-server" or rng.random() < 0.1):
                endpoint["mac"] = ["02:00:00:%02x:%02x:%02x" % tuple(rng.randrange(256) for _ in range(3))
                                   for _ in range(rng.randint(1, 2))]
        for role in sorted(service_roles):
            for number in range(rng.choice([1, 1, 2, 3])):
                self.services.append(self.choose_service(role, number))

    def choose_service(self, role, number):
        rng = self.rng
        name = "%s-%d" % (role, number)
        ports = [("tcp", 443, 443, "tls")]
        if rng.random() < 0.5:
            ports.append(("udp", 443, 443, "quic"))
        if rng.random() < 0.3:
            ports.append(("tcp", 80, 80, "http"))
        if rng.random() < 0.4:
            first = rng.randint(1000, 60000)
            ports.append((rng.choice(["tcp", "udp"]), first, first + rng.choice([0, 1, 3, 100]), ""))
        return {"name": name, "role": role, "addresses": [], "ports": ports, "names": ["%s.example" % name], "proxy": None,
                "quic": any(p[3] == "quic" for p in ports) and rng.random() < 0.5}

    # --- where it lies ---

    def size_of(self, family):
        if family == 4:
            return self.rng.choice([1, 1, 2, 4, 8, 16, 32, 64, self.rng.randint(1, 100)])
        return self.rng.choice([1, 2, 256, 1 << 16, 1 << 64, self.rng.randint(1, 1 << 40)])

    def pieces(self, family, count):
        """So many disjoint ranges, many of them side by side."""
        rng, found = self.rng, []
        bases = [int(ipaddress.ip_address(b)) for b in BASES[family]]
        rng.shuffle(bases)
        at, end = None, None
        while len(found) < count:
            if at is None or rng.random() < 0.12:
                if not bases:
                    break
                at = bases.pop()
                following = [int(ipaddress.ip_address(b)) for b in BASES[family] if int(ipaddress.ip_address(b)) > at]
                martian = [int(ipaddress.ip_network(m)[0]) for m in MARTIANS
                           if ipaddress.ip_network(m).version == family and int(ipaddress.ip_network(m)[0]) > at]
                end = min(following + martian + [at + ROOM[family]])
            size = self.size_of(family)
            if rng.random() < 0.6:  # as a prefix
                size = 1 << (size.bit_length() - 1)
                at = -(-at // size) * size
            if at + size > end:
                at = None
                continue
            found.append(Range(family, at, at + size - 1))
            at += size + (0 if rng.random() < 0.6 else rng.choice([1, 2, 7]))
        rng.shuffle(found)
        return found

    def parts(self, pool, owners):
        """Cuts each range of the pool for its owners, and leaves some to nobody."""
        rng = self.rng
        for whole in pool:
            first = whole.first
            for _ in range(rng.randint(1, 4)):
                if first > whole.last:
                    break
                room = whole.last - first + 1
                size = room if rng.random() < 0.4 else rng.randint(1, room)
                owner = rng.choice(owners + [None])
                if owner is not None:
                    self.endpoints[owner]["addresses"].append(Range(whole.family, first, first + size - 1))
                first += size + rng.choice([0, 0, 1])

    def lay_out(self):
        rng = self.rng
        inner = [z for z in self.zones if z != "external"]
        clouds = [r for r, e in self.endpoints.items() if e and self.catalogue.in_cloud(r)]
        offices = [r for r, e in self.endpoints.items() if e and r not in clouds and r != "managed-target"]
        # a role without addresses would be no role
        for family in self.families:
            wishes = [("zone", z) for z in inner for _ in range(rng.randint(1, 3))]
            wishes += [("role", r) for r in clouds if rng.random() < 0.75]
            wishes += [("service", i) for i in range(len(self.services)) for _ in range(rng.randint(1, 3))]
            for (kind, who), piece in zip(wishes, self.pieces(family, len(wishes))):
                if kind == "zone":
                    self.zones[who]["networks"].append(piece)
                elif kind == "role":
                    self.endpoints[who]["addresses"].append(piece)
                else:
                    self.services[who]["addresses"].append(piece)
        for zone in inner:
            here = [r for r in offices + clouds if self.catalogue.roles[r]["zone"] == zone]
            if here:
                self.parts(self.zones[zone]["networks"], here)
        for role in clouds:
            if self.endpoints[role]["addresses"] and rng.random() < 0.2 and not self.in_networks(role):
                self.endpoints[role]["interfaces"] = [TUNNEL]
        for role in list(self.endpoints):
            if self.endpoints[role] and not self.endpoints[role]["addresses"] and role != "managed-target":
                self.endpoints[role] = None
        if self.endpoints.get("managed-target"):
            self.choose_targets()
        self.share_addresses()
        self.choose_nat()
        self.choose_proxies()

    def choose_targets(self):
        """What is managed: somebody in a zone, whoever else that is."""
        networks = [n for z in self.zones.values() for n in z["networks"]]
        desktops = self.catalogue.selectors["role:virtual-desktop"]
        shut = [r for d in desktops + ["maintenance-terminal"] for r in (self.endpoints.get(d) or {"addresses": []})["addresses"]]
        found = []
        for whole in self.rng.sample(networks, min(3, len(networks))):
            number = self.rng.randint(whole.first, whole.last)
            if not any(r.has(whole.address(number)) for r in shut):
                found.append(Range(whole.family, number, number))
        self.endpoints["managed-target"] = {"addresses": found, "interfaces": []} if found else None

    def is_played(self, role):
        return role == "internet" or bool(self.endpoints.get(role)) or any(s["role"] == role for s in self.services)

    def exception(self, number):
        """A random one; whether a policy may have it is for the reader to say."""
        rng = self.rng
        inside = [r for e in self.endpoints.values() if e for r in e["addresses"]] + [
            n for z in self.zones.values() for n in z["networks"]]
        outside = inside + [r for s in self.services for r in s["addresses"]]
        src = rng.choice(inside)
        same = [r for r in outside if r.family == src.family]
        dst = rng.choice(same)
        ends = []
        for whole in (src, dst):
            first = rng.randint(whole.first, whole.last)
            ends.append(Range(whole.family, first, rng.choice([first, rng.randint(first, whole.last)])))
        app = rng.choice(["", "", "tls"])
        port = rng.choice([22, 443, 8443, rng.randint(1, 65000)])
        return {"name": "exception-%d" % number, "from": ends[0], "to": ends[1],
                "ports": [("tcp" if app else rng.choice(["tcp", "udp"]), port, port + rng.choice([0, 0, 3]), app)]}

    def in_networks(self, role):
        networks = [n for z in self.zones.values() for n in z["networks"]]
        return any(n.has(a.address(a.first)) for a in self.endpoints[role]["addresses"] for n in networks)

    def share_addresses(self):
        """Services may lie at one another's addresses."""
        for service in self.services[1:]:
            other = self.services[0]
            if other["addresses"] and self.rng.random() < 0.3:
                whole = self.rng.choice(other["addresses"])
                first = self.rng.randint(whole.first, whole.last)
                service["addresses"].append(Range(whole.family, first, self.rng.randint(first, whole.last)))
        self.services = [s for s in self.services if s["addresses"]]

    def choose_nat(self):
        for zone, last in (("external", 1), ("internet", 2)):
            if zone in self.zones and self.rng.random() < 0.4:
                nat = ["203.0.200.%d" % last, "2001:db8:aaaa::%d" % last]
                self.zones[zone]["source_nat"] = [a for a, f in zip(nat, (4, 6)) if f in self.families]

    def choose_proxies(self):
        for service in self.services:
            owners = [f["from"] for f in self.flows if f["to"] == service["role"] and self.endpoints.get(f["from"])
                      and self.catalogue.roles[f["from"]]["zone"] == "lgwan"]
            if owners and self.rng.random() < 0.3:
                whole = self.rng.choice(self.endpoints[self.rng.choice(owners)]["addresses"])
                service["proxy"] = whole.address(self.rng.randint(whole.first, whole.last))

    def choose_ports(self):
        rng, groups = self.rng, {}
        for group in sorted({f["ports"] for f in self.flows} - {"cloud"}):
            entries = []
            for proto in rng.choice([["tcp"], ["tcp", "udp"], ["udp"], ["tcp", "tcp", "udp"]]):
                first = rng.choice([22, 80, 443, 1521, 3478, 65535, 1, rng.randint(2, 65000)])
                last = min(65535, first + rng.choice([0, 0, 0, 1, 10, 5000]))
                if not any(e[0] == proto and e[1] <= last and first <= e[2] for e in entries):
                    entries.append((proto, first, last))
            groups[group] = entries
        return groups

    def choose_management(self):
        rng = self.rng
        networks = [n for z in self.zones.values() for n in z["networks"]]
        if not networks or rng.random() < 0.3:
            return []
        entries = []
        for number in range(rng.randint(1, 2)):
            whole = rng.choice(networks)
            first = rng.randint(whole.first, whole.last)
            port = rng.choice([22, 161, 443])
            entries.append({"name": "access-%d" % number, "from": [Range(whole.family, first, rng.randint(first, whole.last))],
                            "ports": [(rng.choice(["tcp", "udp"]), port, port + rng.choice([0, 2]))]})
        return entries

    # --- what it says ---

    def text(self):
        lines = ['appliance = { name = "fw"; organisation = "例示市"; firewalls = %s; };' % quoted(self.firewalls),
                 "configurations = %s;" % quoted(self.configurations)]
        if self.is_united():
            lines.append('destination_restriction = "union";')
        lines.append("zones = (")
        groups = []
        for name, zone in self.zones.items():
            words = ['name = "%s"; interfaces = %s;' % (name, quoted(zone["interfaces"]))]
            if zone["networks"]:
                words.append("networks = %s;" % quoted(zone["networks"]))
            if zone.get("reaches_internet"):
                words.append("reaches_internet = true;")
            if zone.get("source_nat"):
                words.append("source_nat = %s;" % quoted(zone["source_nat"]))
            groups.append("\t{ %s }" % " ".join(words))
        lines += [",\n".join(groups), ");", "endpoints = {"]
        for role, e in self.endpoints.items():
            lines.append("\t%s = %s;" % (role, self.endpoint_text(e)))
        lines += ["};", "ports = {"]
        for group, entries in self.ports.items():
            lines.append("\t%s = %s;" % (group, quoted(port_text(*e) for e in entries)))
        lines += ["};"]
        if self.services:
            lines += ["services = (", ",\n".join(self.service_text(s) for s in self.services), ");"]
        if self.taken_up:
            lines.append("implied_flows = %s;" % quoted(self.taken_up))
        if self.exceptions:
            lines += ["exceptions = (", ",\n".join(self.exception_text(e) for e in self.exceptions), ");"]
        if self.management:
            access = ",\n".join('\t{ name = "%s"; from = %s; ports = %s; }' % (
                m["name"], quoted(m["from"]), quoted(port_text(*e) for e in m["ports"])) for m in self.management)
            lines += ["management = { access = (", access, "); };"]
        lines += ['log = { directory = "/var/log/sekisho"; };',
                  'control = { socket = "/run/sekisho/control.sock"; operators = "sekisho"; };',
                  "queues = { first = 0; count = 2; };"]
        return "\n".join(lines) + "\n"

    def is_united(self):
        """Of a case of α' and a route over the breakout line, which say differently where LGWAN may go."""
        narrow = next(f for f in self.catalogue.forbidden if f["id"] == "lgwan-to-external-but-daas")["applies_to"]
        return "lbo" in self.firewalls and any(c.startswith("alpha") for c in self.configurations) and bool(
            set(self.configurations) & set(narrow))

    @staticmethod
    def endpoint_text(e):
        if not e:
            return '"none"'
        if not e["interfaces"] and not e.get("mac"):
            return quoted(e["addresses"])
        words = ["%s = %s;" % (key, quoted(e[key])) for key in ("addresses", "interfaces", "mac") if e.get(key)]
        return "{ %s }" % " ".join(words)

    @staticmethod
    def exception_text(e):
        names = ' names = [ "%s.example" ];' % e["name"] if any(p[3] for p in e["ports"]) else ""
        expires = (datetime.date.today() + datetime.timedelta(days=60)).isoformat() + "T00:00:00+09:00"
        return '\t{ name = "%s"; from = "%s"; to = "%s"; ports = %s;%s reason = "R"; approved_by = "A"; expires = "%s"; }' % (
            e["name"], e["from"], e["to"], quoted(port_text(*p) for p in e["ports"]), names, expires)

    @staticmethod
    def service_text(s):
        words = ['name = "%s"; role = "%s";' % (s["name"], s["role"]),
                 'ismap = { service = "S"; number = "C00-0000-0"; valid_until = "2099-03-31"; };',
                 "addresses = %s;" % quoted(s["addresses"]),
                 "ports = %s;" % quoted(port_text(*e) for e in s["ports"]),
                 "names = %s;" % quoted(s["names"])]
        if s["quic"]:
            words.append('quic = "inspect";')
        if s["proxy"]:
            words.append('via = { proxy = "%s"; };' % s["proxy"])
        return "\t{ %s }" % "\n\t  ".join(words)


def port_text(proto, first, last, app=""):
    text = "%s/%d" % (proto, first) + ("-%d" % last if last != first else "")
    return text + (" " + app if app else "")
