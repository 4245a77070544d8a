/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of the chain: a folder with keys, a log made by the real writer, and its lines. */
#pragma once

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/keeper.h"
#include "audit/log_key.h"
#include "audit/writer.h"

static struct {
	char folder[64], key[96], log[96];
	struct log_key_auditor auditor;
} site;

static inline void site_make_key(uint64_t first)
{
	struct log_key_state state;

	(void)unlink(site.key);
	ck_assert_int_eq(log_key_make(first, &state, &site.auditor), 0);
	ck_assert_int_eq(log_key_create(site.key, &state, (uid_t)-1, (gid_t)-1), 0);
}

static inline void site_set_up(void)
{
	(void)strcpy(site.folder, "/tmp/check-chained-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(site.folder));
	(void)snprintf(site.key, sizeof(site.key), "%s/key", site.folder);
	(void)snprintf(site.log, sizeof(site.log), "%s/" WRITER_FILE_NAME, site.folder);
	site_make_key(0);
}

static inline void site_tear_down(void)
{
	const struct dirent *entry;
	DIR *dir = opendir(site.folder);

	while (dir && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		(void)closedir(dir);
	(void)rmdir(site.folder);
}

static inline struct keeper *site_keeper(void)
{
	struct keeper *keeper = NULL;

	ck_assert_int_eq(keeper_open(site.key, &keeper), 0);
	return keeper;
}

static inline struct writer *site_writer(void)
{
	struct writer *writer = writer_new_chained(site.folder, site_keeper());

	ck_assert_ptr_nonnull(writer);
	return writer;
}

static inline void site_add(struct writer *writer, unsigned int count)
{
	struct record record = { .kind = RECORD_LIFE, .action = "test", .text = "A test." };

	for (unsigned int i = 0; i < count; i++)
		ck_assert_int_eq(writer_add(writer, &record), 0);
}

/* As many records, each written on its own, by a writer that comes and goes. */
static inline void site_write(unsigned int count)
{
	struct writer *writer = site_writer();

	ck_assert_int_eq(writer_failure(writer), 0);
	for (unsigned int i = 0; i < count; i++) {
		site_add(writer, 1);
		ck_assert_int_eq(writer_flush(writer), 0);
	}
	writer_free(writer);
}

/* The whole file, NUL-terminated; the caller frees it. */
static inline char *site_read(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 22);

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(text);
	size_t len = fread(text, 1, (1 << 22) - 1, file);
	(void)fclose(file);
	if (ret_len)
		*ret_len = len;
	return text;
}

static inline void site_put(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}
