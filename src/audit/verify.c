/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follows the chain; where it breaks, says where, and takes it up again behind. */
#include "audit/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "audit/line.h"

#define KEYS_MAX        16
#define STEPS_MAX       (UINT64_C(1) << 28) /* a number further ahead is not followed */
#define FIRST_STEPS_MAX (UINT64_C(1) << 32) /* to the first record given */
#define FINDING_NONE    SIZE_MAX

struct verify {
	struct chain *chain;
	struct log_key_auditor keys[KEYS_MAX];
	size_t key_count;
	size_t key; /* in use */

	bool with_secret;
	bool started;   /* the chain of a key that was given has begun */
	bool foreign;   /* that of another has */
	bool begun;     /* a record was seen */
	bool tag_known; /* false behind a hole */
	bool doubtful;  /* the record before was not proven: other may be right */
	bool damaged;   /* a line was no record, and nothing has explained it yet */
	bool sorted;    /* the checkpoints */

	struct chain_point point;       /* number: passed; key: of the next */
	uint64_t last;                  /* highest number in order */
	uint8_t tag[CHAIN_TAG_BYTES];   /* as the record before says */
	uint8_t other[CHAIN_TAG_BYTES]; /* what it ought to be, if that differs */

	size_t file;
	uint64_t line;
	uint64_t damaged_line;
	size_t damaged_file;
	/* records before the chain began, until it is known whether that is as it must be */
	uint64_t before_first, before_last;
	size_t before_file;
	uint64_t before_line;

	struct checkpoint *sealed; /* by number, once the first line came */
	size_t sealed_count, sealed_at;

	struct verify_finding findings[VERIFY_FINDINGS_MAX];
	struct verify_range proven[VERIFY_RANGES_MAX];
	struct verify_result result;
};

bool verify_is_finding(enum verify_kind kind)
{
	return kind < VERIFY_UNPROVEN; /* the first of the notes */
}

static void use_key(struct verify *verify, size_t key)
{
	const struct log_key_auditor *auditor = &verify->keys[key];

	verify->key = key;
	verify->point.number = auditor->first;
	memcpy(verify->point.key, auditor->key, sizeof(verify->point.key));
}

struct verify *verify_new(const struct log_key_auditor *keys, size_t count)
{
	struct verify *verify = calloc(1, sizeof(*verify));

	if (!verify)
		return NULL;
	verify->chain = chain_new();
	if (!verify->chain || count == 0 || count > KEYS_MAX) {
		verify_free(verify);
		return NULL;
	}
	memcpy(verify->keys, keys, count * sizeof(*keys));
	verify->key_count = count;
	for (size_t i = 0; i < count; i++)
		verify->with_secret |= keys[i].has_secret;
	use_key(verify, 0);
	return verify;
}

void verify_free(struct verify *verify)
{
	if (!verify)
		return;
	chain_free(verify->chain);
	free(verify->sealed);
	OPENSSL_cleanse(verify->keys, sizeof(verify->keys));
	OPENSSL_cleanse(&verify->point, sizeof(verify->point));
	free(verify);
}

void verify_freep(struct verify **verify)
{
	verify_free(*verify);
	*verify = NULL;
}

void verify_file(struct verify *verify, size_t file)
{
	verify->file = file;
	verify->line = 0;
}

/* ---- findings */

/* Gives the finding's place among those kept, or FINDING_NONE. */
static size_t add(struct verify *verify, enum verify_kind kind, uint64_t first, uint64_t last)
{
	struct verify_result *result = &verify->result;

	*(verify_is_finding(kind) ? &result->findings_all : &result->notes) += 1;
	if (result->finding_count == VERIFY_FINDINGS_MAX)
		return FINDING_NONE;
	verify->findings[result->finding_count] = (struct verify_finding){
		.kind = kind,
		.first = first,
		.last = last,
		.file = verify->file,
		.line = verify->line,
	};
	return result->finding_count++;
}

static void add_detail(struct verify *verify, size_t at, const char *text, size_t len)
{
	if (at != FINDING_NONE)
		(void)snprintf(verify->findings[at].detail, sizeof(verify->findings[at].detail),
			       "%.*s", (int)(len < 63 ? len : 63), text);
}

/* A run of records of the same kind is one finding. */
static void add_run(struct verify *verify, enum verify_kind kind, uint64_t number)
{
	struct verify_result *result = &verify->result;
	struct verify_finding *before =
		result->finding_count > 0 ? &verify->findings[result->finding_count - 1] : NULL;

	if (before && before->kind == kind && before->last + 1 == number)
		before->last = number;
	else
		(void)add(verify, kind, number, number);
}

static void add_proven(struct verify *verify, uint64_t number)
{
	struct verify_result *result = &verify->result;

	result->proven_records++;
	if (result->proven_count > 0 && verify->proven[result->proven_count - 1].last + 1 == number)
		verify->proven[result->proven_count - 1].last = number;
	else if (result->proven_count < VERIFY_RANGES_MAX)
		verify->proven[result->proven_count++] = (struct verify_range){ number, number };
}

/* ---- checkpoints */

int verify_checkpoint(struct verify *verify, const struct checkpoint *checkpoint)
{
	struct checkpoint *more =
		reallocarray(verify->sealed, verify->sealed_count + 1, sizeof(*verify->sealed));

	if (!more)
		return -ENOMEM;
	verify->sealed = more;
	verify->sealed[verify->sealed_count++] = *checkpoint;
	return 0;
}

static const struct log_key_auditor *key_of(const struct verify *verify, const char *id, size_t len)
{
	for (size_t i = 0; i < verify->key_count; i++)
		if (strlen(verify->keys[i].id) == len && memcmp(verify->keys[i].id, id, len) == 0)
			return &verify->keys[i];
	return NULL;
}

/* True if it was signed by a key that was given; counts it, or says that it was not. */
static bool is_signed(struct verify *verify, const struct checkpoint *checkpoint)
{
	const struct log_key_auditor *key = key_of(verify, checkpoint->id, strlen(checkpoint->id));
	size_t at;

	if (key && checkpoint_check(key->public_key, checkpoint) == 0) {
		verify->result.checkpoints++;
		return true;
	}
	at = add(verify, key ? VERIFY_CHECKPOINT : VERIFY_OTHER_KEY, checkpoint->number,
		 checkpoint->number);
	if (key)
		add_detail(verify, at, checkpoint->time, strlen(checkpoint->time));
	else
		add_detail(verify, at, checkpoint->id, strlen(checkpoint->id));
	return false;
}

static int by_number(const void *a, const void *b)
{
	const struct checkpoint *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number ? 1 : 0;
}

/* Those without a good signature are told of once, and left out. */
static void sort_checkpoints(struct verify *verify)
{
	size_t kept = 0;

	verify->sorted = true;
	for (size_t i = 0; i < verify->sealed_count; i++)
		if (is_signed(verify, &verify->sealed[i]))
			verify->sealed[kept++] = verify->sealed[i];
	verify->sealed_count = kept;
	if (kept > 0)
		qsort(verify->sealed, kept, sizeof(*verify->sealed), by_number);
}

static void wrong_checkpoint(struct verify *verify, const struct checkpoint *checkpoint)
{
	size_t at = add(verify, VERIFY_CHECKPOINT, checkpoint->number, checkpoint->number);

	add_detail(verify, at, checkpoint->time, strlen(checkpoint->time));
}

static void hold_against_checkpoints(struct verify *verify, const struct line *line)
{
	while (verify->sealed_at < verify->sealed_count) {
		const struct checkpoint *sealed = &verify->sealed[verify->sealed_at];

		if (sealed->number > line->number)
			return;
		if (sealed->number == line->number &&
		    (!line->chained || memcmp(sealed->tag, line->tag, sizeof(line->tag)) != 0))
			wrong_checkpoint(verify, sealed);
		verify->sealed_at++;
	}
}

/* The log's own: seals the record just before it. */
static void check_own_checkpoint(struct verify *verify, const char *text, const struct line *line)
{
	struct checkpoint checkpoint;

	if (checkpoint_find(text, line->body, &checkpoint) < 0) {
		(void)add(verify, VERIFY_CHECKPOINT, line->number, line->number);
		return;
	}
	if (is_signed(verify, &checkpoint) &&
	    (checkpoint.number != line->number - 1 ||
	     (checkpoint.number == verify->last && verify->tag_known &&
	      memcmp(checkpoint.tag, verify->tag, sizeof(verify->tag)) != 0)))
		wrong_checkpoint(verify, &checkpoint);
}

/* ---- numbers */

/* A number that was passed already: it belongs into a hole, or is there twice. */
static void take_late(struct verify *verify, uint64_t number)
{
	for (size_t i = 0; i < verify->result.finding_count; i++) {
		struct verify_finding *hole = &verify->findings[i];

		if (hole->kind != VERIFY_MISSING || number < hole->first || number > hole->last)
			continue;
		/* once all of a hole are found nothing is missing there */
		if (++hole->found == hole->last - hole->first + 1) {
			hole->kind = VERIFY_KIND_COUNT;
			verify->result.findings_all--;
		}
		add_run(verify, VERIFY_REORDERED, number);
		return;
	}
	add_run(verify, VERIFY_DUPLICATED, number);
}

/* Numbers first to last are not there. told: the record behind them says so, and is proven (or
 * cannot be: without the secret key it is believed). */
static void take_hole(struct verify *verify, uint64_t first, uint64_t last, bool told,
		      const struct line *line)
{
	if (first > last)
		return;
	size_t at = add(verify, told ? VERIFY_GAP : VERIFY_MISSING, first, last);
	if (told)
		add_detail(verify, at, line->action, line->action_len);
}

/* ---- the chain */

struct opened {
	bool is, start;
	uint64_t previous;
	uint8_t tag[CHAIN_TAG_BYTES];
	const char *id;
	size_t id_len;
};

static void read_opened(const char *text, const struct line *line, struct opened *ret)
{
	static const uint8_t none[CHAIN_TAG_BYTES];
	struct opened opened = { 0 };
	const char *hex;
	size_t len;

	*ret = opened;
	if (!line_is(line, "log-opened") || !line->chained ||
	    line_text_member(text, line->body, "\"sekisho.key\":", &opened.id, &opened.id_len) <
		    0 ||
	    line_number_member(text, line->body,
			       "\"sekisho.previous.sequence\":", &opened.previous) < 0 ||
	    line_text_member(text, line->body, "\"sekisho.previous.chain\":", &hex, &len) < 0 ||
	    len != (size_t)2 * CHAIN_TAG_BYTES ||
	    chain_read_hex(hex, opened.tag, CHAIN_TAG_BYTES) < 0)
		return;
	opened.is = true;
	opened.start = memcmp(opened.tag, none, sizeof(none)) == 0;
	*ret = opened;
}

/* A chain begins, with the key that the record names. */
static void take_start(struct verify *verify, const struct opened *opened)
{
	const struct log_key_auditor *key = key_of(verify, opened->id, opened->id_len);

	verify->started = key != NULL;
	verify->foreign = !key;
	if (key) {
		use_key(verify, (size_t)(key - verify->keys));
		return;
	}
	add_detail(verify, add(verify, VERIFY_OTHER_KEY, verify->last + 1, verify->last + 1),
		   opened->id, opened->id_len);
}

/* True if the record's tag is right. */
static int prove(struct verify *verify, const char *text, const struct line *line, bool *ret)
{
	uint8_t tag[CHAIN_TAG_BYTES];
	int r = chain_pass(verify->chain, &verify->point, line->number - 1);

	*ret = false;
	if (r == 0)
		r = chain_tag(verify->chain, verify->point.key, verify->tag, text, line->body, tag);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	*ret = verify->tag_known && CRYPTO_memcmp(tag, line->tag, sizeof(tag)) == 0;
	if (!*ret && verify->tag_known && verify->doubtful) {
		/* perhaps only the tag of the record before was changed */
		uint8_t again[CHAIN_TAG_BYTES];

		r = chain_tag(verify->chain, verify->point.key, verify->other, text, line->body,
			      again);
		*ret = r == 0 && CRYPTO_memcmp(again, line->tag, sizeof(again)) == 0;
	}
	verify->doubtful = !*ret && verify->tag_known;
	memcpy(verify->other, tag, sizeof(tag));
	return r;
}

/* Records before any chain: as it must be if a chain begins behind them, else not. */
static void end_before(struct verify *verify, bool rightly)
{
	size_t at;

	if (verify->before_first == 0)
		return;
	at = add(verify, rightly ? VERIFY_BEFORE : VERIFY_UNCHAINED, verify->before_first,
		 verify->before_last);
	if (at != FINDING_NONE) {
		verify->findings[at].file = verify->before_file;
		verify->findings[at].line = verify->before_line;
	}
	verify->before_first = 0;
}

static void take_before(struct verify *verify, uint64_t number)
{
	if (verify->before_first == 0) {
		verify->before_first = number;
		verify->before_file = verify->file;
		verify->before_line = verify->line;
	}
	verify->before_last = number;
}

/* What stands before the record: its seal, if it begins a file. */
static void take_seal(struct verify *verify, const char *text, const struct line *line,
		      const struct opened *opened)
{
	const char *name = "";
	size_t len = 0, at;

	if (verify->begun && opened->previous == verify->last && verify->tag_known &&
	    memcmp(opened->tag, verify->tag, sizeof(opened->tag)) != 0 && !opened->start) {
		(void)line_text_member(text, line->body, "\"sekisho.previous.file\":", &name, &len);
		at = add(verify, VERIFY_SEAL, line->number, line->number);
		add_detail(verify, at, name, len);
	}
	memcpy(verify->tag, opened->tag, sizeof(verify->tag));
	verify->tag_known = true;
	verify->doubtful = false;
}

/* The numbers between the record before and this one. proven: so is this one. */
static void take_numbers(struct verify *verify, const char *text, const struct line *line,
			 const struct opened *opened, bool proven)
{
	uint64_t from = verify->last + 1, count = 0;
	const uint64_t to = line->number - 1;
	const bool believed = proven || !verify->with_secret;

	(void)line_number_member(text, line->body, "\"sekisho.count\":", &count);
	/* A seal names the record that it goes on from: what is missing before it has no excuse. */
	if (opened->is && opened->previous >= from && opened->previous <= to) {
		take_hole(verify, from, opened->previous, false, line);
		from = opened->previous + 1;
	}
	if (from <= to)
		take_hole(verify, from, to,
			  believed && count == to - from + 1 &&
				  (opened->is || line_is(line, "log-gap") ||
				   line_is(line, "log-cut") || line_is(line, "log-lost")),
			  line);
}

static int take_chained(struct verify *verify, const char *text, const struct line *line,
			const struct opened *opened)
{
	const struct log_key_auditor *key = &verify->keys[verify->key];
	const bool hole = verify->begun && line->number != verify->last + 1;
	/* nobody knows the tag that it builds on; the key's first record builds on none */
	const bool alone =
		(!verify->tag_known && (verify->begun || line->number > key->first + 1)) ||
		(hole && !opened->is);
	const bool secret = key->has_secret;
	bool proven = false;
	int r = 0;

	if (opened->is)
		take_seal(verify, text, line, opened);
	if (secret)
		r = prove(verify, text, line, &proven);
	if (r < 0)
		return r;
	take_numbers(verify, text, line, opened, proven);
	if (proven)
		add_proven(verify, line->number);
	else if (secret)
		add_run(verify, alone && !opened->is ? VERIFY_UNPROVEN : VERIFY_ALTERED,
			line->number);
	if (line_is(line, "log-checkpoint"))
		check_own_checkpoint(verify, text, line);
	return 0;
}

/* Which chain does the record belong to? */
static void take_side(struct verify *verify, const struct line *line, const struct opened *opened)
{
	const struct log_key_auditor *now = &verify->keys[verify->key];

	if (opened->is && (opened->start || verify->foreign ||
			   key_of(verify, opened->id, opened->id_len) != now)) {
		/* a key begins one chain, not another one later */
		if (opened->start && verify->started &&
		    key_of(verify, opened->id, opened->id_len) == now)
			(void)add(verify, VERIFY_SEAL, line->number, line->number);
		take_start(verify, opened);
		end_before(verify, opened->start);
		return;
	}
	if (verify->started || verify->foreign)
		return;
	if (line->chained) {
		verify->started = true;
		end_before(verify, false);
	}
}

static void note_begin(struct verify *verify, const struct line *line)
{
	if (verify->begun)
		return;
	verify->result.first = line->number;
	for (size_t i = 0; i < verify->key_count; i++)
		if (verify->keys[i].first < line->number &&
		    verify->keys[i].first >= verify->keys[verify->key].first)
			use_key(verify, i);
	if (line->number > verify->keys[verify->key].first + 1 && line->number > 1)
		(void)add(verify, VERIFY_BEGIN, 1, line->number - 1);
	verify->last = line->number - 1;
}

/* A line that is no record is explained by the record behind it, or is damage. */
static void settle_damage(struct verify *verify, const struct line *line)
{
	size_t at;

	if (!verify->damaged)
		return;
	verify->damaged = false;
	if (line && line_is(line, "log-cut"))
		return;
	at = add(verify, VERIFY_DAMAGED, 0, 0);
	if (at != FINDING_NONE) {
		verify->findings[at].file = verify->damaged_file;
		verify->findings[at].line = verify->damaged_line;
	}
}

static int take_record(struct verify *verify, const char *text, const struct line *line)
{
	struct opened opened;
	int r = 0;

	read_opened(text, line, &opened);
	note_begin(verify, line);
	take_side(verify, line, &opened);
	hold_against_checkpoints(verify, line);
	if (!verify->started || verify->foreign) {
		take_numbers(verify, text, line, &opened, true);
		if (!line->chained)
			take_before(verify, line->number);
	} else if (line->chained) {
		r = take_chained(verify, text, line, &opened);
	} else {
		take_numbers(verify, text, line, &opened, false);
		add_run(verify, VERIFY_UNCHAINED, line->number);
	}
	verify->tag_known = line->chained;
	memcpy(verify->tag, line->tag, sizeof(verify->tag));
	verify->begun = true;
	verify->last = line->number;
	return r;
}

/* Stepping the key that far would take for ever. */
static bool is_too_far(const struct verify *verify, uint64_t number)
{
	const uint64_t from = verify->begun ? verify->last : verify->keys[0].first;

	return number > from && number - from > (verify->begun ? STEPS_MAX : FIRST_STEPS_MAX);
}

int verify_line(struct verify *verify, const char *text, size_t len, bool whole)
{
	struct line line;

	if (!verify->sorted)
		sort_checkpoints(verify);
	verify->line++;
	if (!whole || line_parse(text, len, &line) < 0 || is_too_far(verify, line.number)) {
		settle_damage(verify, NULL);
		verify->damaged = true;
		verify->damaged_file = verify->file;
		verify->damaged_line = verify->line;
		return 0;
	}
	verify->result.records++;
	settle_damage(verify, &line);
	if (!verify->begun || line.number > verify->last)
		return take_record(verify, text, &line);
	take_late(verify, line.number);
	return 0;
}

void verify_end(struct verify *verify, struct verify_result *ret)
{
	if (!verify->sorted)
		sort_checkpoints(verify);
	settle_damage(verify, NULL);
	end_before(verify, false);
	if (verify->sealed_at < verify->sealed_count) {
		/* the furthest one says most */
		const struct checkpoint *furthest = &verify->sealed[verify->sealed_count - 1];
		size_t at = add(verify, VERIFY_TRUNCATED, verify->last + 1, furthest->number);

		add_detail(verify, at, furthest->time, strlen(furthest->time));
	}
	verify->result.last = verify->last;
	verify->result.findings = verify->findings;
	verify->result.proven = verify->proven;
	verify->result.with_secret = verify->with_secret;
	*ret = verify->result;
}
