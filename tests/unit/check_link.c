/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of the link layer. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/link.h"

#define ADDRESSES "\x02\0\0\0\0\1\x02\0\0\0\0\2"
#define IP        "\x45rest"

struct frame {
	enum link_kind kind;
	const char *bytes;
	size_t len;
};

#define FRAME(kind, bytes)                                                                         \
	{                                                                                          \
		(kind), (bytes), sizeof(bytes) - 1                                                 \
	}

/* Each ends with IP. */
static const struct frame good[] = {
	FRAME(LINK_ETHERNET, ADDRESSES "\x08\0" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\x86\xdd" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\x81\0\0\x05\x08\0" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\x88\xa8\0\x05\x81\0\0\x06\x08\0" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\x88\x47\0\x01\x00\xff\0\x01\x01\xff" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\x88\x64\x11\0\0\x01\0\x07\0\x21" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\x88\x64\x11\0\0\x01\0\x07\0\x57" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\0\x0d\xaa\xaa\x03\0\0\0\x08\0" IP),
	FRAME(LINK_RAW, IP),
	FRAME(LINK_COOKED1, "\0\0\0\1\0\6\x02\0\0\0\0\1\0\0\x08\0" IP),
	FRAME(LINK_COOKED1, "\0\0\0\1\0\6\x02\0\0\0\0\1\0\0\x81\0\0\x05\x08\0" IP),
	FRAME(LINK_COOKED2, "\x08\0\0\0\0\0\0\2\0\1\0\6\x02\0\0\0\0\1\0\0" IP),
	FRAME(LINK_COOKED2, "\x81\0\0\0\0\0\0\2\0\1\0\6\x02\0\0\0\0\1\0\0\0\x05\x08\0" IP),
	FRAME(LINK_LOOPBACK, "\2\0\0\0" IP),
	FRAME(LINK_LOOPBACK, "\0\0\0\2" IP),
	FRAME(LINK_LOOPBACK, "\x1e\0\0\0" IP),
	FRAME(LINK_LOOPBACK, "\0\0\0\x18" IP),
	FRAME(LINK_PPP, "\xff\x03\0\x21" IP),
	FRAME(LINK_PPP, "\x21" IP),
	FRAME(LINK_PPP, "\0\x57" IP),
	FRAME(LINK_PPPOE, "\x11\0\0\x01\0\x07\0\x21" IP),
	FRAME(LINK_CHDLC, "\x0f\0\x08\0" IP),
};

static const struct frame other[] = {
	FRAME(LINK_ETHERNET, ADDRESSES "\x08\x06" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\0\x0d\x42\x42\x03\0\0\0\x08\0" IP),
	FRAME(LINK_ETHERNET, ADDRESSES "\x88\x47\0\x01\x01\xff\0\0\0\0"),
	FRAME(LINK_ETHERNET, ADDRESSES "\x88\x64\x11\0\0\x01\0\x07\xc0\x21" IP),
	FRAME(LINK_LOOPBACK, "\0\0\0\7" IP),
	FRAME(LINK_COOKED1, "\0\0\0\1\0\6\x02\0\0\0\0\1\0\0\x08\x06" IP),
	FRAME(LINK_KIND_COUNT, IP),
};

/* In memory of exactly its length, so that a read beyond it is seen. */
static enum link_result read_exactly(const struct frame *frame, size_t len,
				     struct link_payload *ret, uint8_t **ret_copy)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, frame->bytes, len);
	*ret_copy = copy;
	return link_read(frame->kind, copy, len, ret);
}

START_TEST(ip_is_found_behind_every_kind_of_header)
{
	const struct frame *frame = &good[_i];
	struct link_payload payload;
	uint8_t *copy;

	ck_assert_int_eq(read_exactly(frame, frame->len, &payload, &copy), LINK_IP);
	ck_assert_uint_eq(payload.len, strlen(IP));
	ck_assert_mem_eq(payload.data, IP, strlen(IP));
	free(copy);
}
END_TEST

START_TEST(every_truncation_of_the_headers_is_broken)
{
	const struct frame *frame = &good[_i];
	struct link_payload payload = { .len = 4711 };
	uint8_t *copy;

	for (size_t len = 0; len <= frame->len - strlen(IP); len++) {
		ck_assert_int_eq(read_exactly(frame, len, &payload, &copy), LINK_BROKEN);
		ck_assert_uint_eq(payload.len, 4711);
		free(copy);
	}
}
END_TEST

START_TEST(what_is_not_ip_is_told_apart)
{
	struct link_payload payload;

	ck_assert_int_eq(link_read(other[_i].kind, (const uint8_t *)other[_i].bytes, other[_i].len,
				   &payload),
			 LINK_OTHER);
}
END_TEST

START_TEST(only_so_many_tags_and_labels_are_stepped_over)
{
	struct link_payload payload;

	for (size_t tags = 1; tags < 40; tags++) {
		uint8_t frame[256] = { 0 };
		size_t at = 12;

		for (size_t i = 0; i < tags; i++, at += 4)
			memcpy(frame + at, "\x81\0\0\1", 4);
		memcpy(frame + at, "\x08\0" IP, 2 + strlen(IP));
		ck_assert_int_eq(link_read(LINK_ETHERNET, frame, at + 2 + strlen(IP), &payload),
				 tags < 16 ? LINK_IP : LINK_BROKEN);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link");
	TCase *tc = tcase_create("link");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, ip_is_found_behind_every_kind_of_header, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, every_truncation_of_the_headers_is_broken, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, what_is_not_ip_is_told_apart, 0, sizeof(other) / sizeof(other[0]));
	tcase_add_test(tc, only_so_many_tags_and_labels_are_stepped_over);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
