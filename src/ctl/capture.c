/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads captures by libpcap, frame by frame. */
#include "ctl/capture.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <pcap/pcap.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "inspect/link.h"

struct reader {
	pcap_t *pcap;
	struct defrag *defrag;
	enum link_kind kind;
	uint64_t now_ms; /* never goes back, whatever the file says */
	capture_sink *sink;
	void *data;
	struct capture_counts *counts;
};

static const struct {
	int type; /* of libpcap */
	enum link_kind kind;
} kinds[] = {
	{ DLT_EN10MB, LINK_ETHERNET },   { DLT_RAW, LINK_RAW },
	{ DLT_IPV4, LINK_RAW },          { DLT_IPV6, LINK_RAW },
	{ DLT_LINUX_SLL, LINK_COOKED1 }, { DLT_LINUX_SLL2, LINK_COOKED2 },
	{ DLT_NULL, LINK_LOOPBACK },     { DLT_LOOP, LINK_LOOPBACK },
	{ DLT_PPP, LINK_PPP },           { DLT_PPP_SERIAL, LINK_PPP },
	{ DLT_PPP_ETHER, LINK_PPPOE },   { DLT_C_HDLC, LINK_CHDLC },
};

static enum link_kind kind_of(int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].kind;
	return LINK_KIND_COUNT;
}

static void take_frame(struct reader *r, const struct pcap_pkthdr *header, const uint8_t *bytes)
{
	uint64_t time_us = (uint64_t)header->ts.tv_sec * 1000000 + (uint64_t)header->ts.tv_usec;
	struct link_payload payload;
	struct defrag_packet packet;

	r->counts->frames++;
	r->counts->bytes += header->caplen;
	if (time_us / 1000 > r->now_ms)
		r->now_ms = time_us / 1000;
	switch (link_read(r->kind, bytes, header->caplen, &payload)) {
	case LINK_IP:
		break;
	case LINK_OTHER:
		r->counts->other++;
		return;
	case LINK_BROKEN:
		r->counts->broken++;
		return;
	}
	switch (defrag_take(r->defrag, payload.data, payload.len, r->now_ms, &packet)) {
	case DEFRAG_WHOLE:
		r->sink(&packet, time_us, r->data);
		break;
	case DEFRAG_BROKEN:
		r->counts->broken++;
		break;
	case DEFRAG_WAITS:
	case DEFRAG_REFUSED:
		break;
	}
}

static int take_frames(struct reader *r, char error[CAPTURE_ERROR_MAX])
{
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int got;

	while ((got = pcap_next_ex(r->pcap, &header, &bytes)) == 1)
		take_frame(r, header, bytes);
	if (got == PCAP_ERROR_BREAK)
		return 0;
	(void)snprintf(error, CAPTURE_ERROR_MAX, _("after %llu frames: %s"),
		       (unsigned long long)r->counts->frames, pcap_geterr(r->pcap));
	return -EBADMSG;
}

static int read_frames(struct reader *r, char error[CAPTURE_ERROR_MAX])
{
	int type = pcap_datalink(r->pcap), err;
	const char *name = pcap_datalink_val_to_name(type);

	r->kind = kind_of(type);
	if (r->kind == LINK_KIND_COUNT) {
		(void)snprintf(error, CAPTURE_ERROR_MAX,
			       _("frames of link type %d (%s) cannot be read; expected Ethernet, "
				 "Linux cooked, raw IP, loopback, PPP, PPPoE or Cisco HDLC"),
			       type, name == NULL ? "?" : name);
		return -EPROTONOSUPPORT;
	}
	r->defrag = defrag_new();
	if (r->defrag == NULL) {
		(void)snprintf(error, CAPTURE_ERROR_MAX, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	err = take_frames(r, error);
	r->counts->incomplete = defrag_incomplete(r->defrag);
	defrag_free(r->defrag);
	return err;
}

int capture_read(FILE *file, capture_sink *sink, void *data, struct capture_counts *ret,
		 char error[CAPTURE_ERROR_MAX])
{
	struct reader r = { .sink = sink, .data = data, .counts = ret };
	char fault[PCAP_ERRBUF_SIZE] = "";
	int err;

	*ret = (struct capture_counts){ 0 };
	r.pcap = pcap_fopen_offline(file, fault);
	if (r.pcap == NULL) {
		(void)snprintf(error, CAPTURE_ERROR_MAX, _("this is no capture: %s"), fault);
		(void)fclose(file);
		return -EBADMSG;
	}
	err = read_frames(&r, error);
	pcap_close(r.pcap);
	return err;
}
