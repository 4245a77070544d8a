/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured IP packets cut to their length, and fragments joined. */
#include <check.h>
#include <stdlib.h>

#include "inspect/defrag.h"
#include "packets.h"

#define TEXT "It was sent in pieces of eight bytes, and so it must come together again."

static struct defrag *defrag;
static struct defrag_packet packet;
static uint8_t whole[PACKETS_MAX], piece[PACKETS_MAX];
static size_t whole_len;
static const uint8_t families[] = { 4, 6 };
static uint8_t family;
static uint64_t now_ms;

static void begin(int i)
{
	struct flow_key key;

	family = families[i];
	key = packets_key(family, IPPROTO_TCP, 50000);
	whole_len = packets_tcp(whole, &key, 1, 2, 0x10, TEXT, strlen(TEXT));
	defrag = defrag_new();
	ck_assert_ptr_nonnull(defrag);
	now_ms = 1000;
}

static enum defrag_result take(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len == 0 ? 1 : len);
	enum defrag_result result;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, data, len);
	result = defrag_take(defrag, exact, len, now_ms, &packet);
	if (result == DEFRAG_WHOLE) {
		memcpy(piece, packet.data, packet.len);
		packet.data = piece;
	}
	free(exact);
	return result;
}

/* Bytes from..to of what follows the IP header, as a fragment; to 0: to the end. */
static size_t make_fragment(uint32_t id, size_t from, size_t to)
{
	const size_t header = family == 4 ? 20 : 40;
	const bool more = to != 0;
	const size_t end = more ? to : whole_len - header;
	const size_t len = end - from;

	memcpy(piece, whole, header);
	if (family == 4) {
		memcpy(piece + 20, whole + header + from, len);
		packets_put16(piece + 2, 20 + len);
		packets_put16(piece + 4, id);
		packets_put16(piece + 6, (more ? 0x2000U : 0) | from / 8);
		return 20 + len;
	}
	memcpy(piece + 48, whole + header + from, len);
	packets_put16(piece + 4, 8 + len);
	piece[6] = IPPROTO_FRAGMENT;
	piece[40] = IPPROTO_TCP;
	piece[41] = 0;
	packets_put16(piece + 42, from | (more ? 1U : 0));
	packets_put32(piece + 44, id);
	return 48 + len;
}

static enum defrag_result fragment(uint32_t id, size_t from, size_t to)
{
	size_t len = make_fragment(id, from, to);
	static uint8_t copy[PACKETS_MAX];

	memcpy(copy, piece, len);
	return take(copy, len);
}

static void expect_whole(uint32_t frames)
{
	const size_t header = family == 4 ? 20 : 40;

	ck_assert_uint_eq(packet.len, whole_len);
	ck_assert_uint_eq(packet.frames, frames);
	ck_assert(!packet.cut);
	ck_assert_mem_eq(packet.data + header, whole + header, whole_len - header);
	ck_assert_uint_eq(packet.data[family == 4 ? 9 : 6], IPPROTO_TCP);
	ck_assert_uint_eq((size_t)packet.data[family == 4 ? 2 : 4] << 8 |
				  packet.data[family == 4 ? 3 : 5],
			  family == 4 ? whole_len : whole_len - 40);
	if (family == 4)
		ck_assert_mem_eq(packet.data + 6, "\x40\0", 2);
}

START_TEST(a_whole_packet_goes_through_without_its_padding)
{
	begin(_i);
	memset(whole + whole_len, 0xee, 20);
	ck_assert_int_eq(take(whole, whole_len + 20), DEFRAG_WHOLE);
	expect_whole(1);
	ck_assert_mem_eq(packet.data, whole, whole_len);
	defrag_free(defrag);
}
END_TEST

START_TEST(fragments_come_together_in_any_order)
{
	begin(_i);
	ck_assert_int_eq(fragment(7, 40, 0), DEFRAG_WAITS);
	ck_assert_int_eq(fragment(8, 0, 16), DEFRAG_WAITS);
	ck_assert_int_eq(fragment(7, 0, 16), DEFRAG_WAITS);
	ck_assert_int_eq(fragment(7, 0, 16), DEFRAG_WAITS);
	ck_assert_int_eq(fragment(7, 16, 40), DEFRAG_WHOLE);
	expect_whole(4);
	ck_assert_uint_eq(defrag_incomplete(defrag), 1);
	defrag_free(defrag);
}
END_TEST

START_TEST(an_overlap_gives_the_packet_up)
{
	begin(_i);
	ck_assert_int_eq(fragment(7, 0, 24), DEFRAG_WAITS);
	ck_assert_int_eq(fragment(7, 16, 40), DEFRAG_REFUSED);
	ck_assert_uint_eq(defrag_incomplete(defrag), 2);
	/* what comes after does not make it whole */
	ck_assert_int_eq(fragment(7, 24, 0), DEFRAG_WAITS);
	defrag_free(defrag);
}
END_TEST

START_TEST(another_version_of_a_fragment_gives_the_packet_up)
{
	static uint8_t copy[PACKETS_MAX];
	size_t len;

	begin(_i);
	ck_assert_int_eq(fragment(7, 0, 24), DEFRAG_WAITS);
	len = make_fragment(7, 0, 24);
	memcpy(copy, piece, len);
	copy[len - 1] ^= 1;
	ck_assert_int_eq(take(copy, len), DEFRAG_REFUSED);
	defrag_free(defrag);
}
END_TEST

START_TEST(two_ends_or_a_byte_behind_the_end_give_the_packet_up)
{
	begin(_i);
	ck_assert_int_eq(fragment(7, 40, 0), DEFRAG_WAITS);
	whole_len -= 8;
	ck_assert_int_eq(fragment(7, 24, 0), DEFRAG_REFUSED);
	whole_len += 8;
	ck_assert_int_eq(fragment(9, 40, 64), DEFRAG_WAITS);
	whole_len -= 40;
	ck_assert_int_eq(fragment(9, 24, 0), DEFRAG_REFUSED);
	defrag_free(defrag);
}
END_TEST

START_TEST(fragments_are_given_up_after_their_time)
{
	begin(_i);
	ck_assert_int_eq(fragment(7, 0, 24), DEFRAG_WAITS);
	now_ms += family == 4 ? 30001 : 60001;
	ck_assert_int_eq(fragment(7, 24, 0), DEFRAG_WAITS);
	ck_assert_uint_eq(defrag_incomplete(defrag), 2);
	ck_assert_int_eq(fragment(7, 0, 24), DEFRAG_WHOLE);
	expect_whole(2);
	defrag_free(defrag);
}
END_TEST

START_TEST(many_packets_in_pieces_take_the_place_of_the_oldest)
{
	begin(_i);
	for (uint32_t id = 1; id <= 1000; id++) {
		now_ms++;
		ck_assert_int_eq(fragment(id, 0, 24), DEFRAG_WAITS);
	}
	ck_assert_int_eq(fragment(1, 24, 0), DEFRAG_WAITS);
	ck_assert_int_eq(fragment(1000, 24, 0), DEFRAG_WHOLE);
	expect_whole(2);
	defrag_free(defrag);
}
END_TEST

START_TEST(a_packet_cut_by_the_capture_says_what_is_left)
{
	const size_t at = families[_i] == 4 ? 2 : 4;

	begin(_i);
	ck_assert_int_eq(take(whole, whole_len - 10), DEFRAG_WHOLE);
	ck_assert(packet.cut);
	ck_assert_uint_eq(packet.len, whole_len - 10);
	ck_assert_uint_eq((size_t)packet.data[at] << 8 | packet.data[at + 1],
			  whole_len - 10 - (family == 4 ? 0 : 40));
	ck_assert_int_eq(take(piece, make_fragment(7, 0, 24) - 1), DEFRAG_REFUSED);
	defrag_free(defrag);
}
END_TEST

START_TEST(a_length_of_0_stands_for_all_that_is_there)
{
	const size_t at = families[_i] == 4 ? 2 : 4;

	begin(_i);
	packets_put16(whole + at, 0);
	ck_assert_int_eq(take(whole, whole_len), DEFRAG_WHOLE);
	expect_whole(1);
	defrag_free(defrag);
}
END_TEST

START_TEST(what_is_no_ip_header_is_broken)
{
	begin(_i);
	for (size_t len = 0; len < (family == 4 ? 20U : 40U); len++)
		ck_assert_int_eq(take(whole, len), DEFRAG_BROKEN);
	whole[0] = 0x55;
	ck_assert_int_eq(take(whole, whole_len), DEFRAG_BROKEN);
	whole[0] = 0x45;
	packets_put16(whole + 2, 19);
	ck_assert_int_eq(take(whole, whole_len), DEFRAG_BROKEN);
	defrag_free(defrag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("defrag");
	TCase *tc = tcase_create("defrag");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, a_whole_packet_goes_through_without_its_padding, 0, 2);
	tcase_add_loop_test(tc, fragments_come_together_in_any_order, 0, 2);
	tcase_add_loop_test(tc, an_overlap_gives_the_packet_up, 0, 2);
	tcase_add_loop_test(tc, another_version_of_a_fragment_gives_the_packet_up, 0, 2);
	tcase_add_loop_test(tc, two_ends_or_a_byte_behind_the_end_give_the_packet_up, 0, 2);
	tcase_add_loop_test(tc, fragments_are_given_up_after_their_time, 0, 2);
	tcase_add_loop_test(tc, many_packets_in_pieces_take_the_place_of_the_oldest, 0, 2);
	tcase_add_loop_test(tc, a_packet_cut_by_the_capture_says_what_is_left, 0, 2);
	tcase_add_loop_test(tc, a_length_of_0_stands_for_all_that_is_there, 0, 2);
	tcase_add_loop_test(tc, what_is_no_ip_header_is_broken, 0, 2);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
