/* SPDX-License-Identifier: GPL-2.0-or-later */
/* However a stream is cut, repeated and put out of order, it comes to the same. */
#include <stdlib.h>
#include <time.h>

#include "common/reason.h"
#include "seen.h"

#define HELLO_LEN 1800
#define GET(host) "GET / HTTP/1.1\r\nHost: " host "\r\n\r\n"

static struct seen seen;

static void begin(void)
{
	seen_begin(&seen);
	seen_open(&seen);
}

/* What the flow came to: every name in order, then the reason if it was refused. */
static void outcome(char *out, size_t cap)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < seen.count; i++) {
		const struct event *e = &seen.events[i];

		if (e->type == EVENT_NAME)
			at += (size_t)snprintf(out + at, cap - at, "%s ", e->name);
		if (e->type == EVENT_REFUSE)
			at += (size_t)snprintf(out + at, cap - at, "%s",
					       reason_info(e->reason)->slug);
	}
}

/* Shows text in random segments, of which some overlap, some are repeated, and neighbours may
 * change places; each byte comes at least once. */
static void show_cut(const uint8_t *text, size_t len)
{
	size_t cuts[24][2];
	size_t count = 1 + (size_t)rand() % 12;

	for (size_t i = 0; i < count; i++) {
		size_t from = len * i / count, to = len * (i + 1) / count;
		size_t before = (size_t)rand() % 3 == 0 ? (size_t)rand() % 20 : 0;

		cuts[i][0] = from > before ? from - before : 0;
		cuts[i][1] = to;
	}
	for (size_t i = 0; i < count; i++) {
		size_t j = i + (size_t)rand() % (count - i);
		size_t from = cuts[j][0], to = cuts[j][1];

		cuts[j][0] = cuts[i][0];
		cuts[j][1] = cuts[i][1];
		if (from < to)
			seen_data(&seen, from, text + from, to - from);
		if (rand() % 8 == 0 && from < to)
			seen_data(&seen, from, text + from, to - from);
	}
}

/* A stream of some kind, well formed or with one byte changed. */
static size_t make_stream(uint8_t *out)
{
	static const char *const requests[] = {
		GET("a.example"),
		"POST /x HTTP/1.1\r\nHost: b.example\r\nContent-Length: 5\r\n\r\nabcde",
		"POST / HTTP/1.1\r\nHost: c.example\r\nTransfer-Encoding: chunked\r\n\r\n"
		"a\r\n0123456789\r\n3;x\r\nabc\r\n0\r\nT: v\r\n\r\n",
	};
	size_t len = 0;

	if (rand() % 2 == 0) {
		static uint8_t whole[4000];
		size_t all = packets_hello(whole, "files.example", rand() % 2 == 0 ? 0 : HELLO_LEN);

		len = packets_records(out, whole, all, 1 + (size_t)rand() % 600);
	} else {
		for (int i = rand() % 5; i >= 0; i--) {
			const char *request = requests[rand() % 3];

			memcpy(out + len, request, strlen(request));
			len += strlen(request);
		}
	}
	if (rand() % 2 == 0)
		out[(size_t)rand() % len] ^= (uint8_t)(1 << rand() % 8);
	return len;
}

START_TEST(how_a_stream_is_cut_does_not_change_what_it_comes_to)
{
	unsigned int seed = (unsigned int)time(NULL);
	static uint8_t text[20000];
	char want[4000], got[4000];

	printf("reading_cuts: seed %u\n", seed);
	srand(seed);
	const int runs = getenv("SEKISHO_VALGRIND") ? 200 : 3000; /* it is slow there */

	for (int run = 0; run < runs; run++) {
		size_t len = make_stream(text);

		begin();
		seen_data(&seen, 0, text, len);
		outcome(want, sizeof(want));
		seen_end(&seen);
		for (int again = 0; again < 4; again++) {
			struct inspector_counts counts;

			begin();
			show_cut(text, len);
			outcome(got, sizeof(got));
			ck_assert_msg(strcmp(got, want) == 0, "run %d: \"%s\", whole \"%s\"", run,
				      got, want);
			seen.now_ms += 10 * seen.limits.timeout_ms;
			inspector_expire(seen.inspector, seen.now_ms);
			inspector_counts(seen.inspector, &counts);
			ck_assert_uint_eq(counts.buffers_now, 0);
			seen_each_once(&seen, 3); /* seen_open() has counted its two away */
			seen_end(&seen);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reading_cuts");
	TCase *tcase = tcase_create("reading_cuts");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, how_a_stream_is_cut_does_not_change_what_it_comes_to);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
