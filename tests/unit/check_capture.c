/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files, good and bad. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "captures.h"
#include "ctl/capture.h"

static char file_bytes[65536], error[CAPTURE_ERROR_MAX];
static FILE *file;
static struct capture_counts counts;
static struct {
	size_t count, len;
	uint64_t time_us;
	uint8_t first;
} got;

static void sink(const struct defrag_packet *packet, uint64_t time_us, void *data)
{
	(void)data;
	got.count++;
	got.len = packet->len;
	got.time_us = time_us;
	got.first = packet->data[0];
}

static void begin(void)
{
	memset(&got, 0, sizeof(got));
	file = tmpfile();
	ck_assert_ptr_nonnull(file);
}

static int read_it(void)
{
	rewind(file);
	return capture_read(file, sink, NULL, &counts, error);
}

static size_t make_packet(uint8_t *out)
{
	const struct flow_key key = packets_key(4, IPPROTO_TCP, 50000);

	return packets_tcp(out, &key, 1, 2, 0x18, "abc", 3);
}

START_TEST(packets_come_in_order_with_their_time)
{
	uint8_t packet[128];
	size_t len = make_packet(packet);

	begin();
	captures_begin(file, CAPTURES_RAW);
	captures_frame(file, 5000001, packet, len);
	captures_frame(file, 4000002, packet, len);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(got.count, 2);
	ck_assert_uint_eq(got.time_us, 4000002);
	ck_assert_uint_eq(got.len, len);
	ck_assert_uint_eq(got.first, 0x45);
	ck_assert_uint_eq(counts.frames, 2);
	ck_assert_uint_eq(counts.bytes, 2 * len);
}
END_TEST

START_TEST(other_and_broken_frames_are_counted)
{
	uint8_t frame[128] = "\2\0\0\0\0\1\2\0\0\0\0\2\x08";
	size_t len = make_packet(frame + 14);

	begin();
	captures_begin(file, CAPTURES_ETHERNET);
	captures_frame(file, 1, frame, 14 + len);
	frame[13] = 6;
	captures_frame(file, 2, frame, 14 + len);
	captures_frame(file, 3, frame, 13);
	captures_frame(file, 4, frame, 0);
	frame[13] = 0;
	frame[14] = 0x75;
	captures_frame(file, 5, frame, 14 + len);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(counts.frames, 5);
	ck_assert_uint_eq(counts.other, 1);
	ck_assert_uint_eq(counts.broken, 3);
}
END_TEST

START_TEST(pcapng_is_read)
{
	static const uint8_t head[] = {
		0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1,  0, 0, 0,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0,    0,    1,  0, 0, 0,
		20,   0,    0,    0,    101,  0,    0,    0,    0,    0,    4,    0,    20, 0, 0, 0,
	};
	uint8_t packet[128] = { 0 };
	size_t len = make_packet(packet), padded = (len + 3) / 4 * 4;
	const uint32_t block[] = {
		6, (uint32_t)(32 + padded), 0, 0, 77, (uint32_t)len, (uint32_t)len
	};

	begin();
	(void)fwrite(head, sizeof(head), 1, file);
	(void)fwrite(block, sizeof(block), 1, file);
	(void)fwrite(packet, padded, 1, file);
	(void)fwrite(&block[1], 4, 1, file);
	ck_assert_msg(read_it() == 0, "%s", error);
	ck_assert_uint_eq(got.count, 1);
	ck_assert_uint_eq(got.len, len);
	ck_assert_uint_eq(got.time_us, 77);
}
END_TEST

START_TEST(a_link_type_that_is_not_known_is_said)
{
	begin();
	captures_begin(file, 105);
	ck_assert_int_eq(read_it(), -EPROTONOSUPPORT);
	ck_assert_ptr_nonnull(strstr(error, "105"));
	ck_assert_ptr_nonnull(strstr(error, "IEEE802_11"));
}
END_TEST

START_TEST(every_truncation_is_said_and_what_is_whole_is_handed_on)
{
	uint8_t packet[128];
	size_t len = make_packet(packet), size;

	begin();
	captures_begin(file, CAPTURES_RAW);
	captures_frame(file, 1, packet, len);
	captures_frame(file, 2, packet, len);
	rewind(file);
	size = fread(file_bytes, 1, sizeof(file_bytes), file);
	(void)fclose(file);
	ck_assert_uint_eq(size, 24 + 2 * (16 + len));
	for (size_t cut = 0; cut < size; cut++) {
		size_t whole = cut < 24 ? 0 : (cut - 24) / (16 + len);

		begin();
		(void)fwrite(file_bytes, 1, cut, file);
		if (cut >= 24 && (cut - 24) % (16 + len) == 0)
			ck_assert_int_eq(read_it(), 0);
		else
			ck_assert_int_eq(read_it(), -EBADMSG);
		ck_assert_uint_eq(got.count, whole);
	}
}
END_TEST

START_TEST(absurd_lengths_are_damage)
{
	const uint32_t head[] = { 1, 1, 0xfffffff0U, 0xfffffff0U };

	begin();
	captures_begin(file, CAPTURES_RAW);
	(void)fwrite(head, sizeof(head), 1, file);
	ck_assert_int_eq(read_it(), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(error, "after 0 frames"));
}
END_TEST

START_TEST(fragments_without_their_others_are_counted)
{
	uint8_t packet[128];
	size_t len = make_packet(packet);

	begin();
	packet[6] = 0x20;
	captures_begin(file, CAPTURES_RAW);
	captures_frame(file, 1, packet, len);
	ck_assert_int_eq(read_it(), 0);
	ck_assert_uint_eq(got.count, 0);
	ck_assert_uint_eq(counts.incomplete, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capture");
	TCase *tc = tcase_create("capture");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, packets_come_in_order_with_their_time);
	tcase_add_test(tc, other_and_broken_frames_are_counted);
	tcase_add_test(tc, pcapng_is_read);
	tcase_add_test(tc, a_link_type_that_is_not_known_is_said);
	tcase_add_test(tc, every_truncation_is_said_and_what_is_whole_is_handed_on);
	tcase_add_test(tc, absurd_lengths_are_damage);
	tcase_add_test(tc, fragments_without_their_others_are_counted);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
