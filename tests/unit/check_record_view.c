/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/record_view.c: whole lines as they are printed. */

#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/columns.h"
#include "ctl/record_view.h"

static struct record_view view;
static char *text;
static size_t len;

static void set_up(void)
{
	(void)setenv("TZ", "JST-9", 1);
	tzset();
	view = (struct record_view){ .to = open_memstream(&text, &len) };
	ck_assert_ptr_nonnull(view.to);
}

static void tear_down(void)
{
	(void)fclose(view.to);
	free(text);
	text = NULL;
}

static void print(const char *json)
{
	json_t *record = json_loads(json, 0, NULL);

	ck_assert_ptr_nonnull(record);
	record_view_print(&view, record);
	json_decref(record);
	ck_assert_int_eq(fflush(view.to), 0);
}

static const char permitted[] =
	"{\"@timestamp\":\"2026-11-22T03:35:00.123456Z\",\"event.category\":\"network\","
	"\"event.type\":\"allowed\",\"event.reason\":\"permitted-name\","
	"\"source.ip\":\"192.168.10.11\",\"destination.ip\":\"198.51.100.130\","
	"\"destination.port\":443,\"network.transport\":\"tcp\","
	"\"destination.domain\":\"reiji-city.sharepoint.com\",\"sekisho.service\":\"m365-files\","
	"\"rule.id\":\"alpha-prime-u:lgwan-terminal>permitted-cloud\"}";

static const char refused[] =
	"{\"@timestamp\":\"2026-11-22T15:35:00.1Z\",\"event.category\":\"network\","
	"\"event.type\":\"denied\",\"event.reason\":\"quic-refused\","
	"\"source.ip\":\"2001:db8:10::11\",\"destination.ip\":\"2001:db8:c10d::130\","
	"\"destination.port\":443,\"network.transport\":\"udp\","
	"\"sekisho.kernel_rule\":\"quic-refused\"}";

START_TEST(heads_and_columns_stand_in_line)
{
	print(permitted);
	ck_assert_str_eq(text,
			 "TIME                 VERDICT  FROM             → TO                      "
			 "NAME                        WHY                           RULE\n"
			 "2026-11-22 12:35:00  allow    192.168.10.11    → 198.51.100.130:443      "
			 "reiji-city.sharepoint.com   service m365-files            "
			 "alpha-prime-u:lgwan-terminal>permitted-cloud\n");
}
END_TEST

START_TEST(refusal_says_why_in_a_sentence)
{
	print(refused);
	const char *line = strchr(text, '\n') + 1;
	ck_assert_str_eq(line, "2026-11-23 00:35:00  deny     2001:db8:10::11  → "
			       "[2001:db8:c10d::130]:443/udp  -                           "
			       "QUIC is refused towards this service; clients fall back to TCP  "
			       "quic-refused\n");
}
END_TEST

START_TEST(protocol_without_ports_is_named)
{
	print("{\"@timestamp\":\"2026-11-22T03:35:00.1Z\",\"event.category\":\"network\","
	      "\"event.type\":\"denied\",\"destination.ip\":\"203.0.113.10\","
	      "\"network.transport\":\"icmp\"}");
	ck_assert_ptr_nonnull(strstr(text, "→ 203.0.113.10 icmp"));
}
END_TEST

START_TEST(event_of_the_daemon_is_a_sentence)
{
	print("{\"@timestamp\":\"2026-11-22T03:35:00.1Z\",\"event.category\":\"process\","
	      "\"event.action\":\"daemon-started\",\"event.outcome\":\"success\","
	      "\"message\":\"It runs.\"}");
	ck_assert_ptr_nonnull(strstr(text, "12:35:00  event    daemon-started: It runs.\n"));
	print("{\"@timestamp\":\"2026-11-22T03:35:00.1Z\",\"event.category\":\"process\","
	      "\"event.action\":\"log-gap\",\"event.outcome\":\"failure\"}");
	ck_assert_ptr_nonnull(strstr(text, "12:35:00  alarm    log-gap\n"));
}
END_TEST

START_TEST(heads_come_once_and_each_day_has_its_heading_on_a_terminal)
{
	view.cells = 200;
	print(permitted);
	print(permitted);
	print(refused);
	ck_assert_ptr_eq(strstr(strstr(text, "TIME") + 1, "TIME"), NULL);
	const char *first = strstr(text, "-- 2026-11-22 --\n12:35:00  allow");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(strstr(first + 1, "-- 2026-11-22 --"));
	ck_assert_ptr_nonnull(strstr(first, "-- 2026-11-23 --\n00:35:00  deny"));
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
	for (size_t cells = 1; cells < 180; cells++) {
		view = (struct record_view){ .to = view.to, .cells = cells };
		rewind(view.to);
		print(permitted);
		print(refused);
		print("{\"event.action\":\"例示市例示市例示市例示市\",\"message\":"
		      "\"例示市例示市\"}");
		/* The heading of a day has one width. */
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			if (line[0] != '-')
				ck_assert_uint_le(columns_width(line), cells);
		}
	}
}
END_TEST

START_TEST(colour_is_there_only_when_asked_for)
{
	print(permitted);
	ck_assert_ptr_null(strchr(text, '\033'));
	view.colour = true;
	print(permitted);
	print(refused);
	ck_assert_ptr_nonnull(strstr(text, "\033[32mallow\033[0m"));
	ck_assert_ptr_nonnull(strstr(text, "\033[1;31mdeny\033[0m"));
}
END_TEST

START_TEST(record_of_nothing_or_of_hostile_text_is_shown_harmlessly)
{
	print("{}");
	print("{\"event.category\":\"network\",\"destination.domain\":\"a\\u001b[2Jb\\n\","
	      "\"source.ip\":5,\"destination.port\":\"x\",\"event.reason\":\"\\u0007\"}");
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_null(strchr(text, '\007'));
	ck_assert_ptr_nonnull(strstr(text, "a?[2Jb?"));
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	Suite *suite = suite_create("record_view");
	TCase *tcase = tcase_create("record_view");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, heads_and_columns_stand_in_line);
	tcase_add_test(tcase, refusal_says_why_in_a_sentence);
	tcase_add_test(tcase, protocol_without_ports_is_named);
	tcase_add_test(tcase, event_of_the_daemon_is_a_sentence);
	tcase_add_test(tcase, heads_come_once_and_each_day_has_its_heading_on_a_terminal);
	tcase_add_test(tcase, no_line_is_wider_than_the_terminal);
	tcase_add_test(tcase, colour_is_there_only_when_asked_for);
	tcase_add_test(tcase, record_of_nothing_or_of_hostile_text_is_shown_harmlessly);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
