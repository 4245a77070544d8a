/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a log by the real writer, chained or not, and tells how long a record took: for the tests
 * that then damage it, and to measure.
 *
 * usage: bench_log FOLDER KEY|- RECORDS [BATCH [ROTATE]]: BATCH records a write (default 32); after
 * each ROTATE records the file goes on under another name (decisions.jsonl.0001, …). Checkpoints
 * are made each 10,000 records, and appended to FOLDER/checkpoints. */

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/checkpoint.h"
#include "audit/keeper.h"
#include "audit/writer.h"
#include "common/mark.h"
#include "common/mono.h"
#include "policy/policy.h"

#define CHECKPOINT_EACH 10000

struct plan {
	const char *folder;
	unsigned long records, batch, rotate;
	unsigned int rotations;
};

static struct policy_service service = { .name = (char[]){ "m365-files" } };

/* Decisions as a city's appliance makes them, one in eight refused. */
static void fill(struct record *record, struct decide_result *result, struct flow_key *key,
		 unsigned long i)
{
	size_t flows;

	*result = (struct decide_result){
		.permitted = i % 8 != 0,
		.reason = i % 8 != 0 ? REASON_PERMITTED_NAME : REASON_FOREIGN_TENANT,
		.mark = MARK_OPEN | MARK_INSPECTED,
		.from_zone = ZONE_LGWAN,
		.to_zone = ZONE_EXTERNAL,
		.from_role = (enum role)0,
		.to_role = (enum role)1,
		.flow = guideline_flows(&flows),
		.service = &service,
		.pattern = "reiji-city.sharepoint.com",
	};
	*key = (struct flow_key){
		.src = { .family = 4, .b = { 192, 168, 10, (uint8_t)(i % 250) } },
		.dst = { .family = 4, .b = { 198, 51, 100, 130 } },
		.sport = (uint16_t)(1024 + i % 60000),
		.dport = 443,
		.l4proto = IPPROTO_TCP,
	};
	*record = (struct record){
		.kind = RECORD_DECISION,
		.time = mono_real(),
		.policy_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		.appliance = "lbo-fw-1",
		.organisation = "例示市",
		.key = key,
		.result = result,
		.app = APP_TLS,
		.name = i % 8 != 0 ? "reiji-city.sharepoint.com" : "other-city.sharepoint.com",
		.in_interface = "lgwan0",
		.out_interface = "wan0",
	};
}

static int rotate(struct writer *writer, struct plan *plan)
{
	char from[512], to[600];

	(void)snprintf(from, sizeof(from), "%s/" WRITER_FILE_NAME, plan->folder);
	(void)snprintf(to, sizeof(to), "%s.%04u", from, ++plan->rotations);
	int r = writer_flush(writer);
	if (r == 0 && rename(from, to) < 0)
		r = -errno;
	return r == 0 ? writer_reopen(writer) : r;
}

static int seal(struct writer *writer, const struct plan *plan)
{
	char path[512], text[CHECKPOINT_TEXT_MAX];
	struct checkpoint checkpoint;
	int r = writer_checkpoint(writer, &checkpoint);

	if (r < 0)
		return r == -ENOTSUP || r == -EALREADY ? 0 : r;
	(void)checkpoint_text(&checkpoint, text);
	(void)snprintf(path, sizeof(path), "%s/checkpoints", plan->folder);
	FILE *file = fopen(path, "a");
	if (!file)
		return -errno;
	(void)fprintf(file, "Nov 22 12:00:00 lbo-fw-1 sekishod[1]: %s\n", text);
	return fclose(file) == 0 ? 0 : -errno;
}

static int write_all(struct writer *writer, struct plan *plan)
{
	struct decide_result result;
	struct flow_key key;
	struct record record;
	int r = 0;

	for (unsigned long i = 1; i <= plan->records && r == 0; i++) {
		fill(&record, &result, &key, i);
		r = writer_add(writer, &record);
		if (r == 0 && i % plan->batch == 0)
			r = writer_flush(writer);
		if (r == 0 && i % CHECKPOINT_EACH == 0)
			r = seal(writer, plan);
		if (r == 0 && plan->rotate && i % plan->rotate == 0 && i < plan->records)
			r = rotate(writer, plan);
	}
	if (r == 0)
		r = writer_flush(writer);
	return r;
}

int main(int argc, char **argv)
{
	struct plan plan = { .batch = 32 };
	struct keeper *keeper = NULL;
	struct writer_counts counts;

	if (argc < 4) {
		(void)fputs("usage: bench_log FOLDER KEY|- RECORDS [BATCH [ROTATE]]\n", stderr);
		return 2;
	}
	plan.folder = argv[1];
	plan.records = strtoul(argv[3], NULL, 10);
	if (argc > 4 && strtoul(argv[4], NULL, 10) > 0)
		plan.batch = strtoul(argv[4], NULL, 10);
	if (argc > 5)
		plan.rotate = strtoul(argv[5], NULL, 10);
	int r = strcmp(argv[2], "-") == 0 ? 0 : keeper_open(argv[2], &keeper);
	struct writer *writer = r == 0 ? writer_new_chained(plan.folder, keeper) : NULL;
	if (writer)
		r = writer_failure(writer);
	else if (r == 0)
		r = -ENOMEM;
	struct timespec begin = mono_now(), end;
	if (r == 0)
		r = write_all(writer, &plan);
	end = mono_now();
	if (r < 0) {
		(void)fprintf(stderr, "bench_log: %s\n", strerror(-r));
		writer_free(writer);
		return EXIT_FAILURE;
	}
	writer_counts(writer, &counts);
	(void)printf("%lu records, %.0f ns each, %.0f bytes each, batches of %lu, %s\n",
		     plan.records, (double)mono_between_ns(&begin, &end) / (double)plan.records,
		     (double)counts.bytes / (double)counts.written, plan.batch,
		     writer_key_id(writer) ? "chained" : "not chained");
	writer_free(writer);
	return EXIT_SUCCESS;
}
