/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the kernel for the number of its rules. */
#include "kernel/generation.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "kernel/attr.h"
#include "kernel/nlsock.h"

static int take_generation(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[NFTA_GEN_MAX + 1];

	if (!attr_index(message, sizeof(struct nfgenmsg), attrs, NFTA_GEN_MAX) ||
	    !attrs[NFTA_GEN_ID])
		return -EBADMSG;
	*(uint32_t *)data = attr_u32(attrs[NFTA_GEN_ID], 0);
	return 0;
}

int generation_read(struct nlsock *sock, uint32_t *ret)
{
	_Alignas(struct nlmsghdr) char buffer[64] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
	family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	family->nfgen_family = AF_UNSPEC;
	family->version = NFNETLINK_V0;
	return nlsock_request(sock, message, take_generation, ret);
}
