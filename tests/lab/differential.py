#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random policies and random packets: what the kernel does with a packet is what `sekishoctl simulate` says of it.

Each policy is loaded into a network namespace; packets are sent at the far ends of its cables, and looked for at all
of them, in the queue, and where the answer of a refusal goes. Then some flows are let through by the queue, and their
later packets are held against the simulation too. What disagrees is saved as a case, which --case replays."""

import argparse
import collections
import glob
import ipaddress
import json
import os
import random
import sys
import time

import chooser
import firewall
import simulation
import sites
import wire

TOP = sites.TOP


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=30000, help="stop after so many (30000)")
    parser.add_argument("--each", type=int, default=700, help="first packets for each policy (700)")
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(1 << 32)))
    parser.add_argument("--first", type=int, default=0, help="number of the first policy of the seed")
    parser.add_argument("--cases", default=os.path.join(os.environ.get("TMPDIR", "/tmp"), "sekisho-cases"),
                        help="where to save what disagrees")
    parser.add_argument("--case", action="append", default=[], help="only replay this saved case")
    parser.add_argument("--mutate", action="store_true",
                        help="only change each ruleset in the kernel by hand: it must be noticed")
    parser.add_argument("--configurations", default="", help="choose only from these, by commas")
    return parser.parse_args()


class Differential:
    def __init__(self, arguments):
        self.arguments = arguments
        self.build = os.environ.get("BUILD", os.path.join(TOP, "build"))
        self.ctl = os.path.join(self.build, "sekishoctl")
        self.catalogue = sites.Catalogue()
        self.directory = wire.run("mktemp", "-d").strip()
        self.firewall = firewall.Firewall(sites.INTERFACES)
        try:
            self.injector = wire.Injector(os.path.join(self.build, "tests", "bin", "inject"), self.firewall.name,
                                          self.firewall.places, (0, 2))
        except BaseException:
            self.firewall.close()
            raise
        self.queue = wire.queue_of_kernel()
        self.mutating = False
        self.outcomes, self.used = collections.Counter(), collections.Counter()
        self.sent = self.policies = self.refused = self.mismatches = self.unsteady = self.exceptions = 0

    def close(self):
        self.injector.close()
        self.firewall.close()
        wire.run("rm", "-rf", self.directory)

    # --- one policy ---

    def is_good(self, text):
        """True if the policy can be loaded (what check wants of it besides is another matter); it is in policy.conf then."""
        path = os.path.join(self.directory, "policy.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        try:
            wire.run(self.ctl, "compile", path)
        except RuntimeError as error:
            self.refusal = str(error)
            return False
        return True

    def load(self, text):
        """True if it is a good policy, and is in the kernel now."""
        if not self.is_good(text):
            return False
        tool = os.path.join(self.build, "tests", "bin", "apply_ruleset")
        self.firewall.on(self.firewall.name, tool, "--delete")
        self.firewall.on(self.firewall.name, tool, "--queue", self.queue, os.path.join(self.directory, "policy.conf"))
        self.injector.flush()
        return True

    def site_of(self, number):
        """A random site whose policy is right, and the numbers that made its packets."""
        configurations = [c for c in (self.arguments.configurations.split(",") if self.arguments.configurations
                                      else sorted(self.catalogue.configurations))]
        for attempt in range(200):
            rng = random.Random("%s-%d-%d" % (self.arguments.seed, number, attempt))
            site = sites.Site(rng, self.catalogue, configurations)
            if self.is_good(site.text()):
                self.add_exceptions(site, rng)
                self.load(site.text())
                self.used.update(site.configurations)
                return site, rng
            self.refused += 1
        raise RuntimeError("200 policies in turn were refused: " + self.refusal)

    def add_exceptions(self, site, rng):
        """Those that a policy may have."""
        for number in range(rng.choice([0, 0, 4, 8])):
            site.exceptions.append(site.exception(number))
            if not self.is_good(site.text()):
                site.exceptions.pop()
        self.exceptions += len(site.exceptions)

    def policy(self, number):
        site, rng = self.site_of(number)
        self.site, self.mutation = site, None
        self.policies += 1
        routes = firewall.ways_of(site, rng)
        own = self.own_addresses(site, rng)
        self.firewall.site = site
        self.firewall.set_routes(routes)
        self.firewall.set_own(own)
        choose = chooser.Chooser(site, rng, self.firewall.way_of, list(firewall.OWN.values()) + own)
        mutation = simulation.mutate(self, rng) if self.mutating else None
        self.name = "seed %s policy %d%s" % (self.arguments.seed, number, " (%s)" % mutation if mutation else "")
        probes = []
        while len(probes) < self.arguments.each * (3 if self.mutating else 1):
            chosen = choose.packet()
            if chosen:
                interface, packet = chosen
                probes.append(simulation.Probe(interface, packet, self.firewall, chooser.conntrack_state(packet),
                                               mark=rng.choice(simulation.MARKS)))
        before = self.mismatches
        self.judge(probes)
        for step in range(0 if self.mutating else simulation.STEPS):
            probes = [p for p in (simulation.following(probe, step, rng, self.firewall) for probe in probes) if p]
            self.judge(probes, again=False)
        return self.mismatches > before

    @staticmethod
    def own_addresses(site, rng):
        """Addresses of the appliance itself, inside the zones."""
        networks = [n for z in site.zones.values() for n in z["networks"]]
        return [str(w.address(rng.randint(w.first, w.last))) for w in rng.sample(networks, min(2, len(networks)))]

    # --- comparing ---

    def judge(self, probes, again=True):
        """Sends the probes; each probe keeps what was seen of it and what was expected."""
        if not probes:
            return
        simulation.expect(self.ctl, os.path.join(self.directory, "policy.conf"), probes)
        self.send(probes)
        self.sent += len(probes)
        wrong = [p for p in probes if p.disagreement()]
        if wrong and again:  # something may have been late: only what disagrees twice counts
            for probe in wrong:
                probe.packet.sport = probe.sport = 1024 + probe.packet.sport * 7 % 64000
            self.send(wrong)
            steady = [p for p in wrong if p.disagreement()]
            self.unsteady += len(wrong) - len(steady)
            wrong = steady
        for probe in probes:
            self.outcomes[probe.hook + " " + probe.expected["outcome"]] += 1
        for probe in wrong:
            self.mismatches += 1
            self.report(probe)

    def send(self, probes):
        numbers = {}
        for probe in probes:
            place = self.firewall.interfaces.index(probe.interface)
            numbers[self.injector.add(place, probe.packet, probe.mark if probe.mark is not None else "drop")] = probe
        for number, seen in self.injector.go().items():
            numbers[number].seen = seen

    def report(self, probe):
        if self.mutating:
            return
        lines = ["# MISMATCH %s" % self.name, "#   packet:   %s, in by %s, out by %s, state %s" % (
            probe.packet, probe.interface, probe.way or "(itself)", probe.state_text()),
            "#   simulate: %s" % json.dumps(probe.expected, ensure_ascii=False)[:400],
            "#   kernel:   %s" % probe.seen, "#   that is:  %s" % probe.disagreement()]
        if self.mismatches <= 10:
            print("\n".join(lines), flush=True)
        if self.mismatches <= 50:
            self.save(probe, lines)

    def save(self, probe, lines):
        name = "%s-%d" % (self.name.replace(" ", "-"), self.mismatches)
        os.makedirs(self.arguments.cases, exist_ok=True)
        with open(os.path.join(self.directory, "policy.conf"), encoding="utf-8") as f:
            policy = f.read()
        case = {"told": [line[2:] for line in lines], "policy": policy, "own": self.firewall.own,
                "routes": {str(net): interface for net, interface in self.firewall.routes.items()},
                "packets": [p.as_case() for p in probe.history()]}
        path = os.path.join(self.arguments.cases, name + ".json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(case, f, ensure_ascii=False, indent=1)
            f.write("\n")
        if self.mismatches <= 10:
            print("#   saved:    %s" % path, flush=True)

    def replay(self, path):
        with open(path, encoding="utf-8") as f:
            case = json.load(f)
        self.name = "case " + os.path.basename(path)
        if not self.load(case["policy"]):
            raise RuntimeError("%s: its policy is refused: %s" % (path, self.refusal))
        self.firewall.set_routes({ipaddress.ip_network(net): i for net, i in case["routes"].items()})
        self.firewall.set_own(case["own"])
        before, probe = self.mismatches, None
        for words in case["packets"]:
            probe = simulation.Probe.of_case(words, self.firewall, probe)
            self.judge([probe], again=False)
        return self.mismatches > before


class Tap:
    """Results as lines of the Test Anything Protocol."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, sentence):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, sentence), flush=True)

    def end(self):
        print("1..%d" % self.count)
        return 1 if self.failed or not self.count else 0


def replay_run(run, tap, paths):
    for path in paths:
        tap.ok(not run.replay(path), "kernel and simulate agree on what once disagreed: %s" % os.path.basename(path))


def random_run(run, tap, arguments):
    number, began = arguments.first, time.monotonic()
    while run.sent < arguments.packets:
        run.policy(number)
        number += 1
    print("# seed %s: %d packets, %d policies (%d more were refused), %.0f s" % (
        arguments.seed, run.sent, run.policies, run.refused, time.monotonic() - began))
    print("# configurations: %s" % ", ".join("%s %d" % c for c in sorted(run.used.items())))
    print("# exceptions: %d" % run.exceptions)
    print("# outcomes: %s" % ", ".join("%s %d" % o for o in run.outcomes.most_common()))
    print("# late, and right when sent again: %d" % run.unsteady)
    tap.ok(run.mismatches == 0 and run.sent >= arguments.packets,
           "kernel and simulate agree on %d of %d packets, under %d random policies" % (
               run.sent - run.mismatches, run.sent, run.policies))
    tap.ok(run.unsteady * 1000 <= run.sent, "hardly any packet is late")
    # a run in which nothing passes, or nothing is refused, would prove little
    for outcome in ("queue", "accept", "drop", "reject-reset", "reject-admin"):
        tap.ok(run.outcomes["forward " + outcome] * 50 >= run.sent, "many packets are for: %s" % outcome)


def mutated_run(run, tap, arguments):
    """Each kind of change is made under three policies at least, and under more as long as it was not noticed: what is
    changed may be beside all that random packets hit."""
    noticed, number = collections.defaultdict(list), arguments.first
    run.mutating = True
    while number < arguments.first + 100:
        run.kinds = [k for k in simulation.MUTATIONS if len(noticed[k]) < 3 or len(noticed[k]) < 60 and not any(noticed[k])]
        if not run.kinds:
            break
        found = run.policy(number)
        if run.mutation:
            noticed[run.mutation].append(found)
        number += 1
    for kind, sentence in simulation.MUTATIONS.items():
        tap.ok(any(noticed[kind]), "a change by hand is noticed: %s (under %d of %d policies)" % (
            sentence, sum(noticed[kind]), len(noticed[kind])))


def main():
    wire.end_in_order()
    arguments, tap = options(), Tap()
    run = Differential(arguments)
    known = sorted(glob.glob(os.path.join(TOP, "tests", "lab", "cases", "*.json")))
    print("# seed %s" % arguments.seed, flush=True)
    try:
        if not arguments.mutate:
            replay_run(run, tap, arguments.case or known)
        if not arguments.mutate and not arguments.case:
            random_run(run, tap, arguments)
        if not arguments.case:
            mutated_run(run, tap, arguments)
    finally:
        run.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
