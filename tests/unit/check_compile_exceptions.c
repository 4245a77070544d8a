/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/compile.h: what exceptions open and for how long, what passes pairs of zones
 * that are shut, and whom hardware addresses make credible. Packets go through ruleset/walk.h. */
#include <check.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/mark.h"
#include "policy/decide.h"
#include "ruleset/compile.h"
#include "ruleset/text.h"
#include "ruleset/walk.h"

#define SYN     0x02
#define ACK     0x10
#define EXPIRES 2000000000
#define OPENED  (MARK_OPEN | MARK_EXCEPTION)
#define WATCHED (MARK_WATCHED | MARK_EXCEPTION)

struct site {
	struct policy *policy;
	struct ruleset *ruleset;
};

static void site_clear(struct site *site)
{
	policy_free(site->policy);
	ruleset_free(site->ruleset);
}

static struct site policy_of(const char *name)
{
	const char *top = getenv("SRCDIR");
	struct errors errors = { 0 };
	struct site site = { 0 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/tests/golden/ruleset/%s.conf", top ? top : ".",
		       name);
	if (policy_read(path, &site.policy, &errors))
		errors_print(&errors, stderr);
	errors_clear(&errors);
	ck_assert_ptr_nonnull(site.policy);
	return site;
}

static void compile(struct site *site)
{
	ck_assert_int_eq(policy_derive(site->policy), 0);
	ck_assert_int_eq(compile_policy(site->policy, &site->ruleset), 0);
}

static char *copy(const char *text)
{
	char *copied = strdup(text);

	ck_assert_ptr_nonnull(copied);
	return copied;
}

static void add_range(struct addr_list *list, const char *text)
{
	struct addr_range r;

	ck_assert_int_eq(addr_range_parse(text, &r), 0);
	ck_assert_int_eq(addr_list_add(list, &r), 0);
}

static struct policy_exception *except(struct site *site, const char *name, const char *from,
				       const char *to)
{
	struct policy *p = site->policy;
	struct policy_exception *e;

	p->exceptions = realloc(p->exceptions, (p->exception_count + 1) * sizeof(*e));
	ck_assert_ptr_nonnull(p->exceptions);
	e = &p->exceptions[p->exception_count++];
	*e = (struct policy_exception){ .name = copy(name),
					.reason = copy("a test"),
					.approved_by = copy("CISO"),
					.expires_s = EXPIRES };
	add_range(&e->from, from);
	add_range(&e->to, to);
	return e;
}

static void add_port(struct policy_exception *e, uint8_t l4proto, uint16_t first, uint16_t last,
		     enum app app)
{
	e->ports.at = realloc(e->ports.at, (e->ports.count + 1) * sizeof(*e->ports.at));
	ck_assert_ptr_nonnull(e->ports.at);
	e->ports.at[e->ports.count++] = (struct policy_port){
		.l4proto = l4proto, .first = first, .last = last, .app = app
	};
}

/* The city, with exceptions by address and by name. */
static struct site excepting_city(void)
{
	struct site site = policy_of("city");
	struct policy_exception *e =
		except(&site, "old-system", "192.168.10.8/29", "203.0.113.0/28");

	add_range(&e->from, "2001:db8:10::8");
	add_range(&e->to, "2001:db8:203::10");
	add_port(e, IPPROTO_TCP, 8080, 8081, APP_NONE);
	add_port(e, IPPROTO_UDP, 5000, 5000, APP_NONE);
	e = except(&site, "migration", "192.168.10.11", "198.51.100.131");
	add_port(e, IPPROTO_TCP, 8443, 8443, APP_TLS);
	add_port(e, IPPROTO_UDP, 8443, 8443, APP_QUIC);
	add_port(e, IPPROTO_UDP, 8444, 8444, APP_QUIC_REFUSED);
	compile(&site);
	return site;
}

static struct walk_packet packet(const char *iif, const char *src, const char *oif, const char *dst,
				 uint16_t dport)
{
	struct walk_packet p = { .l4proto = IPPROTO_TCP,
				 .sport = 50000,
				 .dport = dport,
				 .tcp_flags = SYN,
				 .tcp_doff = 5,
				 .length = 40,
				 .has_ether = true,
				 .ct_state = STATE_NEW };

	memcpy(p.iif, iif, strlen(iif));
	memcpy(p.oif, oif, strlen(oif));
	ck_assert_int_eq(addr_parse(src, &p.src), 0);
	ck_assert_int_eq(addr_parse(dst, &p.dst), 0);
	p.family = p.src.family;
	return p;
}

/* A later packet of its flow, with payload, from the client or from the server. */
static struct walk_packet later(struct walk_packet p, uint32_t mark, bool reply)
{
	struct walk_packet back = p;

	p.ct_state = STATE_ESTABLISHED;
	p.ct_mark = mark;
	p.tcp_flags = ACK;
	p.length = 1400;
	if (!reply)
		return p;
	memcpy(p.iif, back.oif, sizeof(p.iif));
	memcpy(p.oif, back.iif, sizeof(p.oif));
	p.src = back.dst;
	p.dst = back.src;
	p.sport = back.dport;
	p.dport = back.sport;
	p.ct_reply = true;
	return p;
}

static struct walk_result walked(const struct site *site, const struct walk_packet *p)
{
	struct walk_result r;

	ck_assert_int_eq(walk_ruleset(site->ruleset, HOOK_FORWARD, p, &r), 0);
	return r;
}

static bool accepts(const struct site *site, struct walk_packet p)
{
	return walked(site, &p).outcome == WALK_ACCEPT;
}

/* Into the queue, to be recorded (admit) or read (not). */
static bool queues(const struct site *site, struct walk_packet p, bool admit)
{
	const struct walk_result r = walked(site, &p);

	return r.outcome == WALK_QUEUE && (r.meta_mark & MARK_ADMIT) == (admit ? MARK_ADMIT : 0);
}

static bool logs(const struct site *site, struct walk_packet p, const char *prefix)
{
	const struct walk_result r = walked(site, &p);

	return r.outcome != WALK_ACCEPT && r.outcome != WALK_QUEUE && r.log_prefix &&
	       !strcmp(r.log_prefix, prefix);
}

START_TEST(exceptions_open_what_they_name_and_nothing_beside)
{
	auto_(site_clear) struct site city = excepting_city();
	struct walk_packet p = packet("lgwan0", "192.168.10.11", "asp0", "203.0.113.10", 8080);
	struct walk_packet q = p;
	const struct walk_result r = walked(&city, &p);

	ck_assert(queues(&city, p, true));
	ck_assert_str_eq(r.comment, "exception:old-system");
	q.dport = 8081;
	ck_assert(queues(&city, q, true));
	q.dport = 8082;
	ck_assert(logs(&city, q, "sekisho:not-permitted"));
	q.dport = 8080;
	q.l4proto = IPPROTO_UDP;
	ck_assert(logs(&city, q, "sekisho:not-permitted"));
	q.dport = 5000;
	ck_assert(queues(&city, q, true));
	q = packet("lgwan0", "192.168.10.16", "asp0", "203.0.113.10", 8080);
	ck_assert(logs(&city, q, "sekisho:not-permitted"));
	q = packet("lgwan0", "192.168.10.11", "asp0", "203.0.113.16", 8080);
	ck_assert(logs(&city, q, "sekisho:not-permitted"));
	q = packet("lgwan0", "2001:db8:10::8", "asp0", "2001:db8:203::10", 8080);
	ck_assert(queues(&city, q, true));
	q = packet("lgwan0", "2001:db8:10::9", "asp0", "2001:db8:203::10", 8080);
	ck_assert(logs(&city, q, "sekisho:not-permitted"));
	q = packet("asp0", "203.0.113.10", "lgwan0", "192.168.10.11", 8080);
	ck_assert(logs(&city, q, "sekisho:not-permitted"));
}
END_TEST

START_TEST(exceptions_by_name_are_read_over_quic_too)
{
	auto_(site_clear) struct site city = excepting_city();
	struct walk_packet p = packet("lgwan0", "192.168.10.11", "wan0", "198.51.100.131", 8443);

	ck_assert(queues(&city, p, false));
	p.l4proto = IPPROTO_UDP;
	ck_assert(queues(&city, p, false));
	p.dport = 8444;
	ck_assert(logs(&city, p, "sekisho:quic-refused"));
}
END_TEST

static void check_as_decided(const struct site *site, struct walk_packet p)
{
	const struct flow_key key = {
		.src = p.src, .dst = p.dst, .sport = p.sport, .dport = p.dport, .l4proto = p.l4proto
	};
	char to[ADDR_TEXT_MAX];
	bool same = false;

	switch (decide_treatment(site->policy, &key)) {
	case APP_NONE:
		same = queues(site, p, true);
		break;
	case APP_TLS:
	case APP_HTTP:
	case APP_QUIC:
		same = queues(site, p, false);
		break;
	case APP_QUIC_REFUSED:
		same = logs(site, p, "sekisho:quic-refused");
		break;
	case APP_COUNT:
		same = logs(site, p, "sekisho:not-permitted");
		break;
	}
	ck_assert_msg(same, "%s:%u/%u", addr_text(&p.dst, to), p.dport, p.l4proto);
}

START_TEST(rules_and_decision_agree_at_the_edges_of_exceptions)
{
	static const char *const sources[] = { "192.168.10.7", "192.168.10.8", "192.168.10.11",
					       "192.168.10.15", "192.168.10.16" };
	static const char *const targets[] = {
		"203.0.113.0",    "203.0.113.15",   "203.0.113.16",
		"198.51.100.130", "198.51.100.131", "198.51.100.132"
	};
	static const uint16_t ports[] = { 443,  4999, 5000, 5001, 8079, 8080,
					  8081, 8082, 8442, 8443, 8444 };
	auto_(site_clear) struct site city = excepting_city();

	for (size_t i = 0; i < ARRAY_SIZE(sources) * ARRAY_SIZE(targets) * ARRAY_SIZE(ports); i++) {
		const char *target = targets[i / ARRAY_SIZE(sources) % ARRAY_SIZE(targets)];
		struct walk_packet p = packet("lgwan0", sources[i % ARRAY_SIZE(sources)],
					      target[0] == '2' ? "asp0" : "wan0", target,
					      ports[i / ARRAY_SIZE(sources) / ARRAY_SIZE(targets)]);

		check_as_decided(&city, p);
		p.l4proto = IPPROTO_UDP;
		check_as_decided(&city, p);
	}
}
END_TEST

START_TEST(exceptions_open_nothing_after_their_end)
{
	auto_(site_clear) struct site city = excepting_city();
	struct walk_packet p = packet("lgwan0", "192.168.10.11", "asp0", "203.0.113.10", 8080);
	struct walk_packet q = packet("lgwan0", "192.168.10.11", "wan0", "198.51.100.131", 8443);

	p.now_s = q.now_s = EXPIRES - 1;
	ck_assert(queues(&city, p, true));
	ck_assert(queues(&city, q, false));
	p.now_s = q.now_s = EXPIRES;
	ck_assert(logs(&city, p, "sekisho:not-permitted"));
	ck_assert(logs(&city, q, "sekisho:not-permitted"));
}
END_TEST

START_TEST(open_flows_end_with_their_exception_from_either_side)
{
	auto_(site_clear) struct site city = excepting_city();
	const struct walk_packet p =
		packet("lgwan0", "192.168.10.11", "asp0", "203.0.113.10", 8080);

	for (int reply = 0; reply < 2; reply++) {
		struct walk_packet q = later(p, OPENED, reply);
		struct walk_result r;

		q.now_s = EXPIRES - 1;
		ck_assert(accepts(&city, q));
		q.now_s = EXPIRES;
		ck_assert(logs(&city, q, "sekisho:exception-expired"));
		r = walked(&city, &q);
		ck_assert_int_eq(r.outcome, WALK_REJECT_RESET);
		ck_assert_uint_eq(r.ct_mark & MARK_STATE_MASK, MARK_REFUSED);
		/* what is open by the guideline does not depend on it */
		q.ct_mark = MARK_OPEN;
		ck_assert(accepts(&city, q));
	}
}
END_TEST

START_TEST(watched_flows_end_with_their_exception_too)
{
	auto_(site_clear) struct site city = excepting_city();
	struct walk_packet p = later(
		packet("lgwan0", "192.168.10.11", "wan0", "198.51.100.131", 8443), WATCHED, false);

	ck_assert(queues(&city, p, false));
	p.now_s = EXPIRES;
	ck_assert(logs(&city, p, "sekisho:exception-expired"));
}
END_TEST

START_TEST(without_exceptions_flows_of_old_ones_are_cut)
{
	auto_(site_clear) struct site city = policy_of("city");
	struct walk_packet p = later(
		packet("lgwan0", "192.168.10.11", "asp0", "203.0.113.10", 8080), OPENED, false);

	compile(&city);
	ck_assert(logs(&city, p, "sekisho:exception-expired"));
}
END_TEST

START_TEST(nothing_can_except_a_forbidden_flow)
{
	static const struct {
		const char *iif, *from, *oif, *to, *forbidden, *prefix;
	} cases[] = {
		{ "inet0", "192.168.30.11", "mynum0", "172.16.10.10", "internet-to-mynumber",
		  "sekisho:forbidden:internet-to-mynumber" },
		{ "wan0", "93.184.216.34", "lgwan0", "192.168.10.11", "external-inbound-at-lbo",
		  "sekisho:forbidden:external-inbound-at-lbo" },
		{ "lgwan0", "192.168.10.11", "wan0", "93.184.216.34",
		  "lgwan-to-unpermitted-external", "sekisho:not-permitted" },
		{ "wan0", "198.51.100.10", "asp0", "203.0.113.10", "mynumber-desktop-elsewhere",
		  "sekisho:not-permitted" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_(site_clear) struct site city = policy_of("city");
		struct policy_exception *e = except(&city, "hole", cases[i].from, cases[i].to);

		/* an innocent address beside it does not save it */
		add_range(&e->from, "192.168.10.9");
		add_range(&e->to, "203.0.113.9");
		add_port(e, IPPROTO_TCP, 1, 65535, APP_NONE);
		compile(&city);
		e = city.policy->exceptions;
		ck_assert_ptr_nonnull(e->forbidden_by);
		ck_assert_str_eq(e->forbidden_by->id, cases[i].forbidden);
		ck_assert(logs(&city,
			       packet(cases[i].iif, cases[i].from, cases[i].oif, cases[i].to, 22),
			       cases[i].prefix));
		ck_assert(logs(&city, packet("lgwan0", "192.168.10.9", "asp0", "203.0.113.9", 22),
			       "sekisho:not-permitted"));
	}
}
END_TEST

START_TEST(text_tells_how_long_an_exception_holds)
{
	auto_(site_clear) struct site city = excepting_city();

	for (int expired = 0; expired < 2; expired++) {
		auto_(free_charp) char *text = NULL;
		size_t size;
		FILE *to = open_memstream(&text, &size);

		ck_assert_ptr_nonnull(to);
		text_print_at(city.ruleset, NULL, EXPIRES - (expired ? 0 : 3600), to);
		ck_assert_int_eq(fclose(to), 0);
		ck_assert_ptr_nonnull(strstr(text, "flags interval,timeout\n"));
		ck_assert_int_eq(strstr(text, "192.168.10.11 . 198.51.100.131 . tcp . 8443 "
					      "timeout 3600s") != NULL,
				 !expired);
		ck_assert_int_eq(strstr(text, " timeout ") != NULL, !expired);
		ck_assert_ptr_null(strstr(text, "timeout 0s"));
	}
}
END_TEST

START_TEST(screen_transfer_passes_a_shut_pair_and_nothing_else_does)
{
	static const char shut[] = "sekisho:forbidden:internet-to-mynumber";
	auto_(site_clear) struct site site = policy_of("separation");
	struct walk_packet p = packet("inet0", "192.168.30.130", "mynum0", "172.16.10.33", 22443);
	struct walk_packet q = p;

	compile(&site);
	ck_assert(queues(&site, p, true));
	ck_assert(accepts(&site, later(p, MARK_OPEN, false)));
	ck_assert(accepts(&site, later(p, MARK_OPEN, true)));
	q.l4proto = IPPROTO_UDP;
	ck_assert(queues(&site, q, true));
	q.dport = 22446;
	ck_assert(logs(&site, q, shut));
	q = p;
	q.dport = 1521;
	ck_assert(logs(&site, q, shut));
	/* even of a flow that some mistake has opened */
	ck_assert(logs(&site, later(q, MARK_OPEN, false), shut));
	q = packet("inet0", "192.168.30.127", "mynum0", "172.16.10.33", 22443);
	ck_assert(logs(&site, q, shut));
	q = packet("inet0", "192.168.30.130", "mynum0", "172.16.10.64", 22443);
	ck_assert(logs(&site, q, shut));
	q = packet("inet0", "192.168.30.130", "mynum0", "172.16.10.10", 1521);
	ck_assert(logs(&site, q, shut));
	q = packet("inet0", "2001:db8:30::7", "mynum0", "2001:db8:172::20", 22443);
	ck_assert(queues(&site, q, true));
	q = packet("inet0", "2001:db8:30::100", "mynum0", "2001:db8:172::20", 22443);
	ck_assert(logs(&site, q, shut));
	q = packet("mynum0", "172.16.10.33", "inet0", "192.168.30.130", 22443);
	ck_assert(logs(&site, q, "sekisho:not-permitted"));
}
END_TEST

START_TEST(hardware_addresses_count_for_every_packet_of_their_role)
{
	auto_(site_clear) struct site site = policy_of("separation");
	struct walk_packet p = packet("lgwan0", "192.168.10.244", "inet0", "192.168.30.244", 8022);
	struct walk_packet q;

	compile(&site);
	memcpy(p.ether_saddr, (const uint8_t[]){ 2, 0, 0, 0, 0x10, 0xf4 }, 6);
	ck_assert(queues(&site, p, true));
	p.ether_saddr[5] = 0xf5;
	ck_assert(queues(&site, p, true));
	p.ether_saddr[5] = 0xf6;
	ck_assert(logs(&site, p, "sekisho:spoofed-source"));
	ck_assert(logs(&site, later(p, MARK_OPEN, false), "sekisho:spoofed-source"));
	p.ether_saddr[5] = 0xf4;
	p.has_ether = false;
	ck_assert(logs(&site, p, "sekisho:spoofed-source"));
	/* the answering server has hardware addresses as well, and these are others */
	q = later(p, MARK_OPEN, true);
	q.has_ether = true;
	ck_assert(logs(&site, q, "sekisho:spoofed-source"));
	memcpy(q.ether_saddr, (const uint8_t[]){ 2, 0, 0, 0, 0x30, 0xf4 }, 6);
	ck_assert(accepts(&site, q));
	/* nobody else is asked */
	q = packet("inet0", "192.168.30.130", "lgwan0", "192.168.10.33", 22443);
	q.has_ether = false;
	ck_assert(queues(&site, q, true));
}
END_TEST

START_TEST(maintenance_reaches_its_targets_in_every_zone)
{
	auto_(site_clear) struct site site = policy_of("separation");

	compile(&site);
	ck_assert(
		queues(&site, packet("mgmt0", "192.168.99.9", "mynum0", "172.16.10.72", 22), true));
	ck_assert(queues(&site, packet("mgmt0", "192.168.99.9", "lgwan0", "192.168.10.72", 22),
			 true));
	ck_assert(queues(&site, packet("mgmt0", "192.168.99.9", "inet0", "192.168.30.244", 22),
			 true));
	ck_assert(logs(&site, packet("mgmt0", "192.168.99.9", "inet0", "192.168.30.244", 23),
		       "sekisho:not-permitted"));
	ck_assert(logs(&site, packet("mgmt0", "192.168.99.9", "mynum0", "172.16.10.73", 22),
		       "sekisho:not-permitted"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compile_exceptions");
	TCase *tcase = tcase_create("compile_exceptions");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, exceptions_open_what_they_name_and_nothing_beside);
	tcase_add_test(tcase, exceptions_by_name_are_read_over_quic_too);
	tcase_add_test(tcase, rules_and_decision_agree_at_the_edges_of_exceptions);
	tcase_add_test(tcase, exceptions_open_nothing_after_their_end);
	tcase_add_test(tcase, open_flows_end_with_their_exception_from_either_side);
	tcase_add_test(tcase, watched_flows_end_with_their_exception_too);
	tcase_add_test(tcase, without_exceptions_flows_of_old_ones_are_cut);
	tcase_add_test(tcase, nothing_can_except_a_forbidden_flow);
	tcase_add_test(tcase, text_tells_how_long_an_exception_holds);
	tcase_add_test(tcase, screen_transfer_passes_a_shut_pair_and_nothing_else_does);
	tcase_add_test(tcase, hardware_addresses_count_for_every_packet_of_their_role);
	tcase_add_test(tcase, maintenance_reaches_its_targets_in_every_zone);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
