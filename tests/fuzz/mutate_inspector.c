/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mutator of fuzz_inspector: steps of its script are left out, doubled, swapped and changed,
 * and the bytes of a step put where those of another end. */
#include "mutate.h"

#define STEPS_MAX 256
#define ROOM      65536

struct step {
	uint8_t what;
	size_t where;
	const uint8_t *bytes;
	size_t len;
};

static size_t take_apart(const uint8_t *data, size_t size, struct step steps[STEPS_MAX])
{
	size_t count = 0, at = 0;

	while (size - at >= 4 && count < STEPS_MAX) {
		size_t len = data[at + 3];

		if (len > size - at - 4)
			len = size - at - 4;
		steps[count++] = (struct step){ data[at], (size_t)data[at + 1] << 8 | data[at + 2],
						data + at + 4, len };
		at += 4 + len;
	}
	return count;
}

static size_t change(struct step steps[STEPS_MAX], size_t count, uint32_t *state)
{
	struct step *s = &steps[mutate_pick(state, (uint32_t)count)];
	const struct step *other = &steps[mutate_pick(state, (uint32_t)count)];
	struct step kept = *s;

	switch (mutate_pick(state, 8)) {
	case 0:
		memmove(s, s + 1, (size_t)(steps + count - s - 1) * sizeof(*s));
		return count - 1;
	case 1:
		if (count == STEPS_MAX)
			break;
		memmove(s + 1, s, (size_t)(steps + count - s) * sizeof(*s));
		return count + 1;
	case 2:
		*s = *other;
		steps[other - steps] = kept;
		break;
	case 3:
		s->what = (uint8_t)((s->what & 0xf8) | mutate_pick(state, 8));
		break;
	case 4:
		s->what ^= (uint8_t)(1U << (3 + mutate_pick(state, 5)));
		break;
	case 5:
		s->where = other->where + other->len;
		break;
	case 6:
		s->where = mutate_pick(state, 2) == 0 ? mutate_pick(state, 65536)
						      : s->where + mutate_pick(state, 9) - 4;
		break;
	case 7:
		/* shorter, and the rest where it belongs */
		if (s->len < 2 || count == STEPS_MAX)
			break;
		memmove(s + 1, s, (size_t)(steps + count - s) * sizeof(*s));
		s->len = 1 + mutate_pick(state, (uint32_t)s->len - 1);
		s[1].bytes += s->len;
		s[1].len -= s->len;
		s[1].where += s->len;
		return count + 1;
	}
	return count;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	static uint8_t before[ROOM];
	struct mutate_out o = { .at = data, .max = max_size };
	struct step steps[STEPS_MAX];
	uint32_t state = seed;
	size_t count;

	if (size > sizeof(before) || mutate_pick(&state, 3) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(before, data, size);
	count = take_apart(before, size, steps);
	for (uint32_t n = mutate_pick(&state, 4); n < 4 && count != 0; n++)
		count = change(steps, count, &state);
	for (size_t i = 0; i < count; i++) {
		const uint8_t head[4] = { steps[i].what, (uint8_t)(steps[i].where >> 8),
					  (uint8_t)steps[i].where, (uint8_t)steps[i].len };

		mutate_put(&o, head, sizeof(head));
		mutate_put(&o, steps[i].bytes, steps[i].len);
	}
	return o.len != 0 ? o.len : LLVMFuzzerMutate(data, size, max_size);
}
