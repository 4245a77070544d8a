/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/simulate.h: questions, answers, and both as JSON. */

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/mark.h"
#include "ctl/simulate.h"

struct site {
	struct policy *policy;
	struct simulate *simulate;
};

static void site_clear(struct site *site)
{
	simulate_free(site->simulate);
	policy_free(site->policy);
}

static struct site site_of(const char *name)
{
	const char *top = getenv("SRCDIR");
	auto_(errors_clear) struct errors errors = { 0 };
	struct site site = { 0 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s.conf", top ? top : ".", name);
	if (policy_read(path, &site.policy, &errors))
		errors_print(&errors, stderr);
	ck_assert_ptr_nonnull(site.policy);
	ck_assert_int_eq(simulate_new(site.policy, &site.simulate), 0);
	return site;
}

/* The question of a JSON object, which must be good. */
static struct simulate_question question_of(const char *text)
{
	struct simulate_question question;
	char error[SIMULATE_ERROR_MAX] = "";
	json_error_t fault;
	json_t *object = json_loads(text, 0, &fault);

	ck_assert_msg(object != NULL, "%s: %s", text, fault.text);
	simulate_question_begin(&question);
	ck_assert_msg(simulate_read_json(&question, object, error) == 0, "%s: %s", text, error);
	simulate_question_finish(&question);
	json_decref(object);
	return question;
}

static struct simulate_answer ask(const struct site *site, const char *text)
{
	struct simulate_question question = question_of(text);
	struct simulate_answer answer = { 0 };
	char error[SIMULATE_ERROR_MAX] = "";
	int err = simulate_ask(site->simulate, &question, &answer, error);

	ck_assert_msg(err == 0, "%s: %s", text, error);
	return answer;
}

/* What cannot be answered: the sentence says part. */
static void fails(const struct site *site, const char *text, const char *part)
{
	struct simulate_question question;
	struct simulate_answer answer = { .flow = "untouched" };
	char error[SIMULATE_ERROR_MAX] = "";
	json_error_t fault;
	json_t *object = json_loads(text, JSON_DECODE_ANY, &fault);
	int err;

	ck_assert_msg(object != NULL, "%s: %s", text, fault.text);
	simulate_question_begin(&question);
	err = simulate_read_json(&question, object, error);
	if (!err) {
		simulate_question_finish(&question);
		err = simulate_ask(site->simulate, &question, &answer, error);
	}
	ck_assert_msg(err == -EINVAL, "%s: gives %d", text, err);
	ck_assert_msg(strstr(error, part) != NULL, "%s: no \"%s\" in: %s", text, part, error);
	ck_assert_str_eq(answer.flow, "untouched");
	json_decref(object);
}

START_TEST(what_is_permitted_by_address_is_permitted)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_answer a =
		ask(&city, "{\"from\":\"198.51.100.10\",\"to\":\"172.16.10.10\",\"port\":1521,"
			   "\"protocol\":\"tcp\",\"in\":\"wan0\"}");

	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	ck_assert_int_eq(a.reason, REASON_PERMITTED_ADDRESS);
	ck_assert_int_eq(a.walk.outcome, WALK_QUEUE);
	ck_assert_uint_eq(a.walk.meta_mark, MARK_ADMIT);
	ck_assert_str_eq(a.flow, "route-1:mynumber-daas>mynumber-system-onprem");
	ck_assert_ptr_nonnull(a.text_ja);
	ck_assert_ptr_nonnull(a.source);
}
END_TEST

#define CLOUD                                                                                      \
	"\"from\":\"192.168.10.11\",\"to\":\"198.51.100.130\",\"protocol\":\"tcp\",\"out\":"       \
	"\"wan0\""

START_TEST(what_is_inspected_depends_on_the_name)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_answer a = ask(&city, "{" CLOUD ",\"port\":443}");

	ck_assert_int_eq(a.verdict, SIMULATE_INSPECT);
	ck_assert_int_eq(a.reason, REASON_NONE);
	ck_assert_str_eq(a.flow, "alpha-prime-u:lgwan-terminal>permitted-cloud");
	a = ask(&city, "{" CLOUD ",\"port\":443,\"name\":\"reiji-city.sharepoint.com\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	ck_assert_int_eq(a.reason, REASON_PERMITTED_NAME);
	a = ask(&city, "{" CLOUD ",\"port\":80,\"name\":\"Reiji-City.SharePoint.com.\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	a = ask(&city, "{" CLOUD ",\"port\":443,\"name\":\"other-city.sharepoint.com\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
	ck_assert_int_eq(a.reason, REASON_FOREIGN_TENANT);
	ck_assert_str_eq(a.flow, "");
	ck_assert_ptr_nonnull(a.decision.flow);
}
END_TEST

START_TEST(what_is_forbidden_cites_the_guideline)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_answer a =
		ask(&city, "{\"from\":\"192.168.30.11\",\"to\":\"172.16.10.10\",\"port\":443,"
			   "\"protocol\":\"tcp\"}");

	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
	ck_assert_int_eq(a.reason, REASON_FORBIDDEN);
	ck_assert_int_eq(a.walk.outcome, WALK_DROP);
	ck_assert_str_eq(a.flow, "internet-to-mynumber");
	ck_assert_str_eq(a.text_ja, guideline_forbidden_of("internet-to-mynumber")->text_ja);
	ck_assert_int_eq(a.decision.from_zone, ZONE_INTERNET);
	ck_assert_int_eq(a.decision.to_zone, ZONE_MYNUMBER);
}
END_TEST

START_TEST(what_is_refused_says_why_and_what_was_nearest)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_answer a = ask(&city, "{" CLOUD ",\"port\":22}");

	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
	ck_assert_int_eq(a.reason, REASON_NOT_PERMITTED);
	ck_assert_int_eq(a.walk.outcome, WALK_REJECT_RESET);
	ck_assert_str_eq(a.flow, "");
	ck_assert_str_eq(a.decision.flow->id, "alpha-prime-u:lgwan-terminal>permitted-cloud");
	a = ask(&city, "{\"from\":\"192.168.10.11\",\"to\":\"172.16.10.10\",\"port\":443,"
		       "\"protocol\":\"tcp\",\"in\":\"inet0\"}");
	ck_assert_int_eq(a.reason, REASON_SPOOFED);
	a = ask(&city, "{\"from\":\"192.168.10.11\",\"to\":\"198.51.100.130\",\"port\":443,"
		       "\"protocol\":\"udp\",\"out\":\"wan0\"}");
	ck_assert_int_eq(a.reason, REASON_QUIC_REFUSED);
	ck_assert_int_eq(a.walk.outcome, WALK_REJECT_PORT);
	a = ask(&city, "{" CLOUD ",\"port\":443,\"tcp_flags\":16}");
	ck_assert_int_eq(a.reason, REASON_MIDSTREAM);
}
END_TEST

START_TEST(packets_of_known_flows_go_by_state_and_mark)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_answer a = ask(&city, "{" CLOUD ",\"port\":443,\"state\":\"open\"}");

	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	ck_assert_int_eq(a.walk.outcome, WALK_ACCEPT);
	a = ask(&city, "{" CLOUD ",\"port\":443,\"state\":\"established\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_INSPECT); /* of no mark: judged like a new one */
	a = ask(&city, "{\"mark\":1," CLOUD ",\"port\":443,\"state\":\"established\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_INSPECT);
	a = ask(&city, "{\"mark\":5," CLOUD ",\"port\":443,\"state\":\"open\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
	ck_assert_int_eq(a.walk.outcome, WALK_REJECT_RESET);
	a = ask(&city, "{" CLOUD ",\"port\":443,\"state\":\"invalid\"}");
	ck_assert_int_eq(a.reason, REASON_INVALID_STATE);
	/* the answer comes from the server, in by where it lives */
	a = ask(&city, "{\"from\":\"198.51.100.130\",\"to\":\"192.168.10.11\",\"from_port\":443,"
		       "\"port\":40000,\"protocol\":\"tcp\",\"in\":\"wan0\",\"reply\":true,"
		       "\"state\":\"open\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	ck_assert_int_eq(a.decision.from_zone, ZONE_LGWAN);
	/* the same from the outside is no reply */
	a = ask(&city, "{\"from\":\"198.51.100.130\",\"to\":\"192.168.10.11\",\"from_port\":443,"
		       "\"port\":40000,\"protocol\":\"tcp\",\"in\":\"wan0\",\"state\":\"open\"}");
	ck_assert_int_eq(a.reason, REASON_FORBIDDEN);
}
END_TEST

START_TEST(the_appliance_itself_can_be_asked_about)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_answer a =
		ask(&city, "{\"from\":\"192.168.99.2\",\"to\":\"192.168.99.1\",\"port\":22,"
			   "\"protocol\":\"tcp\",\"hook\":\"input\"}");

	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	ck_assert_int_eq(a.reason, REASON_PERMITTED_MANAGEMENT);
	ck_assert_str_eq(a.flow, "operators");
	a = ask(&city, "{\"from\":\"192.168.99.3\",\"to\":\"192.168.99.1\",\"port\":22,"
		       "\"protocol\":\"tcp\",\"hook\":\"input\"}");
	ck_assert_int_eq(a.reason, REASON_INPUT_REFUSED);
	a = ask(&city, "{\"from\":\"192.168.99.1\",\"to\":\"192.168.99.2\",\"port\":53,"
		       "\"protocol\":\"udp\",\"hook\":\"output\"}");
	ck_assert_int_eq(a.reason, REASON_OUTPUT_REFUSED);
}
END_TEST

#define EXCEPTION                                                                                  \
	"\"from\":\"192.168.10.141\",\"to\":\"198.51.100.250\",\"port\":8443,"                     \
	"\"protocol\":\"tcp\",\"in\":\"lgwan0\",\"out\":\"wan0\""
#define BEFORE "\"at\":\"2027-09-30T17:59:59+09:00\""
#define AFTER  "\"at\":\"2027-09-30T18:00:00+09:00\""

START_TEST(exceptions_hold_until_they_expire)
{
	auto_(site_clear) struct site site = site_of("conf/examples/alpha-prime-u");
	struct simulate_answer a = ask(&site, "{" EXCEPTION "," BEFORE "}");

	ck_assert_int_eq(a.verdict, SIMULATE_INSPECT);
	ck_assert_str_eq(a.flow, "exception:antivirus-migration");
	a = ask(&site, "{" EXCEPTION "," BEFORE ",\"name\":\"migration.antivirus.example\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	ck_assert_int_eq(a.reason, REASON_PERMITTED_EXCEPTION);
	ck_assert_str_eq(a.flow, "exception:antivirus-migration");
	ck_assert_str_eq(a.decision.exception->approved_by, "CISO");
	a = ask(&site, "{" EXCEPTION "," AFTER "}");
	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
	ck_assert_int_eq(a.reason, REASON_NOT_PERMITTED);
	ck_assert_str_eq(a.flow, "");
	/* seconds since 1970 will do */
	a = ask(&site, "{" EXCEPTION ",\"at\":1822294799}");
	ck_assert_int_eq(a.verdict, SIMULATE_INSPECT);
	a = ask(&site, "{" EXCEPTION ",\"at\":1822294800}");
	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
}
END_TEST

START_TEST(what_an_exception_has_opened_is_cut_when_it_expires)
{
	auto_(site_clear) struct site site = site_of("conf/examples/alpha-prime-u");
	struct simulate_answer a = ask(&site, "{" EXCEPTION "," BEFORE ",\"state\":\"open\"}");

	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	ck_assert_uint_eq(a.walk.ct_mark, MARK_OPEN | MARK_EXCEPTION);
	ck_assert_str_eq(a.flow, "exception:antivirus-migration");
	a = ask(&site, "{" EXCEPTION "," AFTER ",\"state\":\"open\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
	ck_assert_int_eq(a.reason, REASON_EXCEPTION_EXPIRED);
	ck_assert_uint_eq(a.walk.ct_mark, MARK_REFUSED);
	/* from the server */
	a = ask(&site, "{\"from\":\"198.51.100.250\",\"to\":\"192.168.10.141\",\"port\":40000,"
		       "\"from_port\":8443,\"protocol\":\"tcp\",\"in\":\"wan0\",\"out\":"
		       "\"lgwan0\",\"reply\":true,\"state\":\"open\"," BEFORE "}");
	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	a = ask(&site, "{\"from\":\"198.51.100.250\",\"to\":\"192.168.10.141\",\"port\":40000,"
		       "\"from_port\":8443,\"protocol\":\"tcp\",\"in\":\"wan0\",\"out\":"
		       "\"lgwan0\",\"reply\":true,\"state\":\"open\"," AFTER "}");
	ck_assert_int_eq(a.reason, REASON_EXCEPTION_EXPIRED);
}
END_TEST

#define RELAY                                                                                      \
	"\"from\":\"192.168.10.244\",\"to\":\"192.168.30.244\",\"port\":8022,"                     \
	"\"protocol\":\"tcp\""

START_TEST(a_role_with_hardware_addresses_needs_one_of_them)
{
	auto_(site_clear) struct site site = site_of("conf/examples/route-3");
	struct simulate_answer a = ask(&site, "{" RELAY ",\"mac\":\"02:00:00:00:10:f4\"}");

	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	a = ask(&site, "{" RELAY ",\"mac\":\"02:00:00:00:10:f5\"}");
	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
	ck_assert_int_eq(a.reason, REASON_SPOOFED);
	a = ask(&site, "{" RELAY "}");
	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
}
END_TEST

START_TEST(addresses_that_map_ipv4_are_out_of_place)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_answer a =
		ask(&city, "{\"from\":\"::ffff:192.168.10.11\",\"to\":\"2001:db8:203::1\","
			   "\"port\":443,\"protocol\":\"tcp\",\"in\":\"lgwan0\"}");

	ck_assert_int_eq(a.verdict, SIMULATE_REFUSE);
	ck_assert_int_eq(a.reason, REASON_SPOOFED);
	a = ask(&city, "{\"from\":\"2001:db8:10::11\",\"to\":\"::ffff:172.16.10.10\","
		       "\"port\":443,\"protocol\":\"tcp\",\"out\":\"mynum0\"}");
	ck_assert_int_eq(a.reason, REASON_MISROUTED);
}
END_TEST

START_TEST(interfaces_come_from_the_policy_where_it_leaves_no_choice)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_question q =
		question_of("{\"from\":\"192.168.10.11\",\"to\":\"2001:db8:203::1\",\"port\":443,"
			    "\"protocol\":\"tcp\"}");
	struct simulate_answer a;
	char error[SIMULATE_ERROR_MAX];

	ck_assert_int_eq(simulate_ask(city.simulate, &q, &a, error), -EINVAL);
	q = question_of("{\"from\":\"2001:db8:10::11\",\"to\":\"2001:db8:203::1\",\"port\":443,"
			"\"protocol\":\"tcp\"}");
	ck_assert_int_eq(simulate_ask(city.simulate, &q, &a, error), 0);
	ck_assert_str_eq(q.packet.iif, "lgwan0");
	ck_assert_str_eq(q.packet.oif, "asp0");
	ck_assert_int_eq(a.verdict, SIMULATE_PERMIT);
	/* external addresses lie behind the breakout line and behind the internet zone's line */
	fails(&city,
	      "{\"from\":\"192.168.10.11\",\"to\":\"198.51.100.130\",\"port\":443,\"protocol\":"
	      "\"tcp\"}",
	      "\"inet0\" or \"wan0\"");
	fails(&city,
	      "{\"from\":\"127.0.0.1\",\"to\":\"198.51.100.130\",\"port\":443,\"protocol\":"
	      "\"tcp\",\"out\":\"wan0\"}",
	      "127.0.0.1 lives behind no interface");
}
END_TEST

START_TEST(questions_with_mistakes_are_told_what_is_wrong)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "{}", "are needed" },
		{ "[]", "must be a JSON object" },
		{ "{\"from\":\"192.168.10.11\",\"to\":\"192.168.30.25\"}", "are needed" },
		{ "{\"from\":\"192.168.10\"}", "\"192.168.10\" is not an address" },
		{ "{\"from\":5}", "\"from\" must be a string" },
		{ "{\"port\":65536}", "\"port\" must be a number from 0 to 65535" },
		{ "{\"port\":-1}", "\"port\" must be" },
		{ "{\"port\":\"443\"}", "\"port\" must be" },
		{ "{\"protocol\":\"tpc\"}", "\"tpc\" is not a protocol" },
		{ "{\"protocol\":256}", "\"256\" is not a protocol" },
		{ "{\"in\":\"an-interface-of-too-many-letters\"}", "not the name of an interface" },
		{ "{\"out\":\"\"}", "not the name of an interface" },
		{ "{\"name\":\"a..b\"}", "a..b" },
		{ "{\"name\":\"*.example.com\"}", "*.example.com" },
		{ "{\"state\":\"closed\"}", "\"closed\" is not a state" },
		{ "{\"short\":\"no\"}", "\"short\" must be true or false" },
		{ "{\"packet_mark\":4294967296}", "\"packet_mark\" must be" },
		{ "{\"reply\":1}", "\"reply\" must be true or false" },
		{ "{\"mac\":\"00:11:22\"}", "not a hardware address" },
		{ "{\"hook\":\"prerouting\"}", "is not a hook" },
		{ "{\"colour\":\"red\"}", "no member \"colour\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		fails(&city, cases[i].text, cases[i].part);
}
END_TEST

START_TEST(targets_are_read_as_people_write_them)
{
	static const struct {
		const char *text;
		uint8_t family, l4proto;
		uint16_t port;
	} good[] = {
		{ "203.0.113.9:443/tcp", 4, IPPROTO_TCP, 443 },
		{ "[2001:db8::1]:53/udp", 6, IPPROTO_UDP, 53 },
		{ "203.0.113.9/icmp", 4, IPPROTO_ICMP, 0 },
		{ "2001:db8::1/icmp", 6, IPPROTO_ICMPV6, 0 },
		{ "[2001:db8::1]/icmpv6", 6, IPPROTO_ICMPV6, 0 },
		{ "203.0.113.9/47", 4, 47, 0 },
		{ "203.0.113.9:80/6", 4, IPPROTO_TCP, 80 },
	};
	static const char *const bad[] = {
		"",
		"203.0.113.9",
		"203.0.113.9:443",
		"203.0.113.9/tcp",
		"203.0.113.9:/tcp",
		"203.0.113.9:443/",
		"203.0.113.9:65536/tcp",
		"203.0.113.9:4x/tcp",
		"203.0.113.9:80/icmp",
		"203.0.113.9:443/tls",
		"2001:db8::1:443/tcp",
		"[2001:db8::1:443/tcp",
		"[2001:db8::1]443/tcp",
		"[203.0.113.9/icmp",
		"example.com:443/tcp",
		"/tcp",
		":443/tcp",
		"[]:443/tcp",
	};
	char error[SIMULATE_ERROR_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct simulate_question q;

		simulate_question_begin(&q);
		ck_assert_msg(simulate_read_target(&q, good[i].text, error) == 0, "%s: %s",
			      good[i].text, error);
		simulate_question_finish(&q);
		ck_assert_uint_eq(q.packet.dst.family, good[i].family);
		ck_assert_uint_eq(q.packet.l4proto, good[i].l4proto);
		ck_assert_uint_eq(q.packet.dport, good[i].port);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct simulate_question q;

		simulate_question_begin(&q);
		ck_assert_msg(simulate_read_target(&q, bad[i], error) == -EINVAL, "%s is taken",
			      bad[i]);
	}
}
END_TEST

START_TEST(what_is_not_told_of_a_packet_is_what_is_usual)
{
	struct simulate_question q =
		question_of("{\"to\":\"192.0.2.1\",\"protocol\":\"tcp\",\"port\":443}");

	ck_assert_uint_eq(q.packet.ct_state, STATE_NEW);
	ck_assert_uint_eq(q.packet.tcp_flags, 2);
	ck_assert_uint_eq(q.packet.length, 40);
	ck_assert_uint_eq(q.packet.tcp_doff, 5);
	q = question_of("{\"to\":\"2001:db8::1\",\"protocol\":\"tcp\",\"state\":\"open\"}");
	ck_assert_uint_eq(q.packet.ct_mark, MARK_OPEN);
	ck_assert_uint_eq(q.packet.tcp_flags & 2, 0);
	ck_assert_uint_gt(q.packet.length, 20);
	q = question_of("{\"to\":\"192.0.2.1\",\"protocol\":\"icmp\"}");
	ck_assert_uint_eq(q.packet.icmp_type, 8);
	ck_assert_uint_eq(q.packet.sport, 8 << 8); /* type and code stand there */
	q = question_of("{\"to\":\"192.0.2.1\",\"protocol\":1,\"state\":\"related\"}");
	ck_assert_uint_eq(q.packet.icmp_type, 3);
	q = question_of("{\"to\":\"2001:db8::1\",\"protocol\":\"icmp\",\"icmp_type\":0}");
	ck_assert_uint_eq(q.packet.l4proto, IPPROTO_ICMPV6);
	ck_assert_uint_eq(q.packet.icmp_type, 0);
}
END_TEST

static const char *member(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

START_TEST(an_answer_as_json_has_what_the_answer_has)
{
	auto_(site_clear) struct site city = site_of("tests/golden/ruleset/city");
	struct simulate_question q = question_of("{" CLOUD ",\"port\":443}");
	struct simulate_answer a;
	char error[SIMULATE_ERROR_MAX];
	json_t *object, *rules, *last;

	ck_assert_int_eq(simulate_ask(city.simulate, &q, &a, error), 0);
	object = simulate_to_json(&q, &a, true);
	ck_assert_str_eq(member(object, "verdict"), "inspect");
	ck_assert_str_eq(member(object, "outcome"), "queue");
	ck_assert(json_is_null(json_object_get(object, "reason")));
	ck_assert_str_eq(member(object, "flow"), "alpha-prime-u:lgwan-terminal>permitted-cloud");
	ck_assert_str_eq(member(object, "chain"), "inspect");
	ck_assert_str_eq(member(object, "in"), "lgwan0");
	ck_assert_str_eq(member(object, "out"), "wan0");
	ck_assert_str_eq(member(object, "from_zone"), "lgwan");
	ck_assert_str_eq(member(object, "service"), "m365-files");
	ck_assert_int_eq(json_integer_value(json_object_get(object, "mark")), MARK_UNDECIDED);
	ck_assert_str_eq(member(object, "guideline"), a.text_ja);
	rules = json_object_get(object, "rules");
	ck_assert_uint_eq(json_array_size(rules), a.walk.step_count);
	last = json_array_get(rules, a.walk.step_count - 1);
	ck_assert_str_eq(member(last, "chain"), "inspect");
	ck_assert_str_eq(member(last, "text"),
			 "ct state new ct mark & 0x7 == 0x0 ct mark set 0x1 queue num 4-5");
	json_decref(object);
	object = simulate_to_json(&q, &a, false);
	ck_assert_ptr_null(json_object_get(object, "rules"));
	json_decref(object);
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	Suite *suite = suite_create("simulate");
	TCase *tcase = tcase_create("simulate");

	tcase_add_test(tcase, what_is_permitted_by_address_is_permitted);
	tcase_add_test(tcase, what_is_inspected_depends_on_the_name);
	tcase_add_test(tcase, what_is_forbidden_cites_the_guideline);
	tcase_add_test(tcase, what_is_refused_says_why_and_what_was_nearest);
	tcase_add_test(tcase, packets_of_known_flows_go_by_state_and_mark);
	tcase_add_test(tcase, the_appliance_itself_can_be_asked_about);
	tcase_add_test(tcase, exceptions_hold_until_they_expire);
	tcase_add_test(tcase, what_an_exception_has_opened_is_cut_when_it_expires);
	tcase_add_test(tcase, a_role_with_hardware_addresses_needs_one_of_them);
	tcase_add_test(tcase, addresses_that_map_ipv4_are_out_of_place);
	tcase_add_test(tcase, interfaces_come_from_the_policy_where_it_leaves_no_choice);
	tcase_add_test(tcase, questions_with_mistakes_are_told_what_is_wrong);
	tcase_add_test(tcase, targets_are_read_as_people_write_them);
	tcase_add_test(tcase, what_is_not_told_of_a_packet_is_what_is_usual);
	tcase_add_test(tcase, an_answer_as_json_has_what_the_answer_has);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
