/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sd_notify(3), or nothing. */
#include "broker/notify.h"

#ifdef HAVE_LIBSYSTEMD
#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "common/log.h"
#include "common/loop.h"
#include "common/mono.h"

static void feed(uint64_t runs, void *data)
{
	(void)runs;
	(void)data;
	(void)sd_notify(0, "WATCHDOG=1");
}

void notify_start(struct notify *notify, struct loop *loop)
{
	uint64_t period_us = 0;

	notify->loop = loop;
	notify->timer = -1;
	if (sd_watchdog_enabled(0, &period_us) <= 0)
		return;
	/* three times in each period, so that one late turn does no harm */
	notify->timer = loop_add_timer(loop, (uint32_t)(period_us / 3000) + 1, true, feed, notify);
	if (notify->timer < 0)
		log_warning("cannot feed the watchdog; it will end us");
}

void notify_ready(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_reloading(void)
{
	const struct timespec now = mono_now();

	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			 (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U);
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void notify_status(const char *status)
{
	(void)sd_notifyf(0, "STATUS=%s", status);
}

#else

void notify_start(struct notify *notify, struct loop *loop)
{
	notify->loop = loop;
	notify->timer = -1;
}

void notify_ready(const char *status)
{
	(void)status;
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

void notify_status(const char *status)
{
	(void)status;
}

#endif
