/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says what the inspection reads in bytes: for tests that hold it against other readers.
 *
 * Standard input: questions, each a byte 'h' (HTTP requests) or 't' (TLS), the number of bytes that
 * follow (32 bits, network order), and these. Standard output: one line for each. TLS: "name NAME",
 * "refuse REASON" or "more". HTTP: for each request "NAME@OFFSET", the offset being that behind its
 * head; then "refuse@OFFSET REASON", "more@OFFSET" or "end@OFFSET": what comes before that offset
 * was let go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/reason.h"
#include "inspect/http.h"
#include "inspect/tls.h"
#include "policy/names.h"

#define QUESTION_MAX 262144

static void read_tls(const uint8_t *data, size_t len)
{
	static uint8_t scratch[TLS_HELLO_MAX];
	char name[NAMES_MAX + 1];
	struct tls_hello hello;
	enum reason reason = REASON_NONE;

	switch (tls_read(data, len, scratch, &hello, &reason)) {
	case TLS_MORE:
		puts("more");
		return;
	case TLS_REFUSE:
		printf("refuse %s\n", reason_info(reason)->slug);
		return;
	case TLS_HELLO:
		break;
	}
	if (names_normalise((const char *)hello.name, hello.name_len, false, name) == NAMES_OK)
		printf("name %s\n", name);
	else
		printf("refuse %s\n", reason_info(REASON_NAME_INVALID)->slug);
}

/* One byte more at a time, as a client may send it that wants as much as can be to go through. */
static void read_http(const uint8_t *data, size_t len)
{
	struct http http = { .phase = HTTP_HEAD };
	struct http_head head;
	enum reason reason;
	size_t at = 0, used;

	for (size_t shown = 1; shown <= len; shown++) {
		if (shown <= at)
			continue;
		switch (http_read(&http, data + at, shown - at, &used, &head, &reason)) {
		case HTTP_REQUEST:
			printf("%s@%zu ", head.name, at + used);
			break;
		case HTTP_MORE:
			break;
		case HTTP_REFUSE:
			printf("refuse@%zu %s\n", at, reason_info(reason)->slug);
			return;
		}
		at += used;
	}
	printf("%s@%zu\n", at == len && http.phase == HTTP_HEAD ? "end" : "more", at);
}

int main(void)
{
	static uint8_t data[QUESTION_MAX];
	uint8_t head[5];

	while (fread(head, sizeof(head), 1, stdin) == 1) {
		const size_t len = (size_t)head[1] << 24 | (size_t)head[2] << 16 |
				   (size_t)head[3] << 8 | head[4];

		if (len > sizeof(data) || fread(data, 1, len, stdin) != len) {
			fputs("read_bytes: a question is cut short or too long\n", stderr);
			return EXIT_FAILURE;
		}
		if (head[0] == 't')
			read_tls(data, len);
		else
			read_http(data, len);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}
