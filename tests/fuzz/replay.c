/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target over the files of corpora, without libFuzzer. A folder without a file is a
 * failure. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file's bytes in memory of exactly their length, so that sanitizers see a read beyond it; NULL
 * if it cannot be read. The caller frees it. */
static uint8_t *read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data, *exact = NULL;

	if (f == NULL)
		return NULL;
	data = malloc(INPUT_MAX);
	if (data != NULL) {
		*ret_len = fread(data, 1, INPUT_MAX, f);
		exact = realloc(data, *ret_len == 0 ? 1 : *ret_len);
		if (exact == NULL)
			free(data);
	}
	(void)fclose(f);
	return exact;
}

static int replay_file(const char *path)
{
	size_t len = 0;
	uint8_t *data = read_file(path, &len);

	if (data == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	(void)LLVMFuzzerTestOneInput(data, len);
	free(data);
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

/* As "replay_NAME" without arguments: the corpus of fuzz_NAME, in the source tree that SRCDIR
 * names. */
static int replay_own(const char *program)
{
	const char *top = getenv("SRCDIR"), *name = strstr(program, "replay_");
	char folder[4096];
	int files;

	if (name == NULL ||
	    snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/fuzz_%s", top ? top : ".",
		     name + strlen("replay_")) >= (int)sizeof(folder))
		return EXIT_FAILURE;
	files = replay(folder);
	printf("%s: %d inputs\n", folder, files);
	return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return replay_own(argv[0]);
	for (int i = 1; i < argc; i++) {
		int files = replay(argv[i]);

		if (files <= 0) {
			(void)fprintf(stderr, "%s: no input was found there\n", argv[i]);
			return EXIT_FAILURE;
		}
		printf("%s: %d inputs\n", argv[i], files);
	}
	return EXIT_SUCCESS;
}
