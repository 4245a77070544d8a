/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of inspect/quic_table.c: connections are found by id and by flow, and forgotten by age. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/quic_table.h"
#include "packets.h"

static const uint64_t seed[2] = { 3, 4 };

static struct quic_conn *add(struct quic_table *t, const struct flow_key *key, const char *id,
			     uint64_t now_ms)
{
	return quic_table_add(t, key, (const uint8_t *)id, (uint8_t)strlen(id), now_ms);
}

static struct quic_conn *find(const struct quic_table *t, const char *id)
{
	return quic_table_find(t, (const uint8_t *)id, (uint8_t)strlen(id));
}

START_TEST(a_connection_is_found_by_its_id_alone)
{
	struct quic_table *t = quic_table_new(8, seed);
	struct flow_key key = packets_key(4, IPPROTO_UDP, 1000), other = key;
	struct quic_conn *conn = add(t, &key, "12345678", 5);

	ck_assert_ptr_nonnull(conn);
	ck_assert_ptr_eq(find(t, "12345678"), conn);
	ck_assert_ptr_null(find(t, "1234567"));
	ck_assert_ptr_null(find(t, "12345679"));
	ck_assert(quic_table_is_of(conn, &other));
	other.sport++;
	ck_assert(!quic_table_is_of(conn, &other));
	other = key;
	other.src.b[3]++;
	ck_assert(!quic_table_is_of(conn, &other));
	other = key;
	other.dst.b[3]++;
	ck_assert(!quic_table_is_of(conn, &other));
	other = key;
	other.dport++;
	ck_assert(!quic_table_is_of(conn, &other));
	quic_table_free(t);
}
END_TEST

START_TEST(connections_of_a_flow_come_newest_first_and_alone)
{
	struct quic_table *t = quic_table_new(8, seed);
	struct flow_key key = packets_key(6, IPPROTO_UDP, 1000), other = key;
	struct quic_conn *a, *b;

	other.sport++;
	ck_assert_ptr_null(quic_table_of_flow(t, &key));
	a = add(t, &key, "a", 5);
	(void)add(t, &other, "x", 5);
	b = add(t, &key, "b", 5);
	(void)add(t, &other, "y", 5);
	ck_assert_ptr_eq(quic_table_of_flow(t, &key), b);
	ck_assert_ptr_eq(quic_table_next(t, b), a);
	ck_assert_ptr_null(quic_table_next(t, a));
	quic_table_remove(t, b);
	ck_assert_ptr_eq(quic_table_of_flow(t, &key), a);
	ck_assert_ptr_null(find(t, "b"));
	quic_table_free(t);
}
END_TEST

START_TEST(a_place_taken_anew_is_not_the_old_connection)
{
	struct quic_table *t = quic_table_new(1, seed);
	struct flow_key key = packets_key(4, IPPROTO_UDP, 1000);
	struct quic_conn *conn = add(t, &key, "a", 5);
	const uint32_t place = conn->place, serial = conn->serial;

	ck_assert_ptr_eq(quic_table_at(t, place, serial), conn);
	quic_table_remove(t, conn);
	ck_assert_ptr_null(quic_table_at(t, place, serial));
	conn = add(t, &key, "b", 5);
	ck_assert_uint_eq(conn->place, place);
	ck_assert_ptr_null(quic_table_at(t, place, serial));
	ck_assert_ptr_null(quic_table_at(t, 0, 0));
	quic_table_free(t);
}
END_TEST

START_TEST(only_what_was_quiet_long_enough_gives_its_place)
{
	struct quic_table *t = quic_table_new(3, seed);
	struct flow_key key = packets_key(4, IPPROTO_UDP, 1000);
	struct quic_conn *a = add(t, &key, "a", 0);

	(void)add(t, &key, "b", 1);
	(void)add(t, &key, "c", 2);
	quic_table_touch(t, a, 3);
	ck_assert_ptr_null(add(t, &key, "d", QUIC_TABLE_SPARED_MS));
	ck_assert_ptr_nonnull(add(t, &key, "d", QUIC_TABLE_SPARED_MS + 1));
	ck_assert_ptr_null(find(t, "b"));
	ck_assert_ptr_nonnull(find(t, "a"));
	ck_assert_ptr_nonnull(find(t, "c"));
	quic_table_free(t);
}
END_TEST

START_TEST(many_connections_come_and_go)
{
	struct quic_table *t = quic_table_new(200, seed);
	char id[16];

	for (unsigned int i = 0; i < 5000; i++) {
		struct flow_key key = packets_key(4, IPPROTO_UDP, (uint16_t)(1000 + i % 7));

		(void)snprintf(id, sizeof(id), "id%u", i);
		ck_assert_ptr_nonnull(add(t, &key, id, (uint64_t)i * QUIC_TABLE_SPARED_MS));
		ck_assert_ptr_nonnull(find(t, id));
		if (i >= 200) {
			(void)snprintf(id, sizeof(id), "id%u", i - 200);
			ck_assert_ptr_null(find(t, id));
		}
	}
	quic_table_free(t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quic_table");
	TCase *tcase = tcase_create("quic_table");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, a_connection_is_found_by_its_id_alone);
	tcase_add_test(tcase, connections_of_a_flow_come_newest_first_and_alone);
	tcase_add_test(tcase, a_place_taken_anew_is_not_the_old_connection);
	tcase_add_test(tcase, only_what_was_quiet_long_enough_gives_its_place);
	tcase_add_test(tcase, many_connections_come_and_go);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
