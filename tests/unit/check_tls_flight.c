/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of inspect/tls_flight.c: what follows a hello, whatever the pieces it comes in. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/tls_flight.h"

struct flight_case {
	const char *what;
	const char *bytes;
	size_t len;
	uint32_t early_left;
	enum tls_flight_result result;
	size_t used;
};
#define BYTES(text) (text), sizeof(text) - 1

#define CCS   "\x14\x03\x03\x00\x01\x01"
#define WARN  "\x15\x03\x03\x00\x02\x01\x5a"
#define EARLY "\x17\x03\x03\x00\x04wxyz"

static const struct flight_case cases[] = {
	{ "nothing yet", BYTES(""), 0, TLS_FLIGHT_MORE, 0 },
	{ "a hello at once", BYTES("\x16\x03\x03\x01\x00\x01"), 0, TLS_FLIGHT_HELLO, 0 },
	{ "the middlebox's filler, then a hello", BYTES(CCS "\x16\x03\x03\x01\x00\x01"), 0,
	  TLS_FLIGHT_HELLO, 6 },
	{ "a warning, then a hello", BYTES(WARN "\x16\x03\x03\x01\x00\x01"), 0, TLS_FLIGHT_HELLO,
	  7 },
	{ "an empty record, then a hello", BYTES("\x16\x03\x03\x00\x00\x16\x03\x03\x01\x00\x01"), 0,
	  TLS_FLIGHT_HELLO, 5 },
	{ "the filler, then what is encrypted", BYTES(CCS "\x17\x03\x03\x00\x35"), 0,
	  TLS_FLIGHT_OTHER, 6 },
	{ "the keys of an older version", BYTES("\x16\x03\x03\x00\x25\x10"), 0, TLS_FLIGHT_OTHER,
	  0 },
	{ "early data, then a hello", BYTES(EARLY CCS EARLY "\x16\x03\x03\x01\x00\x01"), 65536,
	  TLS_FLIGHT_HELLO, 24 },
	{ "more early data than is passed over", BYTES(EARLY EARLY EARLY), 8, TLS_FLIGHT_TOO_LONG,
	  18 },
	{ "a record of early data that goes beyond it", BYTES(EARLY EARLY EARLY), 10,
	  TLS_FLIGHT_TOO_LONG, 18 },
	{ "a handshake record cut before its type", BYTES("\x16\x03\x03\x01\x00"), 0,
	  TLS_FLIGHT_MORE, 0 },
	{ "no TLS", BYTES("GET / HTTP/1.1"), 0, TLS_FLIGHT_REFUSE, 0 },
	{ "a heartbeat", BYTES("\x18\x03\x03\x00\x03\x01\x00\x00"), 0, TLS_FLIGHT_REFUSE, 0 },
	{ "a long filler", BYTES("\x14\x03\x03\x00\x02\x01\x01"), 0, TLS_FLIGHT_REFUSE, 0 },
	{ "an encrypted alert's length", BYTES("\x15\x03\x03\x00\x20"), 0, TLS_FLIGHT_REFUSE, 0 },
	{ "fillers without end", BYTES(CCS CCS CCS CCS WARN WARN CCS CCS CCS), 0, TLS_FLIGHT_REFUSE,
	  50 },
};

START_TEST(records_are_told_apart)
{
	const struct flight_case *c = &cases[_i];
	struct tls_flight flight = { .early = c->early_left != 0, .early_left = c->early_left };
	size_t used = 99;

	ck_assert_msg(tls_flight_read(&flight, (const uint8_t *)c->bytes, c->len, &used) ==
			      c->result,
		      "%s", c->what);
	ck_assert_msg(used == c->used, "%s: used %zu", c->what, used);
}
END_TEST

START_TEST(pieces_give_what_the_whole_gives)
{
	const struct flight_case *c = &cases[_i];
	struct tls_flight flight = { .early = c->early_left != 0, .early_left = c->early_left };
	enum tls_flight_result result = TLS_FLIGHT_MORE;
	size_t base = 0;

	for (size_t end = 0; end <= c->len && result == TLS_FLIGHT_MORE; end++) {
		size_t used = 0;

		result = tls_flight_read(&flight, (const uint8_t *)c->bytes + base, end - base,
					 &used);
		ck_assert_uint_le(used, end - base);
		base += used;
		if (result == TLS_FLIGHT_OTHER)
			ck_assert_uint_le(end - base, TLS_FLIGHT_TELLING);
	}
	ck_assert_msg(result == c->result, "%s", c->what);
	ck_assert_msg(base == c->used, "%s: used %zu", c->what, base);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls_flight");
	TCase *tcase = tcase_create("tls_flight");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, records_are_told_apart, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(tcase, pieces_give_what_the_whole_gives, 0,
			    sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
