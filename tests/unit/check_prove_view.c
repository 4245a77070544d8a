/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/prove_view.h: claims for people and machines. */
#include <check.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ctl/prove_view.h"
#include "ctl/simulate.h"
#include "unit/folded.h"

static struct walk_packet packet_between(const char *from, const char *to)
{
	struct walk_packet packet = { .iif = "lan0",
				      .oif = "wan0",
				      .l4proto = IPPROTO_TCP,
				      .dport = 445,
				      .tcp_flags = 2,
				      .ct_state = STATE_NEW };

	ck_assert_int_eq(addr_parse(from, &packet.src), 0);
	ck_assert_int_eq(addr_parse(to, &packet.dst), 0);
	packet.family = packet.src.family;
	return packet;
}

START_TEST(a_first_packet_is_a_command_line)
{
	struct walk_packet packet = packet_between("10.0.0.1", "10.0.0.2");
	char text[PROVE_VIEW_COMMAND_MAX];

	ck_assert(prove_view_options(&packet, text));
	ck_assert_str_eq(text,
			 "--from 10.0.0.1 --to 10.0.0.2:445/tcp --in lan0 --out wan0 --state new");
	packet = packet_between("2001:db8::1", "2001:db8::2");
	packet.has_ether = true;
	ck_assert(prove_view_options(&packet, text));
	ck_assert_str_eq(text, "--from 2001:db8::1 --to [2001:db8::2]:445/tcp --in lan0 --out wan0 "
			       "--mac 00:00:00:00:00:00 --state new");
	packet.l4proto = IPPROTO_ICMPV6;
	packet.dport = 0;
	ck_assert(prove_view_options(&packet, text));
	ck_assert_ptr_nonnull(folded_find(text, "--to 2001:db8::2/icmp "));
}
END_TEST

START_TEST(what_a_command_line_cannot_say_is_told_apart)
{
	const struct walk_packet plain = packet_between("10.0.0.1", "10.0.0.2");
	struct walk_packet odd[7];
	char text[PROVE_VIEW_COMMAND_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		odd[i] = plain;
	odd[0].ct_state = STATE_RELATED;
	odd[1].ct_mark = 3;
	odd[2].meta_mark = 1;
	odd[3].ct_reply = true;
	odd[4].now_s = 1;
	odd[5].is_short = true;
	odd[6].tcp_flags = 0;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		ck_assert_msg(!prove_view_options(&odd[i], text), "%zu", i);
}
END_TEST

START_TEST(json_has_every_field_of_the_packet)
{
	struct walk_packet packet = packet_between("10.0.0.1", "10.0.0.2");
	json_t *object;

	packet.ct_state = STATE_ESTABLISHED;
	packet.ct_mark = 0x80000003;
	packet.ct_reply = true;
	object = prove_view_packet(&packet);
	ck_assert_ptr_nonnull(object);
	ck_assert_str_eq(json_string_value(json_object_get(object, "from")), "10.0.0.1");
	ck_assert_str_eq(json_string_value(json_object_get(object, "state")), "established");
	ck_assert_int_eq(json_integer_value(json_object_get(object, "mark")), 0x80000003);
	ck_assert(json_is_true(json_object_get(object, "reply")));
	ck_assert_str_eq(json_string_value(json_object_get(object, "mac")), "none");
	json_decref(object);
}
END_TEST

/* What the proof says of a packet, simulate takes for that packet. */
START_TEST(json_is_a_question_for_the_same_packet)
{
	static const uint32_t states[] = { STATE_NEW, STATE_ESTABLISHED, STATE_RELATED,
					   STATE_INVALID, STATE_UNTRACKED };
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE };

	for (size_t i = 0; i < ARRAY_SIZE(states) * ARRAY_SIZE(protocols); i++) {
		struct walk_packet packet = packet_between("10.0.0.1", "10.0.0.2");
		struct simulate_question question;
		char error[SIMULATE_ERROR_MAX] = "";
		json_t *object;

		packet.ct_state = states[i % ARRAY_SIZE(states)];
		packet.l4proto = protocols[i / ARRAY_SIZE(states)];
		packet.sport = (uint16_t)(i * 1000);
		packet.icmp_type = (uint8_t)(i * 3);
		packet.ct_mark = 0x80000003;
		packet.meta_mark = 5;
		packet.ct_reply = i % 2;
		packet.is_short = i % 3 == 0;
		packet.length = 99;
		packet.tcp_doff = i % 16;
		packet.now_s = (int64_t)i;
		packet.has_ether = i % 2;
		packet.ether_saddr[5] = i % 2 ? 7 : 0;
		object = prove_view_packet(&packet);
		simulate_question_begin(&question);
		ck_assert_msg(simulate_read_json(&question, object, error) == 0, "%s", error);
		simulate_question_finish(&question);
		json_decref(object);
		ck_assert_int_eq(addr_compare(&question.packet.src, &packet.src), 0);
		ck_assert_int_eq(addr_compare(&question.packet.dst, &packet.dst), 0);
		ck_assert_str_eq(question.packet.iif, packet.iif);
		ck_assert_str_eq(question.packet.oif, packet.oif);
		ck_assert_uint_eq(question.packet.family, packet.family);
		ck_assert_uint_eq(question.packet.l4proto, packet.l4proto);
		ck_assert_uint_eq(question.packet.sport, packet.sport);
		ck_assert_uint_eq(question.packet.dport, packet.dport);
		ck_assert_uint_eq(question.packet.is_short, packet.is_short);
		ck_assert_uint_eq(question.packet.tcp_flags, packet.tcp_flags);
		ck_assert_uint_eq(question.packet.icmp_type, packet.icmp_type);
		ck_assert_uint_eq(question.packet.length, packet.length);
		ck_assert_uint_eq(question.packet.tcp_doff, packet.tcp_doff);
		ck_assert_uint_eq(question.packet.has_ether, packet.has_ether);
		ck_assert_mem_eq(question.packet.ether_saddr, packet.ether_saddr, 6);
		ck_assert_uint_eq(question.packet.ct_state, packet.ct_state);
		ck_assert_uint_eq(question.packet.ct_reply, packet.ct_reply);
		ck_assert_uint_eq(question.packet.ct_mark, packet.ct_mark);
		ck_assert_uint_eq(question.packet.meta_mark, packet.meta_mark);
		ck_assert_int_eq(question.packet.now_s, packet.now_s);
	}
}
END_TEST

static struct prove_result some_result(void)
{
	struct prove_result result = { .count = 3 };

	result.claims[0] = (struct prove_claim){
		.forbidden = guideline_forbidden_of("internet-to-mynumber"),
		.id = "internet-to-mynumber",
		.status = PROVE_FAILS,
		.counterexample = packet_between("10.0.0.1", "10.0.0.2"),
		.why = "a packet may pass",
	};
	result.claims[1] = (struct prove_claim){
		.forbidden = guideline_forbidden_of("mynumber-to-external"),
		.id = "mynumber-to-external",
		.status = PROVE_UNKNOWN,
		.why = "who knows",
	};
	result.claims[2] = (struct prove_claim){ .id = "default-deny", .covered = 42 };
	return result;
}

static char *print(const struct prove_result *result, const char *file)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(to);
	prove_view_print(result, file, to);
	(void)fclose(to);
	return text;
}

START_TEST(people_get_a_line_for_each_claim_and_the_packet)
{
	struct prove_result result = some_result();
	char *text = print(&result, "city.conf");

	ck_assert_ptr_nonnull(
		folded_find(text, "FAILS: internet-to-mynumber\n  インターネット接続系から"));
	ck_assert_ptr_nonnull(
		folded_find(text, "    a packet may pass\n    sekishoctl simulate city.conf "
				  "--from 10.0.0.1 --to 10.0.0.2:445/tcp"));
	ck_assert_ptr_nonnull(folded_find(text, "UNKNOWN: mynumber-to-external"));
	ck_assert_ptr_nonnull(folded_find(text, "holds: default-deny"));
	ck_assert_ptr_nonnull(folded_find(text, "Not proven."));
	free(text);
	/* of other rules than the file's */
	text = print(&result, NULL);
	ck_assert_ptr_null(folded_find(text, "sekishoctl simulate"));
	ck_assert_ptr_nonnull(folded_find(text, "    --from 10.0.0.1"));
	free(text);
	result.proven = true;
	text = print(&result, "city.conf");
	ck_assert_ptr_nonnull(folded_find(text, "those of 42 ranges may begin a flow"));
	free(text);
}
END_TEST

START_TEST(machines_get_status_wording_and_packet)
{
	struct prove_result result = some_result();
	json_t *object = prove_view_json(&result), *claims, *first;

	ck_assert_ptr_nonnull(object);
	ck_assert(json_is_false(json_object_get(object, "proven")));
	claims = json_object_get(object, "claims");
	ck_assert_uint_eq(json_array_size(claims), 3);
	first = json_array_get(claims, 0);
	ck_assert_str_eq(json_string_value(json_object_get(first, "status")), "fails");
	ck_assert_ptr_nonnull(json_object_get(first, "text_ja"));
	ck_assert_str_eq(
		json_string_value(json_object_get(json_object_get(first, "counterexample"), "to")),
		"10.0.0.2");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(claims, 1), "status")),
			 "unknown");
	ck_assert_ptr_null(json_object_get(json_array_get(claims, 2), "counterexample"));
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(claims, 2), "boxes")),
			 42);
	json_decref(object);
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	Suite *suite = suite_create("prove_view");
	TCase *tcase = tcase_create("prove_view");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, a_first_packet_is_a_command_line);
	tcase_add_test(tcase, what_a_command_line_cannot_say_is_told_apart);
	tcase_add_test(tcase, json_has_every_field_of_the_packet);
	tcase_add_test(tcase, json_is_a_question_for_the_same_packet);
	tcase_add_test(tcase, people_get_a_line_for_each_claim_and_the_packet);
	tcase_add_test(tcase, machines_get_status_wording_and_packet);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
