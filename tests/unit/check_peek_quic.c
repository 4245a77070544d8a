/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look into datagrams of QUIC. */
#include <check.h>
#include <stdlib.h>

#include "inspect/peek_quic.h"
#include "packets.h"
#include "quic_packets.h"

#define DRAFT_34 0xff000022U

static const uint32_t versions[] = { QUIC_VERSION_1, QUIC_VERSION_2, DRAFT_34 };
static struct quic_packets q;
static struct peek_quic *quic;
static struct peek peek;
static uint8_t hello[4000];
static size_t hello_len;

static void begin(uint32_t version)
{
	quic_packets_begin(&q, version, "\x83\x94\xc8\xf0\x3e\x51\x57\x08");
	quic = peek_quic_new();
	ck_assert_ptr_nonnull(quic);
	/* without the record's header */
	hello_len = packets_hello(hello, "files.example", 600) - 5;
	memmove(hello, hello + 5, hello_len);
}

static void look(size_t len)
{
	static uint8_t *exact;

	free(exact);
	exact = malloc(len == 0 ? 1 : len);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, q.out, len);
	peek_quic_read(quic, exact, len, &peek);
}

static void expect(const char *name)
{
	ck_assert_int_eq(peek.app, name == NULL ? APP_NONE : APP_QUIC);
	ck_assert_uint_eq(peek.name_len, name == NULL ? 0 : strlen(name));
	if (name != NULL && *name)
		ck_assert_mem_eq(peek.name, name, strlen(name));
}

static void end(void)
{
	quic_packets_end(&q);
	peek_quic_free(quic);
}

START_TEST(the_name_in_one_datagram_is_seen)
{
	begin(versions[_i]);
	quic_packets_crypto(&q, 300, hello + 300, hello_len - 300);
	quic_packets_crypto(&q, 0, hello, 300);
	quic_packets_initial(&q, 1200);
	look(q.len);
	expect("files.example");
	end();
}
END_TEST

START_TEST(other_packets_beside_the_initial_do_not_matter)
{
	begin(versions[_i]);
	quic_packets_crypto(&q, 0, hello, hello_len);
	quic_packets_initial(&q, 0);
	quic_packets_other(&q, 1, 500);
	look(q.len);
	expect("files.example");
	end();
}
END_TEST

START_TEST(a_part_of_the_hello_shows_what_is_in_it)
{
	begin(versions[_i]);
	quic_packets_crypto(&q, 0, hello, 200);
	quic_packets_initial(&q, 1200);
	look(q.len);
	expect("");
	quic_packets_crypto(&q, 300, hello + 300, hello_len - 300);
	q.len = 0;
	quic_packets_initial(&q, 1200);
	look(q.len);
	expect(NULL);
	end();
}
END_TEST

START_TEST(what_does_not_open_shows_nothing)
{
	begin(versions[_i]);
	quic_packets_crypto(&q, 0, hello, hello_len);
	quic_packets_initial(&q, 1200);
	for (size_t len = 0; len < q.len; len += 7) {
		look(len);
		expect(NULL);
	}
	q.out[1000] ^= 1;
	look(q.len);
	expect(NULL);
	end();
}
END_TEST

START_TEST(drafts_derive_their_own_keys)
{
	/* of draft-ietf-quic-tls-29, appendix A.1 */
	static const uint8_t want[] = { 0x17, 0x52, 0x57, 0xa3, 0x1e, 0xb0, 0x9d, 0xea,
					0x93, 0x66, 0xd8, 0xbb, 0x79, 0xad, 0x80, 0xba };
	struct quic_keys keys;

	begin(DRAFT_34);
	ck_assert(quic_keys_derive_draft(1, q.id, q.id_len, &keys));
	ck_assert_mem_eq(keys.key, want, sizeof(want));
	ck_assert(!quic_keys_derive_draft(QUIC_DRAFTS, q.id, q.id_len, &keys));
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peek_quic");
	TCase *tc = tcase_create("peek_quic");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, the_name_in_one_datagram_is_seen, 0, 3);
	tcase_add_loop_test(tc, other_packets_beside_the_initial_do_not_matter, 0, 3);
	tcase_add_loop_test(tc, a_part_of_the_hello_shows_what_is_in_it, 0, 3);
	tcase_add_loop_test(tc, what_does_not_open_shows_nothing, 0, 3);
	tcase_add_test(tc, drafts_derive_their_own_keys);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
