/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other tables than ours could do to what ours decides. */
#pragma once

#include "kernel/nlsock.h"
#include "kernel/readback.h"

/* No other table can permit what ours refuses: a refusal is final. But it can write the marks that
 * ours goes by, rewrite packets that ours has let through, hand them to programs that do, and take
 * flows off the way on which ours stands. Whatever is not known to do nothing of the kind
 * (kernel/readback_harmless.h) is told; so are verdicts in its maps. 0; -EBADMSG with *trouble: a
 * rule of another table does; -ENOMEM; -errno of netlink. */
int readback_others(struct nlsock *sock, struct readback_trouble *trouble);
