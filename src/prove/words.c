/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of long numbers as boxes of words. */
#include "prove/words.h"

#include <stdbool.h>
#include <string.h>

void words_of(const uint8_t *bytes, size_t length, uint32_t *words)
{
	for (size_t i = 0; i < length; i++) {
		if (i % 4 == 0)
			words[i / 4] = 0;
		words[i / 4] = words[i / 4] << 8 | bytes[i];
	}
}

/* Both ends of a range as words, and the greatest value of each word. */
struct ends {
	uint32_t first[WORDS_MAX], last[WORDS_MAX], max[WORDS_MAX];
	size_t count;
};

/* A piece that has the words of prefix before word j, from..to in word j, and anything after. */
static void add_piece(const struct ends *ends, const uint32_t *prefix, size_t j,
		      const uint32_t range[2], struct words_pieces *ret)
{
	uint32_t(*piece)[2] = ret->at[ret->count];

	if (range[0] > range[1])
		return;
	for (size_t i = 0; i < ends->count; i++) {
		piece[i][0] = i < j ? prefix[i] : 0;
		piece[i][1] = i < j ? prefix[i] : ends->max[i];
	}
	memcpy(piece[j], range, sizeof(piece[j]));
	ret->count++;
}

/* What begins with the words of first up to word k, and is no less than it. */
static void add_lower(const struct ends *ends, size_t k, struct words_pieces *ret)
{
	for (size_t j = k + 1; j < ends->count; j++) {
		uint32_t range[2] = { ends->first[j], ends->max[j] };

		if (j + 1 < ends->count && range[0]++ == ends->max[j])
			continue;
		add_piece(ends, ends->first, j, range, ret);
	}
}

static void add_upper(const struct ends *ends, size_t k, struct words_pieces *ret)
{
	for (size_t j = k + 1; j < ends->count; j++) {
		uint32_t range[2] = { 0, ends->last[j] };

		if (j + 1 < ends->count && range[1]-- == 0)
			continue;
		add_piece(ends, ends->last, j, range, ret);
	}
}

void words_split(const uint8_t *first, const uint8_t *last, size_t length, struct words_pieces *ret)
{
	static const uint8_t ones[16] = { [0 ... 15] = 0xff };
	struct ends ends = { .count = (length + 3) / 4 };
	uint32_t middle[2];
	size_t k = 0;
	bool from_start = true, to_end = true;

	words_of(first, length, ends.first);
	words_of(last, length, ends.last);
	words_of(ones, length, ends.max);
	ret->count = 0;
	while (k + 1 < ends.count && ends.first[k] == ends.last[k])
		k++;
	for (size_t j = k + 1; j < ends.count; j++) {
		from_start &= ends.first[j] == 0;
		to_end &= ends.last[j] == ends.max[j];
	}
	if (!from_start)
		add_lower(&ends, k, ret);
	if (!to_end)
		add_upper(&ends, k, ret);
	/* here first[k] < last[k], unless k is the last word: no wrap */
	middle[0] = ends.first[k] + !from_start;
	middle[1] = ends.last[k] - !to_end;
	add_piece(&ends, ends.first, k, middle, ret);
}

void words_split_range(const struct addr_range *range, struct words_pieces *ret)
{
	words_split(range->first, range->last, addr_len(range->family), ret);
}
