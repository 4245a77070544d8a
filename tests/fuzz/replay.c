/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target over the files of corpora, without libFuzzer. A folder without a file is a
 * failure. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/defs.h"

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	auto_(free_charp) char *data = malloc(INPUT_MAX);
	FILE *f = fopen(path, "rb");
	uint8_t *exact;
	size_t len;

	if (f == NULL || data == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		if (f != NULL)
			(void)fclose(f);
		return -1;
	}
	len = fread(data, 1, INPUT_MAX, f);
	(void)fclose(f);
	/* Exactly as long as the input, so that sanitizers see a read beyond it. */
	exact = malloc(len == 0 ? 1 : len);
	if (exact == NULL)
		return -1;
	memcpy(exact, data, len);
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 1;
}

/* Gives how many files there were, or -1. */
static int replay(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int files = 0;

	if (dir == NULL)
		return errno == ENOTDIR ? replay_file(path) : -1;
	while ((entry = readdir(dir)) != NULL) {
		char file[4096];

		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) >=
			    (int)sizeof(file) ||
		    replay_file(file) < 0) {
			files = -1;
			break;
		}
		files++;
	}
	(void)closedir(dir);
	return files;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE-OR-FOLDER...\n", argv[0]);
		return EXIT_FAILURE;
	}
	for (int i = 1; i < argc; i++) {
		int files = replay(argv[i]);

		if (files <= 0) {
			fprintf(stderr, "%s: no input was found there\n", argv[i]);
			return EXIT_FAILURE;
		}
		printf("%s: %d inputs\n", argv[i], files);
	}
	return EXIT_SUCCESS;
}
