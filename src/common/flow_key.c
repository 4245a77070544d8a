/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for what a flow carries. */
#include "common/flow_key.h"

#include <assert.h>

#include "common/defs.h"

static const char *const slugs[] = {
	[APP_NONE] = "none",
	[APP_TLS] = "tls",
	[APP_HTTP] = "http",
	[APP_QUIC] = "quic",
	[APP_QUIC_REFUSED] = "quic-refused",
};
_Static_assert(ARRAY_SIZE(slugs) == APP_COUNT, "each app has its word");

const char *app_slug(enum app app)
{
	assert(app < APP_COUNT);
	return slugs[app < APP_COUNT ? app : APP_NONE];
}
