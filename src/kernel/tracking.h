/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How strictly the kernel's connection tracking takes TCP: settings that others may change. */
#pragma once

/* A setting that could not be read is TRACKING_UNKNOWN. */
enum tracking_setting { TRACKING_UNKNOWN, TRACKING_OFF, TRACKING_ON };

struct tracking {
	enum tracking_setting checksum; /* nf_conntrack_checksum: packets with bad checksums are
					   invalid; wanted on */
	enum tracking_setting liberal;  /* nf_conntrack_tcp_be_liberal: segments outside of the
					   window are not; wanted off */
};

#define TRACKING_FOLDER "/proc/sys/net/netfilter"

/* Reads the settings of this network namespace from the files of a folder (TRACKING_FOLDER; others
 * in tests). Never fails: what cannot be read is unknown. nf_conntrack_tcp_loose does not matter: a
 * TCP flow begins with a SYN or is refused, whatever the kernel would make of it. Source: linux
 * Documentation/networking/nf_conntrack-sysctl.rst. */
void tracking_read(const char *folder, struct tracking *ret);
