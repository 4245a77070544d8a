/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of sekishoctl: runs a command in a child and catches what it prints, and plays the
 * daemon. */
#pragma once

#include <check.h>
#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/folded.h"

#define PROBE_ARGUMENTS_MAX 24
#define PROBE_TEXT_MAX      65536

struct probe_result {
	int code;
	char out[PROBE_TEXT_MAX], err[PROBE_TEXT_MAX];
};

static inline void probe_slurp(FILE *file, char *text)
{
	rewind(file);
	size_t len = fread(text, 1, PROBE_TEXT_MAX - 1, file);
	text[len] = '\0';
	(void)fclose(file);
}

/* Runs command with the arguments up to NULL (the first is its name). */
static inline const struct probe_result *probe_run(int (*command)(int argc, char **argv), ...)
{
	static struct probe_result result;
	char *argv[PROBE_ARGUMENTS_MAX + 1] = { NULL };
	FILE *out = tmpfile(), *err = tmpfile();
	int argc = 0, status;
	va_list args;

	ck_assert_ptr_nonnull(out);
	ck_assert_ptr_nonnull(err);
	va_start(args, command);
	while (argc < PROBE_ARGUMENTS_MAX && (argv[argc] = va_arg(args, char *)) != NULL)
		argc++;
	va_end(args);
	(void)fflush(NULL);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)dup2(fileno(out), STDOUT_FILENO);
		(void)dup2(fileno(err), STDERR_FILENO);
		optind = 0;
		(void)setlocale(LC_CTYPE, "C.UTF-8"); /* as main() does */
		int code = command(argc, argv);
		(void)fflush(NULL);
		_exit(code);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	result.code = WEXITSTATUS(status);
	probe_slurp(out, result.out);
	probe_slurp(err, result.err);
	return &result;
}

/* Lines may be folded anywhere: blanks and line ends do not count. */
static inline void probe_has(const char *text, const char *part)
{
	ck_assert_msg(folded_find(text, part) != NULL, "no \"%s\" in: %s", part, text);
}

static inline void probe_has_not(const char *text, const char *part)
{
	ck_assert_msg(folded_find(text, part) == NULL, "\"%s\" in: %s", part, text);
}

/* A daemon for one request at path: takes it, checks it, and answers with datagrams up to NULL,
 * then ends the answer if whole. It listens when this returns; probe_daemon_end() says whether it
 * was asked as expected. */
static inline pid_t probe_daemon(const char *path, const char *request,
				 const char *const *datagrams, int whole)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	(void)strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		char asked[256];
		int peer = accept(listener, NULL, NULL);
		ssize_t len = recv(peer, asked, sizeof(asked), 0);
		int good =
			len == (ssize_t)strlen(request) && memcmp(asked, request, (size_t)len) == 0;

		for (; good && *datagrams; datagrams++)
			good = send(peer, *datagrams, strlen(*datagrams), MSG_NOSIGNAL) >= 0;
		if (good && whole)
			good = send(peer, "", 0, MSG_NOSIGNAL) >= 0;
		_exit(good ? 0 : 1);
	}
	(void)close(listener);
	return child;
}

static inline void probe_daemon_end(pid_t child, const char *path)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(unlink(path), 0);
}
