/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of common/columns.c. */

#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/columns.h"

static const char *fit(const char *text, size_t cells)
{
	static char out[64];

	size_t used = columns_fit(text, cells, out, sizeof(out));
	ck_assert_uint_le(used, cells);
	ck_assert_uint_eq(used, columns_width(out));
	return out;
}

START_TEST(japanese_takes_two_cells_a_character)
{
	ck_assert_uint_eq(columns_width(""), 0);
	ck_assert_uint_eq(columns_width("abc"), 3);
	ck_assert_uint_eq(columns_width("例示市"), 6);
	ck_assert_uint_eq(columns_width("a\x1b"
					"b"),
			  3);
	ck_assert_uint_eq(columns_width("\xff\xfe"), 2);
}
END_TEST

START_TEST(text_that_fits_stays_as_it_is)
{
	ck_assert_str_eq(fit("abc", 3), "abc");
	ck_assert_str_eq(fit("例示", 4), "例示");
	ck_assert_str_eq(fit("", 0), "");
}
END_TEST

START_TEST(text_that_does_not_fit_is_cut_and_marked)
{
	ck_assert_str_eq(fit("abcd", 3), "ab…");
	ck_assert_str_eq(fit("abcd", 1), "…");
	ck_assert_str_eq(fit("abcd", 0), "");
	ck_assert_str_eq(fit("例示市", 5), "例示…");
	/* A wide character is not halved. */
	ck_assert_str_eq(fit("例示市", 4), "例…");
}
END_TEST

START_TEST(what_a_terminal_would_obey_is_shown_as_a_question)
{
	ck_assert_str_eq(fit("a\x1b[2Jb\n", 20), "a?[2Jb?");
	ck_assert_str_eq(fit("\xc2\x9b"
			     "31m",
			     20),
			 "?31m");
	ck_assert_str_eq(fit("\xff", 20), "?");
}
END_TEST

START_TEST(room_for_bytes_is_kept_to)
{
	for (size_t cap = 1; cap < 20; cap++) {
		char out[21];

		memset(out, '#', sizeof(out));
		(void)columns_fit("例示市例示市", 100, out, cap);
		ck_assert_uint_lt(strlen(out), cap);
		for (size_t i = cap; i < sizeof(out); i++)
			ck_assert_int_eq(out[i], '#');
	}
}
END_TEST

static const char *folded(size_t at, size_t indent, const char *text)
{
	static char out[4096];
	FILE *to = fmemopen(out, sizeof(out), "w");

	ck_assert_ptr_nonnull(to);
	columns_fold(to, at, indent, text);
	ck_assert_int_eq(fclose(to), 0);
	return out;
}

/* No line is wider than it may be, but for the columns before the first. */
static void assert_lines_fit(const char *text)
{
	char line[1024];

	for (; *text; text += strcspn(text, "\n") + 1) {
		(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		ck_assert_msg(columns_width(line) <= COLUMNS_MAX, "%zu cells: %s",
			      columns_width(line), line);
	}
}

START_TEST(lines_end_between_words)
{
	char text[COLUMNS_MAX + 8];

	memset(text, 'a', COLUMNS_MAX - 3);
	(void)snprintf(text + COLUMNS_MAX - 3, 11, " bb cc");
	/* "bb" fits to the last cell, "cc" does not */
	ck_assert_str_eq(strchr(folded(0, 2, text), ' '), " bb\n  cc\n");
	ck_assert_str_eq(strchr(folded(1, 2, text), '\n'), "\n  bb cc\n");
	ck_assert_str_eq(folded(0, 4, "short"), "short\n");
	ck_assert_str_eq(folded(0, 4, ""), "\n");
}
END_TEST

START_TEST(japanese_is_folded_between_characters_wherever_the_line_begins)
{
	static const char *const texts[] = {
		"利用するクラウドサービスへのアクセスを、自らの団体が利用するテナントのみに制限する"
		"。"
		"「適切なアクセス制御」が行われ（前提）、遮断される。",
		"M365のgraph.microsoft.example宛てのHTTPS通信を192.0.2."
		"1からポート443でLGWAN接続系へ、"
		"tcp/443、udp/53のように許可する（期限2027-01-01）。",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t at = 0; at < COLUMNS_MAX - 4; at++) {
			char shown[4096];

			(void)snprintf(shown, sizeof(shown), "%*s%s", (int)at, "",
				       folded(at, 4, texts[i]));
			assert_lines_fit(shown);
			ck_assert_ptr_null(strstr(shown, "\n    。"));
			ck_assert_ptr_null(strstr(shown, "\n    、"));
			ck_assert_ptr_null(strstr(shown, "\n    ）"));
			ck_assert_ptr_null(strstr(shown, "（\n"));
			ck_assert_ptr_null(strstr(shown, "「\n"));
		}
}
END_TEST

START_TEST(nothing_is_lost_by_folding)
{
	const char *text =
		"例示市 LGWAN接続系 (a b) 「c」 d  e https://example.lg.example/very/long 例。";

	for (size_t at = 0; at < COLUMNS_MAX; at++) {
		const char *shown = folded(at, 2, text);
		const char *from = text;

		for (; *shown; shown++) {
			if (*shown == '\n' || *shown == ' ')
				continue;
			while (*from == ' ')
				from++;
			ck_assert_int_eq(*shown, *from++);
		}
		ck_assert_int_eq(*from, '\0');
	}
}
END_TEST

START_TEST(a_word_longer_than_a_line_stays_whole)
{
	char text[200];

	memset(text, 'x', 120);
	(void)snprintf(text + 120, 10, " y");
	ck_assert_str_eq(strchr(folded(0, 2, text), '\n'), "\n  y\n");
}
END_TEST

START_TEST(entries_stand_behind_their_heads)
{
	char out[256];
	FILE *to = fmemopen(out, sizeof(out), "w");

	columns_entry(to, "送信元", 8, "text");
	columns_entry(to, "much too long", 8, "text");
	columns_line(to, 2, "%s %d", "line", 1);
	ck_assert_int_eq(fclose(to), 0);
	ck_assert_str_eq(out, "送信元  text\nmuch too long text\n  line 1\n");
}
END_TEST

START_TEST(folded_text_obeys_no_terminal_either)
{
	ck_assert_str_eq(folded(0, 0, "a\x1b[2J\nb"), "a?[2J?b\n");
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	Suite *suite = suite_create("columns");
	TCase *tcase = tcase_create("columns");

	tcase_add_test(tcase, japanese_takes_two_cells_a_character);
	tcase_add_test(tcase, text_that_fits_stays_as_it_is);
	tcase_add_test(tcase, text_that_does_not_fit_is_cut_and_marked);
	tcase_add_test(tcase, what_a_terminal_would_obey_is_shown_as_a_question);
	tcase_add_test(tcase, room_for_bytes_is_kept_to);
	tcase_add_test(tcase, lines_end_between_words);
	tcase_add_test(tcase, japanese_is_folded_between_characters_wherever_the_line_begins);
	tcase_add_test(tcase, nothing_is_lost_by_folding);
	tcase_add_test(tcase, a_word_longer_than_a_line_stays_whole);
	tcase_add_test(tcase, entries_stand_behind_their_heads);
	tcase_add_test(tcase, folded_text_obeys_no_terminal_either);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
