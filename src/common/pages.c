/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmap(2) aligned to large pages, or calloc(3) where that is not worth it. */
#include "common/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)
#define WORTH_IT   (LARGE_PAGE / 2)

/* 0 if small, or if there is no such size. */
static size_t rounded(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes < WORTH_IT ||
	    __builtin_add_overflow(bytes, LARGE_PAGE - 1, &bytes))
		return 0;
	return bytes & ~(LARGE_PAGE - 1);
}

/* Gives back what lies before and behind the aligned part. */
static void *aligned_part(void *all, size_t bytes)
{
	const size_t before = (LARGE_PAGE - (uintptr_t)all % LARGE_PAGE) % LARGE_PAGE;
	char *begin = (char *)all + before;

	if (before != 0)
		(void)munmap(all, before);
	(void)munmap(begin + bytes, LARGE_PAGE - before);
	return begin;
}

void *pages_new(size_t count, size_t size)
{
	const size_t bytes = rounded(count, size);
	size_t wanted;
	void *all;

	if (__builtin_mul_overflow(count, size, &wanted) || wanted > PTRDIFF_MAX)
		return NULL;
	if (bytes == 0)
		return calloc(count ? count : 1, size);
	all = mmap(NULL, bytes + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	if (all == MAP_FAILED)
		return NULL;
	all = aligned_part(all, bytes);
	(void)madvise(all, bytes, MADV_HUGEPAGE);
	return all;
}

void pages_free(void *memory, size_t count, size_t size)
{
	const size_t bytes = rounded(count, size);

	if (bytes == 0)
		free(memory);
	else if (memory != NULL)
		(void)munmap(memory, bytes);
}
