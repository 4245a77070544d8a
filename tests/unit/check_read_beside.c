/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of policy/read_beside.c on services put together by hand. Sentences for mistakes are in
 * tests/golden/policy. */
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "common/defs.h"
#include "policy/read.h"

static struct policy_port tls = { IPPROTO_TCP, 993, 993, APP_TLS };
static struct policy_port open_port;
static char guarded_name[] = "guarded", other_name[] = "other";
static struct policy_service services[2];
static struct policy policy;
static struct errors errors;

static void set_up(void)
{
	services[0] = (struct policy_service){ .name = guarded_name, .ports = { &tls, 1 } };
	services[1] = (struct policy_service){ .name = other_name, .ports = { &open_port, 1 } };
	policy = (struct policy){ .services = services, .service_count = 2 };
	tls.app = APP_TLS;
}

static void tear_down(void)
{
	errors_clear(&errors);
}

/* How many mistakes it is that the second service opens this as well, in whichever order. */
static size_t mistakes(uint8_t l4proto, uint16_t first, uint16_t last, enum app app)
{
	struct reader r = { .errors = &errors, .policy = &policy };
	struct read_range a = { .owner = READ_SERVICE, .index = 0, .place = { "p", 1 } };
	struct read_range b = { .owner = READ_SERVICE, .index = 1, .place = { "p", 2 } };
	size_t count;

	open_port = (struct policy_port){ l4proto, first, last, app };
	a.range.family = b.range.family = 4;
	errors_clear(&errors);
	read_beside_judge(&r, &a, &b);
	count = errors.count;
	errors_clear(&errors);
	read_beside_judge(&r, &b, &a);
	ck_assert_uint_eq(errors.count, count);
	return count;
}

START_TEST(no_web_port_is_open_beside_an_inspected_one)
{
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 443, 443, APP_NONE), 1);
	ck_assert_uint_eq(mistakes(IPPROTO_UDP, 443, 443, APP_NONE), 1);
	ck_assert_uint_eq(mistakes(IPPROTO_UDP, 8443, 8443, APP_NONE), 1);
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 80, 80, APP_NONE), 1);
	ck_assert_uint_eq(mistakes(IPPROTO_UDP, 1, 65535, APP_NONE), 1);
}
END_TEST

START_TEST(the_inspected_port_itself_is_not_open_beside_it_by_the_same_protocol)
{
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 993, 993, APP_NONE), 1);
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 900, 993, APP_NONE), 1);
	ck_assert_uint_eq(mistakes(IPPROTO_UDP, 993, 993, APP_NONE), 0);
}
END_TEST

START_TEST(other_ports_and_inspected_ones_may_be_open_beside_it)
{
	ck_assert_uint_eq(mistakes(IPPROTO_UDP, 3478, 3481, APP_NONE), 0);
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 443, 443, APP_TLS), 0);
	ck_assert_uint_eq(mistakes(IPPROTO_UDP, 443, 443, APP_QUIC_REFUSED), 0);
}
END_TEST

START_TEST(what_only_a_proxy_reaches_is_open_to_that_proxy_alone)
{
	services[0].has_proxy = true;
	services[0].proxy = (struct addr){ .family = 4, .b = { [3] = 1 } };
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 443, 443, APP_NONE), 1);
	services[1].has_proxy = true;
	services[1].proxy = (struct addr){ .family = 4, .b = { [3] = 2 } };
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 443, 443, APP_NONE), 1);
	services[1].proxy = services[0].proxy;
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 443, 443, APP_NONE), 0);
}
END_TEST

START_TEST(services_without_inspection_may_share_what_they_open)
{
	tls.app = APP_NONE;
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 443, 443, APP_NONE), 0);
	ck_assert_uint_eq(mistakes(IPPROTO_TCP, 993, 993, APP_NONE), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("read_beside");
	TCase *tc = tcase_create("read_beside");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, no_web_port_is_open_beside_an_inspected_one);
	tcase_add_test(tc, the_inspected_port_itself_is_not_open_beside_it_by_the_same_protocol);
	tcase_add_test(tc, other_ports_and_inspected_ones_may_be_open_beside_it);
	tcase_add_test(tc, what_only_a_proxy_reaches_is_open_to_that_proxy_alone);
	tcase_add_test(tc, services_without_inspection_may_share_what_they_open);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
