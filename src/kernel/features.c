/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel can do, found out by trying in a transaction that is never committed. */
#include "kernel/features.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "kernel/batch.h"
#include "kernel/nlsock.h"
#include "kernel/set.h"
#include "kernel/statement.h"
#include "kernel/table.h"

/* A queue and a log group that nobody uses: asking for their state shows whether the subsystem is
 * there. */
#define UNUSED_NUMBER 65533U
#define REQUEST_BYTES 64U

#define PROBE_TABLE "sekisho_probe"
#define PROBE_CHAIN "probe"

static const struct ruleset_statement connmark = { .kind = MATCH_CT_MARK, .mask = 1, .value = 1 };
static const struct ruleset_statement logs = { .kind = ACT_LOG, .value = UNUSED_NUMBER };
static const struct ruleset_statement rejects = { .kind = ACT_REJECT_ADMIN };
static const struct ruleset_statement snats = { .kind = ACT_SNAT4,
						.address = { .family = 4, .b = { 192, 0, 2, 1 } } };
static const struct ruleset_statement queues = { .kind = ACT_QUEUE, .value = 0, .mask = 1 };

/* Does a request of this type find somebody? Any answer but the one for unknown types will do. */
static int try_link(struct nlsock *sock, uint16_t subsystem, uint16_t type, bool *ret)
{
	char buffer[REQUEST_BYTES] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	int r;

	message->nlmsg_type = (uint16_t)(subsystem << 8 | type);
	family->nfgen_family = AF_UNSPEC;
	family->version = NFNETLINK_V0;
	family->res_id = htons(UNUSED_NUMBER);
	r = nlsock_request(sock, message, NULL, NULL);
	if (r == -EPERM || r == -ENOMEM || r == -ETIMEDOUT)
		return r;
	*ret = r != -EINVAL;
	return 0;
}

static int try_links(struct nlsock *sock, struct features *f)
{
	int r = try_link(sock, NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG, &f->queue_link);

	if (r == 0)
		r = try_link(sock, NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG, &f->log_link);
	if (r == 0)
		r = try_link(sock, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS,
			     &f->conntrack_link);
	return r;
}

/* Would the kernel take this batch? Only a lack of rights or memory is an error. */
static int try_batch(struct nlsock *sock, struct batch *batch, bool *ret)
{
	int r = batch_send(batch, sock, false, NULL);

	if (r == -EPERM || r == -ENOMEM || r == -ENOBUFS || r == -ENOMSG)
		return r;
	*ret = r == 0;
	return 0;
}

/* Would it take a rule of this statement in a chain at this hook? */
static int try_statement(struct nlsock *sock, enum ruleset_hook hook, enum apply_queue queue,
			 const struct ruleset_statement *statement, bool *ret)
{
	const struct ruleset_chain chain = { .name = PROBE_CHAIN, .hook = hook };
	struct ruleset_rule rule = { .count = 1 };
	auto_(batch_freep) struct batch *batch = NULL;
	struct statement_context context = { .queue = queue, .next_set_id = 1 };
	int r = batch_new(PROBE_TABLE, &batch);

	rule.statements[0] = *statement;
	context.batch = batch;
	if (r == 0)
		r = table_put(batch, NFT_MSG_NEWTABLE);
	if (r == 0)
		r = table_put_chain(batch, &chain);
	if (r == 0)
		r = statement_put_rule(&context, PROBE_CHAIN, 1, &rule);
	return r < 0 ? r : try_batch(sock, batch, ret);
}

/* The table alone, and with a set of ranges over two fields. */
static int try_tables(struct nlsock *sock, struct features *f)
{
	const struct ruleset_set set = { .name = PROBE_CHAIN,
					 .key = { FIELD_SADDR4, FIELD_DPORT },
					 .key_fields = 2,
					 .interval = true };
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(PROBE_TABLE, &batch);

	if (r == 0)
		r = table_put(batch, NFT_MSG_NEWTABLE);
	if (r == 0)
		r = try_batch(sock, batch, &f->tables);
	if (r == 0)
		r = set_put_definition(batch, &set, 1);
	return r < 0 ? r : try_batch(sock, batch, &f->intervals);
}

static int try_rules(struct nlsock *sock, struct features *f)
{
	int r = try_statement(sock, HOOK_FORWARD, APPLY_QUEUE_DROP, &connmark, &f->connmark);

	if (r == 0)
		r = try_statement(sock, HOOK_FORWARD, APPLY_QUEUE_DROP, &logs, &f->log);
	if (r == 0)
		r = try_statement(sock, HOOK_FORWARD, APPLY_QUEUE_DROP, &rejects, &f->reject);
	if (r == 0)
		r = try_statement(sock, HOOK_POSTROUTING_NAT, APPLY_QUEUE_DROP, &snats, &f->nat);
	return r;
}

static int try_queue(struct nlsock *sock, struct features *f)
{
	bool found = false;
	int r = try_statement(sock, HOOK_FORWARD, APPLY_QUEUE_NATIVE, &queues, &found);

	if (r == 0 && found) {
		f->queue = FEATURES_QUEUE_NATIVE;
		return 0;
	}
	if (r == 0)
		r = try_statement(sock, HOOK_FORWARD, APPLY_QUEUE_COMPAT, &queues, &found);
	if (r == 0)
		f->queue = found ? FEATURES_QUEUE_COMPAT : FEATURES_QUEUE_NONE;
	return r;
}

int features_probe(struct features *ret)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct features found = { .queue = FEATURES_QUEUE_NONE };
	int r = nlsock_open(&sock);

	if (r == 0)
		r = try_tables(sock, &found);
	if (r == 0)
		r = try_rules(sock, &found);
	if (r == 0)
		r = try_queue(sock, &found);
	if (r == 0)
		r = try_links(sock, &found);
	if (r == 0)
		*ret = found;
	return r;
}

static const char *queue_slug(enum features_queue queue)
{
	switch (queue) {
	case FEATURES_QUEUE_NONE:
		return "none";
	case FEATURES_QUEUE_NATIVE:
		return "native";
	case FEATURES_QUEUE_COMPAT:
		return "compat";
	}
	return "none";
}

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

char *features_text(const struct features *f, char *out)
{
	(void)snprintf(out, FEATURES_TEXT_MAX,
		       "queue=%s tables=%s intervals=%s connmark=%s log=%s reject=%s nat=%s "
		       "queue_link=%s log_link=%s conntrack_link=%s",
		       queue_slug(f->queue), yes_no(f->tables), yes_no(f->intervals),
		       yes_no(f->connmark), yes_no(f->log), yes_no(f->reject), yes_no(f->nat),
		       yes_no(f->queue_link), yes_no(f->log_link), yes_no(f->conntrack_link));
	return out;
}

bool features_suffice(const struct features *f, bool want_nat, struct errors *errors)
{
	const struct {
		bool there;
		const char *text;
	} needs[] = {
		{ f->tables, N_("the kernel has no nf_tables for the inet family: it needs "
				"CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET") },
		{ f->intervals, N_("the kernel has no sets of ranges over several fields: it must "
				   "be Linux 5.6 or later") },
		{ f->connmark, N_("rules cannot match connection marks: the kernel needs "
				  "CONFIG_NFT_CT and CONFIG_NF_CONNTRACK_MARK") },
		{ f->log, N_("rules cannot log: the kernel needs CONFIG_NFT_LOG") },
		{ f->reject, N_("rules cannot reject: the kernel needs CONFIG_NFT_REJECT and "
				"CONFIG_NFT_REJECT_INET") },
		{ f->nat || !want_nat, N_("source addresses cannot be translated: the kernel needs "
					  "CONFIG_NFT_NAT and CONFIG_NF_NAT") },
		{ f->queue != FEATURES_QUEUE_NONE,
		  N_("rules cannot send packets to a queue: the kernel needs CONFIG_NFT_QUEUE, or "
		     "in its place CONFIG_NFT_COMPAT and "
		     "CONFIG_NETFILTER_XT_TARGET_NFQUEUE") },
		{ f->queue_link, N_("queues cannot be read: the kernel needs "
				    "CONFIG_NETFILTER_NETLINK_QUEUE") },
		{ f->log_link, N_("the log of rules cannot be read: the kernel needs "
				  "CONFIG_NETFILTER_NETLINK_LOG") },
		{ f->conntrack_link, N_("open flows cannot be walked: the kernel needs "
					"CONFIG_NF_CT_NETLINK") },
	};
	bool suffice = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		if (needs[i].there)
			continue;
		errors_add(errors, NULL, 0, "%s", _(needs[i].text));
		suffice = false;
	}
	return suffice;
}
