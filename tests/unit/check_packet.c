/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP and transport headers. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "inspect/packet.h"
#include "packets.h"

static uint8_t data[PACKETS_MAX];
static struct packet p;

static const uint8_t families[] = { 4, 6 };

static size_t tcp(uint8_t family, uint8_t flags, const char *payload)
{
	struct flow_key key = packets_key(family, IPPROTO_TCP, 50000);

	return packets_tcp(data, &key, 0x01020304, 0x05060708, flags, payload, strlen(payload));
}

START_TEST(tcp_headers_are_read)
{
	uint8_t family = families[_i];
	struct flow_key key = packets_key(family, IPPROTO_TCP, 50000);
	size_t len = tcp(family, PACKET_ACK, "abc");

	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	ck_assert_uint_eq(p.key.src.family, family);
	ck_assert_mem_eq(p.key.src.b, key.src.b, 16);
	ck_assert_mem_eq(p.key.dst.b, key.dst.b, 16);
	ck_assert_uint_eq(p.key.sport, 50000);
	ck_assert_uint_eq(p.key.dport, 443);
	ck_assert_uint_eq(p.key.l4proto, IPPROTO_TCP);
	ck_assert_uint_eq(p.seq, 0x01020304);
	ck_assert_uint_eq(p.ack, 0x05060708);
	ck_assert_uint_eq(p.flags, PACKET_ACK);
	ck_assert_uint_eq(p.payload_len, 3);
	ck_assert_mem_eq(p.payload, "abc", 3);
}
END_TEST

START_TEST(udp_headers_are_read)
{
	struct flow_key key = packets_key(families[_i], IPPROTO_UDP, 50000);
	size_t len = packets_udp(data, &key, "abcd", 4);

	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	ck_assert_uint_eq(p.key.sport, 50000);
	ck_assert_uint_eq(p.payload_len, 4);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	uint8_t family = families[_i];
	size_t len = tcp(family, PACKET_ACK, "payload");

	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(packet_parse(data, cut, &p), -EBADMSG);
}
END_TEST

START_TEST(bytes_behind_the_packet_are_refused)
{
	size_t len = tcp(families[_i], PACKET_ACK, "payload");

	data[len] = 0;
	ck_assert_int_eq(packet_parse(data, len + 1, &p), -EBADMSG);
}
END_TEST

START_TEST(tcp_options_are_stepped_over)
{
	size_t len = tcp(4, PACKET_ACK, "OPTIabc");

	data[20 + 12] = 0x60;
	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	ck_assert_uint_eq(p.payload_len, 3);
	ck_assert_mem_eq(p.payload, "abc", 3);
}
END_TEST

START_TEST(tcp_header_length_below_five_or_beyond_the_packet_is_refused)
{
	for (uint8_t words = 0; words < 16; words++) {
		size_t len = tcp(4, PACKET_ACK, "abc");

		data[20 + 12] = (uint8_t)(words << 4);
		ck_assert_int_eq(packet_parse(data, len, &p), words == 5 ? 0 : -EBADMSG);
	}
}
END_TEST

START_TEST(ipv4_options_are_stepped_over)
{
	size_t len = tcp(4, PACKET_ACK, "abc");

	memmove(data + 28, data + 20, len - 20);
	memset(data + 20, 1, 8);
	data[0] = 0x47;
	packets_put16(data + 2, len + 8);
	ck_assert_int_eq(packet_parse(data, len + 8, &p), 0);
	ck_assert_uint_eq(p.key.dport, 443);
	ck_assert_uint_eq(p.payload_len, 3);
}
END_TEST

START_TEST(ipv4_header_length_that_does_not_fit_is_refused)
{
	for (uint8_t words = 0; words < 16; words++) {
		size_t len = tcp(4, PACKET_ACK, "");

		data[0] = (uint8_t)(0x40 | words);
		if (words == 5)
			continue;
		ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
	}
}
END_TEST

START_TEST(fragments_are_refused)
{
	size_t len = tcp(4, PACKET_ACK, "abc");

	packets_put16(data + 6, 0x2000);
	ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
	packets_put16(data + 6, 0x0001);
	ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
	packets_put16(data + 6, 0x4000);
	ck_assert_int_eq(packet_parse(data, len, &p), 0);
}
END_TEST

START_TEST(other_versions_are_refused)
{
	size_t len = tcp(4, PACKET_ACK, "abc");

	for (uint8_t version = 0; version < 16; version++) {
		data[0] = (uint8_t)(version << 4 | 5);
		if (version != 4)
			ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
	}
}
END_TEST

/* Puts an extension header of kind and len bytes between IPv6 and TCP; gives the new length. */
static size_t insert_extension(size_t len, uint8_t kind, size_t size)
{
	memmove(data + 40 + size, data + 40, len - 40);
	memset(data + 40, 0, size);
	data[40] = data[6];
	data[41] = (uint8_t)(size / 8 - 1);
	data[6] = kind;
	packets_put16(data + 4, len - 40 + size);
	return len + size;
}

START_TEST(ipv6_extension_headers_are_stepped_over)
{
	size_t len = tcp(6, PACKET_ACK, "abc");

	len = insert_extension(len, IPPROTO_DSTOPTS, 16);
	len = insert_extension(len, IPPROTO_ROUTING, 24);
	len = insert_extension(len, IPPROTO_HOPOPTS, 8);
	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	ck_assert_uint_eq(p.key.l4proto, IPPROTO_TCP);
	ck_assert_uint_eq(p.key.sport, 50000);
	ck_assert_uint_eq(p.payload_len, 3);
	for (size_t cut = 40; cut < len; cut++) {
		packets_put16(data + 4, cut - 40);
		ck_assert_int_eq(packet_parse(data, cut, &p), cut < len - 3 ? -EBADMSG : 0);
	}
}
END_TEST

START_TEST(ipv6_fragment_is_refused_but_an_atomic_one_is_whole)
{
	size_t len = insert_extension(tcp(6, PACKET_ACK, "abc"), IPPROTO_FRAGMENT, 8);

	data[41] = 0;
	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	ck_assert_uint_eq(p.payload_len, 3);
	data[43] = 0x01;
	ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
	data[43] = 0x08;
	ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
}
END_TEST

START_TEST(ipv6_routing_header_that_leads_further_is_refused)
{
	size_t len = insert_extension(tcp(6, PACKET_ACK, "abc"), IPPROTO_ROUTING, 24);

	data[43] = 0;
	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	data[43] = 1;
	ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
}
END_TEST

/* The address of the other end may be behind it, but nobody could tell. */
START_TEST(what_stands_behind_an_authentication_header_is_not_read)
{
	size_t len = insert_extension(tcp(6, PACKET_ACK, "abc"), IPPROTO_AH, 24);

	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	ck_assert_uint_eq(p.key.l4proto, IPPROTO_AH);
	ck_assert_uint_eq(p.key.sport, 0);
	ck_assert_ptr_null(p.payload);
}
END_TEST

/* The kernel joins segments beyond 64 KiB: then the length fields are 0. */
START_TEST(a_packet_whose_length_no_field_can_hold_is_refused)
{
	static uint8_t big[100000];
	size_t len = tcp(families[_i], PACKET_ACK, "abc");

	memcpy(big, data, len);
	packets_put16(big + (families[_i] == 4 ? 2 : 4), 0);
	ck_assert_int_eq(packet_parse(big, sizeof(big), &p), -EBADMSG);
	ck_assert_int_eq(packet_parse(big, 65531, &p), -EBADMSG);
}
END_TEST

START_TEST(the_longest_packet_is_read)
{
	static uint8_t payload[65495];
	struct flow_key key = packets_key(4, IPPROTO_TCP, 50000);
	size_t len = packets_tcp(data, &key, 1, 2, PACKET_ACK, payload, sizeof(payload));

	ck_assert_uint_eq(len, 65535);
	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	ck_assert_uint_eq(p.payload_len, sizeof(payload));
}
END_TEST

START_TEST(endless_extension_headers_are_refused)
{
	size_t len = tcp(6, PACKET_ACK, "abc");

	for (int i = 0; i < 9; i++)
		len = insert_extension(len, IPPROTO_DSTOPTS, 8);
	ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
}
END_TEST

START_TEST(flags_that_no_stack_sends_together_are_refused)
{
	static const struct {
		uint8_t flags;
		const char *payload;
		int want;
	} cases[] = {
		{ PACKET_SYN, "", 0 },
		{ PACKET_SYN, "data", 0 },
		{ PACKET_SYN | PACKET_ACK, "", 0 },
		{ PACKET_SYN | PACKET_FIN, "", -EBADMSG },
		{ PACKET_SYN | PACKET_RST, "", -EBADMSG },
		{ PACKET_SYN | PACKET_URG, "", -EBADMSG },
		{ PACKET_RST, "", 0 },
		{ PACKET_RST | PACKET_ACK, "", 0 },
		{ PACKET_RST | PACKET_FIN | PACKET_ACK, "", -EBADMSG },
		{ PACKET_FIN | PACKET_ACK, "data", 0 },
		{ PACKET_FIN, "", -EBADMSG },
		{ 0, "", -EBADMSG },
		{ 0x08, "data", -EBADMSG },
		{ 0x08 | PACKET_ACK, "data", 0 },
		{ 0xc0 | PACKET_SYN, "", 0 },
	};

	ck_assert_int_eq(packet_parse(data, tcp(4, cases[_i].flags, cases[_i].payload), &p),
			 cases[_i].want);
}
END_TEST

START_TEST(payload_that_the_receiver_would_not_take_as_such_is_refused)
{
	ck_assert_int_eq(packet_parse(data, tcp(4, PACKET_ACK | PACKET_URG, "abc"), &p), -EBADMSG);
	ck_assert_int_eq(packet_parse(data, tcp(4, PACKET_ACK | PACKET_URG, ""), &p), -EBADMSG);
	ck_assert_int_eq(packet_parse(data, tcp(4, PACKET_RST | PACKET_ACK, "abc"), &p), -EBADMSG);
	ck_assert_int_eq(packet_parse(data, tcp(4, 0, "abc"), &p), -EBADMSG);
}
END_TEST

START_TEST(udp_length_that_disagrees_is_refused)
{
	struct flow_key key = packets_key(4, IPPROTO_UDP, 50000);
	size_t len = packets_udp(data, &key, "abcd", 4);

	for (size_t said = 0; said < 20; said++) {
		packets_put16(data + 24, said);
		ck_assert_int_eq(packet_parse(data, len, &p),
				 said >= 8 && said <= 12 ? 0 : -EBADMSG);
		ck_assert(said < 8 || said > 12 || p.payload_len == said - 8);
	}
}
END_TEST

START_TEST(other_protocols_have_no_ports)
{
	struct flow_key key = packets_key(4, IPPROTO_ICMP, 0);
	size_t len = packets_ip(data, &key, 8) + 8;

	ck_assert_int_eq(packet_parse(data, len, &p), 0);
	ck_assert_uint_eq(p.key.l4proto, IPPROTO_ICMP);
	ck_assert_uint_eq(p.key.sport, 0);
	ck_assert_uint_eq(p.key.dport, 0);
	ck_assert_ptr_null(p.payload);
}
END_TEST

START_TEST(refused_packet_still_says_who_it_was)
{
	size_t len = tcp(4, PACKET_ACK | PACKET_URG, "abc");

	ck_assert_int_eq(packet_parse(data, len, &p), -EBADMSG);
	ck_assert_uint_eq(p.key.sport, 50000);
	ck_assert_mem_eq(p.key.src.b, "\xc0\xa8\x0a\x0b", 4);
	ck_assert_int_eq(packet_parse(data, 30, &p), -EBADMSG);
	ck_assert_mem_eq(p.key.src.b, "\xc0\xa8\x0a\x0b", 4);
	ck_assert_int_eq(packet_parse(NULL, 0, &p), -EBADMSG);
	ck_assert_uint_eq(p.key.src.family, 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packet");
	TCase *tcase = tcase_create("packet");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, tcp_headers_are_read, 0, 2);
	tcase_add_loop_test(tcase, udp_headers_are_read, 0, 2);
	tcase_add_loop_test(tcase, every_truncation_is_refused, 0, 2);
	tcase_add_loop_test(tcase, bytes_behind_the_packet_are_refused, 0, 2);
	tcase_add_test(tcase, tcp_options_are_stepped_over);
	tcase_add_test(tcase, tcp_header_length_below_five_or_beyond_the_packet_is_refused);
	tcase_add_test(tcase, ipv4_options_are_stepped_over);
	tcase_add_test(tcase, ipv4_header_length_that_does_not_fit_is_refused);
	tcase_add_test(tcase, fragments_are_refused);
	tcase_add_test(tcase, other_versions_are_refused);
	tcase_add_test(tcase, ipv6_extension_headers_are_stepped_over);
	tcase_add_test(tcase, ipv6_fragment_is_refused_but_an_atomic_one_is_whole);
	tcase_add_test(tcase, ipv6_routing_header_that_leads_further_is_refused);
	tcase_add_test(tcase, what_stands_behind_an_authentication_header_is_not_read);
	tcase_add_loop_test(tcase, a_packet_whose_length_no_field_can_hold_is_refused, 0, 2);
	tcase_add_test(tcase, the_longest_packet_is_read);
	tcase_add_test(tcase, endless_extension_headers_are_refused);
	tcase_add_loop_test(tcase, flags_that_no_stack_sends_together_are_refused, 0, 15);
	tcase_add_test(tcase, payload_that_the_receiver_would_not_take_as_such_is_refused);
	tcase_add_test(tcase, udp_length_that_disagrees_is_refused);
	tcase_add_test(tcase, other_protocols_have_no_ports);
	tcase_add_test(tcase, refused_packet_still_says_who_it_was);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
