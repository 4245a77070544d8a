/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/spawn.c: this program starts itself as its own engine. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/spawn.h"

/* What the child says of itself. */
struct report {
	uint32_t index;
	char source; /* the byte that waited on the source */
	int descriptors;
};

static int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = -1; /* the folder's own */

	if (!folder)
		return 0;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

static int play_engine(void)
{
	struct engine_settings settings;
	struct report report = { 0 };

	if (recv(ENGINE_BROKER_FD, &settings, sizeof(settings), 0) != sizeof(settings))
		return 1;
	report.index = settings.index;
	if (recv(ENGINE_SOURCE_FD, &report.source, 1, 0) != 1)
		return 2;
	report.descriptors = count_descriptors();
	return send(ENGINE_BROKER_FD, &report, sizeof(report), 0) == sizeof(report) ? 0 : 3;
}

START_TEST(engine_is_this_program_with_two_descriptors_and_its_settings)
{
	const struct engine_settings settings = { .magic = ENGINE_SETTINGS_MAGIC,
						  .kind = ENGINE_QUEUE,
						  .index = 5 };
	const int program = spawn_open_program();
	const int others[] = { dup(0), dup(0), dup(0) }; /* must not reach the child */
	struct report report;
	int source[2], status = -1, fd = -1;
	pid_t pid = 0;

	ck_assert_int_ge(program, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, source), 0);
	ck_assert_int_eq(send(source[1], "s", 1, 0), 1);
	ck_assert_int_eq(spawn_engine(program, source[0], &settings, &pid, &fd), 0);
	ck_assert_int_eq(recv(fd, &report, sizeof(report), 0), sizeof(report));
	ck_assert_uint_eq(report.index, 5);
	ck_assert_int_eq(report.source, 's');
	ck_assert_int_eq(report.descriptors, 5); /* 0, 1, 2, source, broker */
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(recv(fd, &report, sizeof(report), 0), 0);
	close(fd);
	close(program);
	close(source[0]);
	close(source[1]);
	for (size_t i = 0; i < 3; i++)
		close(others[i]);
}
END_TEST

static int run_tests(void)
{
	Suite *suite = suite_create("spawn");
	TCase *tcase = tcase_create("spawn");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, engine_is_this_program_with_two_descriptors_and_its_settings);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], ENGINE_OPTION) == 0)
		return play_engine();
	return run_tests();
}
