#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`sekishoctl prove --running` against real packets, under random policies whose rules were changed by hand.

  Unchanged rules are proven.
  A counterexample is no talk: the packet that it names goes through the changed firewall.
  A proof holds: where random packets find a new flow that the policy refuses and the changed rules let in, at least
  one claim fails (or nothing is claimed, for a rule that is not understood)."""

import argparse
import collections
import ipaddress
import json
import os
import random
import re
import subprocess
import sys

import chooser
import differential
import firewall
import simulation
import sites
import wire

PASSING = ("accept", "queue")
# Of flows that the policy permits, if they only began as they should: no claim is about that.
UNCLAIMED = ("midstream", "invalid-state", "quic-refused")


class Changed(differential.Differential):
    """One random policy after another, each changed by hand."""

    def prove(self):
        """(exit status, claims); no claims where nothing is claimed."""
        words = ["ip", "netns", "exec", self.firewall.name, self.ctl, "prove", "--running", "--json",
                 os.path.join(self.directory, "policy.conf")]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
        try:
            return done.returncode, json.loads(done.stdout)["claims"]
        except (ValueError, KeyError):
            return done.returncode, []

    def prepare(self, number):
        """A policy in the kernel, routes, and somebody who chooses packets."""
        self.site, rng = self.site_of(number)
        self.routes = firewall.ways_of(self.site, rng)
        self.firewall.site = self.site
        self.firewall.set_own([])
        self.firewall.set_routes(self.routes)
        self.choose = chooser.Chooser(self.site, rng, self.firewall.way_of, firewall.OWN.values())
        return rng

    # --- what a counterexample says, as a packet ---

    def probe_of(self, words):
        """None for packets of flows that are known already: those cannot be made up."""
        if words["state"] != "new" or words["reply"] or words["mark"] or "in" not in words or not words["in"]:
            return None
        src, dst = ipaddress.ip_address(words["from"]), ipaddress.ip_address(words["to"])
        protocol = {"tcp": 6, "udp": 17, "icmp": 1 if src.version == 4 else 58}.get(words["protocol"]) or int(words["protocol"])
        if simulation.is_mapped(src) or simulation.is_mapped(dst):
            return None
        # a hole for addresses alone that no kernel forwards
        if any(sites.Range.of(text).has(a) for text in sites.MARTIANS for a in (src, dst)):
            return None
        packet = wire.Packet(src, dst, protocol, random.Random(str(words)).randint(1024, 65535), words["port"],
                             flags=words["tcp_flags"], icmp_type=words["icmp_type"], mac=words.get("mac") or wire.FAR_MAC)
        self.firewall.set_routes({**self.routes, ipaddress.ip_network(str(dst)): words["out"]})
        return simulation.Probe(words["in"], packet, self.firewall, "new")

    def goes_through(self, words):
        """True, False, or None where it cannot be tried."""
        if words["in"] not in sites.INTERFACES or words["out"] not in sites.INTERFACES:
            return None
        probe = self.probe_of(words)
        if probe is None:
            return None
        self.injector.flush()
        self.send([probe])
        passed = bool(probe.seen.out or probe.seen.queue)
        if not passed:
            print("# %s: did not pass: %s: %s" % (self.name, probe.packet, probe.seen))
        return passed

    # --- what random packets find ---

    def found_open(self, count):
        """A packet of a new flow that the policy refuses, and that passes now."""
        self.firewall.set_routes(self.routes)
        self.injector.flush()
        probes = []
        while len(probes) < count:
            chosen = self.choose.packet()
            if chosen and chooser.conntrack_state(chosen[1]) == "new":
                probe = simulation.Probe(chosen[0], chosen[1], self.firewall, "new")
                if probe.hook == "forward":
                    probes.append(probe)
        simulation.expect(self.ctl, os.path.join(self.directory, "policy.conf"), probes)
        self.send(probes)
        return next((p for p in probes if p.expected["outcome"] not in PASSING
                     and p.expected.get("reason") not in UNCLAIMED and (p.seen.out or p.seen.queue)), None)


# --- changes by hand ---

def nft(run, words):
    run.firewall.on(run.firewall.name, "nft", words)


def accept_pair(run, rng):
    """Leave for one host to another, whoever they are."""
    family = rng.choice(run.site.families)
    src, dst = run.choose.edge(family), run.choose.edge(family)
    word = "ip" if family == 4 else "ip6"
    nft(run, "insert rule inet sekisho forward %s saddr %s %s daddr %s %s dport %d accept" % (
        word, src, word, dst, rng.choice(["tcp", "udp"]), rng.choice(run.choose.ports)))


def accept_way(run, rng):
    """Leave for all that comes in by one interface and goes out by another."""
    interfaces = sorted({i for z in run.site.zones.values() for i in z["interfaces"]})
    nft(run, "insert rule inet sekisho forward iifname %s oifname %s accept" % (rng.choice(interfaces), rng.choice(interfaces)))


def forget_forbidden(run, rng):
    nft(run, "flush map inet sekisho forbidden%d" % rng.choice([4, 6]))


def forget_places(run, rng):
    """A rule against forged sources, or wrong ways, is gone."""
    forget_rule(run, rng, "spoofed-source|misrouted")


def forget_other(run, rng):
    forget_rule(run, rng, "midstream|invalid-state")


def forget_rule(run, rng, what):
    listed = run.firewall.on(run.firewall.name, "nft", "-a", "list", "chain", "inet", "sekisho", "forward")
    rules = [h for words, h in re.findall(r"^\t\t(.*) # handle (\d+)$", listed, re.M) if re.search(what, words)]
    nft(run, "delete rule inet sekisho forward handle %s" % rng.choice(rules))


def add_port(run, rng):
    change_of(run, rng, "element-added")


def lose_address(run, rng):
    change_of(run, rng, "element-gone")


def change_of(run, rng, kind):
    run.kinds = [kind]
    if not simulation.mutate(run, rng):
        raise RuntimeError("not here")


def admit_unread(run, _):
    """What is to be inspected counts as decided."""
    nft(run, "insert rule inet sekisho inspect ct mark set 3 accept")


CHANGES = [accept_pair, accept_way, forget_forbidden, forget_places, forget_other, add_port, lose_address, admit_unread]


class Tally:
    def __init__(self):
        self.policies = self.proven = self.failing = self.through = self.stopped = self.untried = 0
        self.unclaimed = self.open = self.unsound = 0
        self.changes = collections.Counter()


def one_policy(run, number, tally, packets):
    rng = run.prepare(number)
    run.name = "seed %s policy %d" % (run.arguments.seed, number)
    status, claims = run.prove()
    tally.policies += 1
    tally.proven += status == 0 and bool(claims)
    if status or not claims:
        print("# %s: its own rules are not proven: %s" % (run.name, [c for c in claims if c["status"] in ("fails", "unknown")]))
    change = CHANGES[number % len(CHANGES)]
    try:
        change(run, rng)
    except (RuntimeError, IndexError):
        return
    tally.changes[change.__name__] += 1
    run.name += " (%s)" % change.__name__
    status, claims = run.prove()
    failing = [c for c in claims if c["status"] == "fails"]
    tally.failing += bool(failing)
    tally.unclaimed += bool(status and not failing)
    for claim in failing:
        passed = run.goes_through(claim["counterexample"])
        tally.through += passed is True
        tally.stopped += passed is False
        tally.untried += passed is None
    opened = run.found_open(packets)
    tally.open += opened is not None
    if opened is not None and status == 0:
        tally.unsound += 1
        print("# %s: proven, but open: %s, in by %s, out by %s: %s, where the policy says %s (%s)" % (
            run.name, opened.packet, opened.interface, opened.way, opened.seen, opened.expected["outcome"], opened.expected["reason"]))


def main():
    wire.end_in_order()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policies", type=int, default=32)
    parser.add_argument("--packets", type=int, default=700, help="random packets for each policy")
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(1 << 32)))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--configurations", default="")
    arguments = parser.parse_args()
    print("# seed %s" % arguments.seed, flush=True)
    tally, tap, run = Tally(), differential.Tap(), Changed(arguments)
    try:
        for number in range(arguments.first, arguments.first + arguments.policies):
            one_policy(run, number, tally, arguments.packets)
    finally:
        run.close()
    print("# changes: %s" % ", ".join("%s %d" % c for c in tally.changes.items()))
    print("# after a change: claims fail %d, nothing claimed %d; counterexamples that passed %d, were stopped %d, could not "
          "be tried %d; random packets found an opening %d" % (tally.failing, tally.unclaimed, tally.through, tally.stopped,
                                                              tally.untried, tally.open))
    tap.ok(tally.proven == tally.policies, "the kernel's rules of %d of %d random policies are proven" % (
        tally.proven, tally.policies))
    tap.ok(tally.through and not tally.stopped, "every counterexample that can be sent passes as a packet: %d of %d" % (
        tally.through, tally.through + tally.stopped))
    tap.ok(tally.open and not tally.unsound, "nothing is proven where a packet shows otherwise: %d openings, %d of them proven" % (
        tally.open, tally.unsound))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
