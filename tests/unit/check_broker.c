/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/broker.c: a whole daemon, in a network namespace of its own. This program is the
 * daemon, and also its engines. */
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "broker/broker.h"
#include "broker_site.h"
#include "common/log.h"
#include "netns.h"

#define DEADLINE_S 60
#define AS_NOBODY  "daemon = { user = \"nobody\"; };\n"

static struct site site;
static pid_t daemon_pid;

static void begin_daemon(void)
{
	const struct broker_options options = { .policy_path = site.policy,
						.log_level = LOG_LEVEL_INFO };

	daemon_pid = fork();
	ck_assert_int_ge(daemon_pid, 0);
	if (daemon_pid == 0) {
		netns_enter();
		exit(broker_run(&options));
	}
}

static int end_daemon(int signal)
{
	int status = -1;

	ck_assert_int_eq(kill(daemon_pid, signal), 0);
	ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
	return status;
}

static void set_up(void)
{
	site_make(&site);
	site_write(&site, AS_NOBODY);
	ck_assert_int_eq(rmdir(site.log), 0); /* the daemon makes it, for its user */
	ck_assert_int_eq(chmod(site.folder, 0755), 0);
	ck_assert_int_eq(chmod(site.policy, 0644), 0);
	begin_daemon();
}

static void tear_down(void)
{
	site_remove(&site);
}

/* Asks the daemon; NULL while it does not answer. */
static json_t *ask(const char *request)
{
	static char answer[65536];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	size_t got = 0;
	ssize_t part = -1;

	strcpy(address.sun_path, site.socket);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
		while ((part = recv(fd, answer + got, sizeof(answer) - got, 0)) > 0)
			got += (size_t)part;
	close(fd);
	return part == 0 ? json_loadb(answer, got, 0, NULL) : NULL;
}

/* The pid of the first engine, if it runs and was restarted so often; else 0. */
static pid_t engine_after(json_int_t restarts)
{
	json_t *status = ask("status");
	json_t *engine = json_array_get(json_object_get(status, "engines"), 0);
	pid_t pid = 0;

	if (engine && json_integer_value(json_object_get(engine, "restarts")) == restarts)
		pid = (pid_t)json_integer_value(json_object_get(engine, "pid"));
	json_decref(status);
	return pid;
}

static pid_t wait_for_engine(json_int_t restarts)
{
	for (int i = 0; i < DEADLINE_S * 50; i++) {
		const pid_t pid = engine_after(restarts);

		if (pid > 0)
			return pid;
		ck_assert_msg(waitpid(daemon_pid, NULL, WNOHANG) == 0, "the daemon ended");
		(void)poll(NULL, 0, 20); /* between two looks; the deadline is the loop's */
	}
	ck_abort_msg("no engine within %d s", DEADLINE_S);
	return 0;
}

static bool reload(void)
{
	json_t *answer = ask("reload");
	const bool ok = json_is_true(json_object_get(answer, "ok"));

	json_decref(answer);
	return ok;
}

START_TEST(daemon_serves_reloads_replaces_an_engine_and_ends)
{
	static const char *const told[] = {
		"daemon-started", "policy-loaded", "policy-refused",
		"engine-ended",   "daemon-ended",  "Held against the guideline: errors "
	};
	pid_t engine = wait_for_engine(0);
	char *log;
	int status;

	site_write_other(&site, "reiji-city.", "other-city.", AS_NOBODY);
	ck_assert(reload());
	site_write(&site, "nonsense = 1;\n");
	ck_assert(!reload());
	ck_assert_int_eq(kill(engine, SIGKILL), 0);
	ck_assert_int_ne(wait_for_engine(1), engine);
	status = end_daemon(SIGTERM);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	log = site_log(&site);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		ck_assert_msg(strstr(log, told[i]) != NULL, "no record says %s", told[i]);
	free(log);
}
END_TEST

START_TEST(engines_do_not_outlive_a_daemon_that_is_killed)
{
	const pid_t engine = wait_for_engine(0);

	(void)end_daemon(SIGKILL);
	for (int i = 0; i < DEADLINE_S * 50 && kill(engine, 0) == 0; i++) {
		char file[64], state[64] = "";
		FILE *f;

		snprintf(file, sizeof(file), "/proc/%d/stat", engine);
		f = fopen(file, "r");
		if (!f)
			return;
		if (!fgets(state, sizeof(state), f))
			state[0] = '\0';
		fclose(f);
		if (strstr(state, ") Z "))
			return; /* ended; nobody has asked for its status yet */
		(void)poll(NULL, 0, 20);
	}
	ck_assert_int_ne(kill(engine, 0), 0);
}
END_TEST

START_TEST(signals_in_a_row_do_no_harm)
{
	int status;

	(void)wait_for_engine(0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(kill(daemon_pid, SIGHUP), 0);
		ck_assert_int_eq(kill(daemon_pid, SIGUSR1), 0);
	}
	(void)wait_for_engine(0);
	status = end_daemon(SIGINT);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

static int run_tests(void)
{
	Suite *suite = suite_create("broker");
	TCase *tcase = tcase_create("a whole daemon");
	SRunner *runner = srunner_create(suite);
	bool available;
	int failed;

	available = netns_available();
	tcase_set_timeout(tcase, 2 * DEADLINE_S);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, daemon_serves_reloads_replaces_an_engine_and_ends);
	tcase_add_test(tcase, engines_do_not_outlive_a_daemon_that_is_killed);
	tcase_add_test(tcase, signals_in_a_row_do_no_harm);
	suite_add_tcase(suite, tcase);
	if (available)
		srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], ENGINE_OPTION) == 0)
		return engine_main();
	if (getenv("SEKISHO_VALGRIND")) {
		puts("SKIP: the daemon's filter of system calls refuses valgrind's own");
		return NETNS_EXIT_SKIPPED;
	}
	return run_tests();
}
