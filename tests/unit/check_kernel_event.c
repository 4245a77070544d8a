/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of engine/kernel_event.c: reading logged packets, checking messages. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/kernel_event.h"

static const uint8_t syn4[40] = {
	0x45, 0,   0,  40, 0,   0,  0x40, 0,   64,   IPPROTO_TCP, 0,    0,
	192,  168, 10, 11, 198, 51, 100,  100, 0x9c, 0x40,        0x01, 0xbb,
};
static const uint8_t udp6[48] = {
	0x60, 0, 0, 0, 0, 8, IPPROTO_UDP, 64, 0x20, 0x01, 0x0d, 0xb8, 0,    0x10, 0,
	0,    0, 0, 0, 0, 0, 0,           0,  0x11, 0x20, 0x01, 0x0d, 0xb8, 0xc1, 0x0d,
	0,    0, 0, 0, 0, 0, 0,           0,  0x01, 0x30, 0x30, 0x39, 0x01, 0xbb,
};

static int read_it(const char *prefix, const uint8_t *packet, size_t len,
		   struct kernel_event *event)
{
	return kernel_event_read(prefix, strlen(prefix) + 1, packet, len, event);
}

START_TEST(refused_syn_gives_rule_and_flow)
{
	struct kernel_event event;
	struct flow_key key;
	char text[ADDR_TEXT_MAX];

	ck_assert_int_eq(read_it("sekisho:not-permitted", syn4, sizeof(syn4), &event), 0);
	ck_assert_str_eq(event.prefix, "sekisho:not-permitted");
	kernel_event_flow_key(&event, &key);
	ck_assert_str_eq(addr_text(&key.src, text), "192.168.10.11");
	ck_assert_str_eq(addr_text(&key.dst, text), "198.51.100.100");
	ck_assert_uint_eq(key.sport, 40000);
	ck_assert_uint_eq(key.dport, 443);
	ck_assert_uint_eq(key.l4proto, IPPROTO_TCP);
	ck_assert_int_eq(read_it("sekisho:quic-refused", udp6, sizeof(udp6), &event), 0);
	kernel_event_flow_key(&event, &key);
	ck_assert_str_eq(addr_text(&key.dst, text), "2001:db8:c10d::130");
	ck_assert_uint_eq(key.sport, 12345);
}
END_TEST

START_TEST(every_truncation_is_read_within_its_bounds)
{
	struct kernel_event event;

	for (size_t len = 0; len < sizeof(syn4); len++) {
		uint8_t *exact =
			malloc(len ? len : 1); /* so that a sanitizer sees a byte too far */

		memcpy(exact, syn4, len);
		ck_assert_int_eq(read_it("sekisho:not-permitted", exact, len, &event), 0);
		ck_assert_uint_eq(event.family, len >= 20 ? 4 : 0);
		ck_assert_uint_eq(event.dport, len >= 24 ? 443 : 0);
		free(exact);
	}
	for (size_t len = 0; len < sizeof(udp6); len++) {
		uint8_t *exact = malloc(len ? len : 1);

		memcpy(exact, udp6, len);
		ck_assert_int_eq(read_it("sekisho:quic-refused", exact, len, &event), 0);
		ck_assert_uint_eq(event.family, len >= 40 ? 6 : 0);
		free(exact);
	}
}
END_TEST

START_TEST(later_fragment_has_no_ports)
{
	uint8_t fragment[sizeof(syn4)];
	struct kernel_event event;

	memcpy(fragment, syn4, sizeof(fragment));
	fragment[7] = 5;
	ck_assert_int_eq(read_it("sekisho:not-permitted", fragment, sizeof(fragment), &event), 0);
	ck_assert_uint_eq(event.family, 4);
	ck_assert_uint_eq(event.dport, 0);
}
END_TEST

START_TEST(foreign_prefix_is_refused_and_leaves_result_alone)
{
	static const char *const foreign[] = {
		"",
		"sekisho:",
		"other:x",
		"sekisho:a b",
		"sekisho:\"x\"",
		"sekisho:\n",
		"sekisho:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	};
	struct kernel_event event = { .family = 77 };

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		ck_assert_int_eq(read_it(foreign[i], syn4, sizeof(syn4), &event), -EBADMSG);
	ck_assert_uint_eq(event.family, 77);
}
END_TEST

START_TEST(message_with_anything_wrong_is_refused)
{
	static struct kernel_event_message message = { .magic = KERNEL_EVENT_MAGIC, .count = 2 };
	const size_t len = kernel_event_message_size(2);

	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(
			read_it("sekisho:misrouted", syn4, sizeof(syn4), &message.events[i]), 0);
	ck_assert_int_eq(kernel_event_message_check(&message, len), 0);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(kernel_event_message_check(&message, cut), -EBADMSG);
	ck_assert_int_eq(kernel_event_message_check(&message, len + 1), -EBADMSG);
	message.magic++;
	ck_assert_int_eq(kernel_event_message_check(&message, len), -EBADMSG);
	message.magic--;
	message.events[1].family = 5;
	ck_assert_int_eq(kernel_event_message_check(&message, len), -EBADMSG);
	message.events[1].family = 4;
	memset(message.events[1].prefix, 'a', sizeof(message.events[1].prefix));
	ck_assert_int_eq(kernel_event_message_check(&message, len), -EBADMSG);
	message.count = KERNEL_EVENT_BATCH_MAX + 1;
	ck_assert_int_eq(
		kernel_event_message_check(&message, kernel_event_message_size(message.count)),
		-EBADMSG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel_event");
	TCase *tcase = tcase_create("kernel_event");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, refused_syn_gives_rule_and_flow);
	tcase_add_test(tcase, every_truncation_is_read_within_its_bounds);
	tcase_add_test(tcase, later_fragment_has_no_ports);
	tcase_add_test(tcase, foreign_prefix_is_refused_and_leaves_result_alone);
	tcase_add_test(tcase, message_with_anything_wrong_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
