/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of connection tracking. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/tracking.h"

static char folder[64];

static void begin(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/sekisho-tracking.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	(void)fclose(file);
}

static void end(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/nf_conntrack_checksum", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/nf_conntrack_tcp_be_liberal", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

START_TEST(settings_are_read_as_they_are)
{
	struct tracking tracking;

	begin();
	put("nf_conntrack_checksum", "1\n");
	put("nf_conntrack_tcp_be_liberal", "0\n");
	tracking_read(folder, &tracking);
	ck_assert_int_eq(tracking.checksum, TRACKING_ON);
	ck_assert_int_eq(tracking.liberal, TRACKING_OFF);
	put("nf_conntrack_checksum", "0\n");
	put("nf_conntrack_tcp_be_liberal", "255\n");
	tracking_read(folder, &tracking);
	ck_assert_int_eq(tracking.checksum, TRACKING_OFF);
	ck_assert_int_eq(tracking.liberal, TRACKING_ON);
	end();
}
END_TEST

START_TEST(what_cannot_be_read_is_unknown)
{
	struct tracking tracking;

	begin();
	put("nf_conntrack_checksum", "");
	tracking_read(folder, &tracking);
	ck_assert_int_eq(tracking.checksum, TRACKING_UNKNOWN);
	ck_assert_int_eq(tracking.liberal, TRACKING_UNKNOWN);
	put("nf_conntrack_checksum", "yes");
	tracking_read(folder, &tracking);
	ck_assert_int_eq(tracking.checksum, TRACKING_UNKNOWN);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tracking");
	TCase *tcase = tcase_create("tracking");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, settings_are_read_as_they_are);
	tcase_add_test(tcase, what_cannot_be_read_is_unknown);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
