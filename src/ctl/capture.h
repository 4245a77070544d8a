/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capture files: from pcap or pcapng to whole IP packets. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "inspect/defrag.h"

#define CAPTURE_ERROR_MAX 512

/* Called for each packet, in the file's order; the packet is borrowed until it returns. time_us:
 * since 1970, as the file has it. */
typedef void capture_sink(const struct defrag_packet *packet, uint64_t time_us, void *data);

struct capture_counts {
	uint64_t frames, bytes; /* read; bytes as they are in the file */
	uint64_t other;         /* frames of other protocols than IP */
	uint64_t broken;        /* frames whose headers do not hold together */
	uint64_t incomplete;    /* fragments whose packet never became whole, or was given up */
};

/* Reads file (which it takes, and closes) to its end. Memory does not depend on its size. 0; or
 * -EBADMSG for what is no capture, is damaged or cut off, -EPROTONOSUPPORT for frames of a link
 * type that is not known, -ENOMEM: then error holds a sentence, and what came before has been
 * handed on. *ret is written either way. */
int capture_read(FILE *file, capture_sink *sink, void *data, struct capture_counts *ret,
		 char error[CAPTURE_ERROR_MAX]);
