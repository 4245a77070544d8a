/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks TLS records by their headers. */
#include "inspect/tls_flight.h"

#include "common/rd.h"

#define RECORD_CHANGE_CIPHER_SPEC 20
#define RECORD_ALERT              21
#define RECORD_HANDSHAKE          22
#define RECORD_APPLICATION_DATA   23
#define RECORD_HEADER             5
#define CIPHERTEXT_MAX            (16384 + 256)
#define HANDSHAKE_HELLO           1

/* Servers pass over some of these while they wait for a hello; a client needs one of each. */
#define FILLERS_MAX 8

enum step { STEP_MORE, STEP_ON, STEP_HELLO, STEP_OTHER, STEP_TOO_LONG, STEP_REFUSE };

static enum step pass_over(struct tls_flight *f, uint32_t record_len)
{
	f->skip = RECORD_HEADER + record_len;
	return STEP_ON;
}

static enum step pass_filler(struct tls_flight *f, uint32_t record_len)
{
	return ++f->fillers > FILLERS_MAX ? STEP_REFUSE : pass_over(f, record_len);
}

static enum step pass_early(struct tls_flight *f, uint32_t record_len)
{
	if (record_len == 0 || record_len > CIPHERTEXT_MAX)
		return STEP_REFUSE;
	if (record_len > f->early_left)
		return STEP_TOO_LONG;
	f->early_left -= record_len;
	return pass_over(f, record_len);
}

/* What the next record is. at has left bytes, at least 1. */
static enum step next_record(struct tls_flight *f, const uint8_t *at, size_t left)
{
	struct rd r = rd_of(at, left);
	const uint8_t type = rd_u8(&r);
	uint32_t record_len;

	if (type < RECORD_CHANGE_CIPHER_SPEC || type > RECORD_APPLICATION_DATA)
		return STEP_REFUSE;
	if (type == RECORD_APPLICATION_DATA && !f->early)
		return STEP_OTHER;
	if (left < RECORD_HEADER)
		return STEP_MORE;
	rd_skip(&r, 2);
	record_len = rd_u16(&r);
	if (type == RECORD_APPLICATION_DATA)
		return pass_early(f, record_len);
	if (record_len == 0)
		return pass_filler(f, 0);
	if (type == RECORD_CHANGE_CIPHER_SPEC)
		return record_len == 1 ? pass_filler(f, record_len) : STEP_REFUSE;
	if (type == RECORD_ALERT)
		return record_len == 2 ? pass_filler(f, record_len) : STEP_REFUSE;
	if (r.left == 0)
		return STEP_MORE;
	return rd_u8(&r) == HANDSHAKE_HELLO ? STEP_HELLO : STEP_OTHER;
}

enum tls_flight_result tls_flight_read(struct tls_flight *flight, const uint8_t *data, size_t len,
				       size_t *ret_used)
{
	size_t used = 0;
	enum step step = STEP_ON;

	while (step == STEP_ON) {
		const size_t skip = flight->skip < len - used ? flight->skip : len - used;

		flight->skip -= (uint32_t)skip;
		used += skip;
		step = used < len ? next_record(flight, data + used, len - used) : STEP_MORE;
	}
	*ret_used = used;
	switch (step) {
	case STEP_HELLO:
		return TLS_FLIGHT_HELLO;
	case STEP_OTHER:
		return TLS_FLIGHT_OTHER;
	case STEP_TOO_LONG:
		return TLS_FLIGHT_TOO_LONG;
	case STEP_REFUSE:
		return TLS_FLIGHT_REFUSE;
	case STEP_MORE:
	case STEP_ON:
		break;
	}
	return TLS_FLIGHT_MORE;
}
