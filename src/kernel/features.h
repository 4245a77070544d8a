/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel can do, found out by trying in a transaction that is never committed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct errors;
struct nlsock;

/* How packets get into a queue. */
enum features_queue {
	FEATURES_QUEUE_NONE,
	FEATURES_QUEUE_NATIVE, /* the nf_tables expression (CONFIG_NFT_QUEUE) */
	FEATURES_QUEUE_COMPAT, /* the xtables target NFQUEUE through nft_compat */
};

struct features {
	enum features_queue queue;
	bool tables;         /* nf_tables with the inet family */
	bool intervals;      /* sets with concatenated ranges */
	bool connmark;       /* connection marks in rules */
	bool log;            /* rules that log to a group */
	bool reject;         /* rules that reject */
	bool nat;            /* source translation in inet chains */
	bool queue_link;     /* nfnetlink_queue */
	bool log_link;       /* nfnetlink_log */
	bool conntrack_link; /* nfnetlink conntrack */
};

/* Tries all in the current network namespace; leaves nothing behind. 0 and *ret, or -errno where it
 * could not be found out
 * (-EPERM: no CAP_NET_ADMIN), *ret untouched. */
int features_probe(struct features *ret);

#define FEATURES_TEXT_MAX 256

/* One line ("queue=native intervals=yes ...") into out (FEATURES_TEXT_MAX); returns out. */
char *features_text(const struct features *features, char *out);

/* Adds a sentence for each thing that is missing, with the kernel options that would bring it.
 * want_nat: source translation is needed too. True if nothing is. */
bool features_suffice(const struct features *features, bool want_nat, struct errors *errors);
