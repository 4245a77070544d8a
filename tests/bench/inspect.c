/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading one message costs, beside libndpi on the same packets; and whether that grows with
 * the number of undecided flows, or of permitted names.
 *
 * The samples are what real clients said: files of the fuzz targets' corpora, under $SRCDIR. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/packets.h"
#include "../unit/quic_packets.h"
#include "common/defs.h"
#include "common/errors.h"
#include "common/mark.h"
#include "common/mono.h"
#include "common/pages.h"
#include "inspect/flows.h"
#include "inspect/http_head.h"
#include "inspect/inspector.h"
#include "inspect/packet.h"
#include "inspect/tls.h"
#include "peer.h"
#include "policy/decide.h"
#include "policy/names.h"
#include "policy/policy.h"

#define NAME    "reiji-city.sharepoint.com"
#define SEGMENT 1400 /* bytes that fit a usual segment */
#define ROUNDS  301
#define FLOWS   16 /* as many as stay in the cache, as for libndpi */
#define TARGET  40.0
#define FLAT    8.0 /* reads of memory that a look-up may cost, whatever the size */
#define REPEATS 64

#define RECORD_HEADER 5
#define QUIC_PART     1100 /* bytes of a hello that fit a datagram of 1,200 */

static struct event last;
static unsigned long long named;

static void emit(const struct event *event, void *data)
{
	(void)data;
	if (event->type != EVENT_NAME)
		return;
	named++;
	last = *event;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

/* --- one message ------------------------------------------------------------------------------ */

static size_t read_corpus(const char *path, uint8_t *out, size_t max)
{
	const char *top = getenv("SRCDIR");
	char full[4096];
	size_t len;
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/tests/fuzz/corpus/%s", top ? top : ".", path);
	f = fopen(full, "rb");
	if (f == NULL) {
		(void)fprintf(stderr, "%s: %s\n", full, strerror(errno));
		exit(EXIT_FAILURE);
	}
	len = fread(out, 1, max, f);
	(void)fclose(f);
	return len;
}

static void add_packet(struct sample *s, size_t len)
{
	s->lens[s->count++] = len;
}

/* The flow's handshake, then the bytes in segments. */
static void build_sample(struct sample *s, const char *what, uint16_t dport, uint16_t sport,
			 const uint8_t *bytes, size_t len)
{
	struct flow_key key = packets_key(4, IPPROTO_TCP, sport), back;

	*s = (struct sample){ .what = what };
	key.dport = dport;
	back = packets_back(&key);
	add_packet(s, packets_tcp(s->packets[0], &key, 99, 0, PACKET_SYN, NULL, 0));
	add_packet(s,
		   packets_tcp(s->packets[1], &back, 499, 100, PACKET_SYN | PACKET_ACK, NULL, 0));
	add_packet(s, packets_tcp(s->packets[2], &key, 100, 500, PACKET_ACK, NULL, 0));
	s->begin = s->count;
	for (size_t at = 0; at < len; at += SEGMENT) {
		size_t part = len - at < SEGMENT ? len - at : SEGMENT;

		add_packet(s, packets_tcp(s->packets[s->count], &key, 100 + (uint32_t)at, 500,
					  PACKET_ACK, bytes + at, part));
	}
}

/* The handshake message of one record in Initial packets, a datagram each. */
static void build_quic_sample(struct sample *s, const char *what, uint16_t sport,
			      const uint8_t *bytes, size_t len)
{
	const struct flow_key key = packets_key(4, IPPROTO_UDP, sport);
	static struct quic_packets q;
	static uint32_t connection; /* each has an id of its own: ids are remembered */
	char id[16];

	*s = (struct sample){ .what = what };
	(void)snprintf(id, sizeof(id), "%08u", connection++);
	quic_packets_begin(&q, QUIC_VERSION_1, id);
	for (size_t at = RECORD_HEADER; at < len; at += QUIC_PART) {
		size_t part = len - at < QUIC_PART ? len - at : QUIC_PART;

		quic_packets_crypto(&q, at - RECORD_HEADER, bytes + at, part);
		quic_packets_initial(&q, QUIC_DATAGRAM_MIN);
		add_packet(s, packets_udp(s->packets[s->count], &key, q.out, q.len));
		q.len = 0;
	}
	quic_packets_end(&q);
}

static bool read_tls(const uint8_t *bytes, size_t len)
{
	static uint8_t scratch[TLS_HELLO_MAX];
	struct tls_hello hello;
	enum reason reason;
	char name[NAMES_MAX + 1];

	return tls_read(bytes, len, scratch, &hello, &reason) == TLS_HELLO &&
	       names_normalise((const char *)hello.name, hello.name_len, false, name) == NAMES_OK;
}

static bool read_http(const uint8_t *bytes, size_t len)
{
	struct http_head head;
	enum reason reason;

	return http_head_read(bytes, len, &head, &reason) == HTTP_HEAD_WHOLE;
}

/* The reader by itself, with every check, and the name made normal. */
static double measure_reader(bool (*reader)(const uint8_t *bytes, size_t len), const uint8_t *bytes,
			     size_t len)
{
	struct timespec start = mono_now(), end;

	for (int i = 0; i < REPEATS; i++) {
		__asm__ volatile("" : : "r"(bytes) : "memory");
		if (!reader(bytes, len)) {
			(void)fprintf(stderr, "a sample was refused\n");
			exit(EXIT_FAILURE);
		}
	}
	end = mono_now();
	return (double)mono_between_ns(&start, &end) / REPEATS;
}

static void give(struct inspector *inspector, const uint8_t *data, size_t len, uint32_t mark,
		 uint64_t now_ms)
{
	static uint32_t id;
	struct inspector_packet packet = { .data = data, .len = len, .id = id++, .mark = mark };

	inspector_packet(inspector, &packet, now_ms);
}

static void give_part(struct inspector *inspector, const struct sample *s, size_t from, size_t to,
		      uint64_t now_ms)
{
	for (size_t p = from; p < to; p++)
		give(inspector, s->packets[p], s->lens[p], p == 0 ? MARK_NONE : MARK_UNDECIDED,
		     now_ms);
}

/* From packets to the event: headers, flow table, joining, reading. */
static double measure_inspector(struct inspector *inspector, const struct sample *samples,
				uint64_t now_ms)
{
	struct timespec start, end;

	for (size_t f = 0; f < FLOWS; f++)
		give_part(inspector, &samples[f], 0, samples[f].begin, now_ms);
	start = mono_now();
	for (size_t f = 0; f < FLOWS; f++)
		give_part(inspector, &samples[f], samples[f].begin, samples[f].count, now_ms);
	end = mono_now();
	inspector_expire(inspector, now_ms + 1000000);
	return (double)mono_between_ns(&start, &end) / FLOWS;
}

struct message {
	const char *what, *corpus;
	uint16_t dport;
	bool (*reader)(const uint8_t *bytes, size_t len); /* NULL: in QUIC, opened first */
	bool has_target;
};

static const struct message messages[] = {
	{ "ClientHello of curl, 517 bytes", "fuzz_tls/lab-curl", 443, read_tls, true },
	{ "ClientHello of OpenSSL", "fuzz_tls/lab-openssl", 443, read_tls, true },
	{ "ClientHello of Java", "fuzz_tls/lab-java", 443, read_tls, true },
	{ "post-quantum, Chromium, 2 segments", "fuzz_tls/lab-chromium", 443, read_tls, true },
	{ "post-quantum, Firefox, 2 segments", "fuzz_tls/lab-firefox", 443, read_tls, true },
	{ "in QUIC, one Initial, Java", "fuzz_tls/lab-java", 443, NULL, false },
	{ "in QUIC, two Initials, Chromium", "fuzz_tls/lab-chromium", 443, NULL, false },
	{ "HTTP head of curl", "fuzz_http/lab-curl", 80, read_http, false },
	{ "HTTP head of Chromium", "fuzz_http/lab-chromium", 80, read_http, false },
};

static void build_samples(struct sample samples[FLOWS], const struct message *m,
			  const uint8_t *bytes, size_t len)
{
	for (uint16_t f = 0; f < FLOWS; f++) {
		if (m->reader == NULL)
			build_quic_sample(&samples[f], m->what, (uint16_t)(2000 + f), bytes, len);
		else
			build_sample(&samples[f], m->what, m->dport, (uint16_t)(2000 + f), bytes,
				     len);
	}
}

/* The row's numbers; what was not measured is "-". */
static const char *told_of(const struct message *m, double reader, double whole, double peer)
{
	static char line[128];
	char own[16] = "-", ratio[16] = "-";

	if (m->reader != NULL)
		(void)snprintf(own, sizeof(own), "%.0f", reader);
	if (peer < 0) {
		(void)snprintf(line, sizeof(line), "%9s %9.0f   without a name there", own, whole);
		return line;
	}
	if (m->reader != NULL)
		(void)snprintf(ratio, sizeof(ratio), "%.0f", peer / reader);
	(void)snprintf(line, sizeof(line), "%9s %9.0f %9.0f %8s %8.0f%s", own, whole, peer, ratio,
		       peer / whole, m->has_target && peer / reader < TARGET ? "  MISSED" : "");
	return line;
}

static bool compare_message(const struct message *m, struct inspector *inspector, struct peer *peer)
{
	static struct sample samples[FLOWS];
	static double reader[ROUNDS], whole[ROUNDS], peers[ROUNDS];
	static uint64_t now_ms = 1000;
	uint8_t bytes[4096];
	size_t len = read_corpus(m->corpus, bytes, sizeof(bytes));
	double ours, all, theirs;
	const char *told;

	named = 0;
	for (int i = 0; i < ROUNDS; i++) {
		build_samples(samples, m, bytes, len);
		reader[i] = m->reader != NULL ? measure_reader(m->reader, bytes, len) : 0;
		whole[i] = measure_inspector(inspector, samples, now_ms += 2000000);
		peers[i] = peer != NULL ? peer_measure(peer, &samples[0], NAME) : -1;
	}
	if (named != (unsigned long long)ROUNDS * FLOWS || strcmp(last.name, NAME) != 0) {
		(void)fprintf(stderr, "%s: %llu flows were named\n", m->what, named);
		exit(EXIT_FAILURE);
	}
	ours = median(reader, ROUNDS);
	all = median(whole, ROUNDS);
	theirs = median(peers, ROUNDS);
	told = told_of(m, ours, all, theirs);
	printf("%-36s %5zu %s\n", m->what, len, told);
	return !m->has_target || theirs < 0 || theirs / ours >= TARGET;
}

static bool compare_messages(void)
{
	const struct inspector_limits limits = { .flows_max = 1024,
						 .buffers_max = 64,
						 .held_max = 64,
						 .timeout_ms = 10000,
						 .forget_ms = 1000,
						 .hash_seed = { 5, 6 } };
	struct inspector *inspector = inspector_new(&limits, emit, NULL);
	struct peer *peer = peer_new();
	bool met = true;

	if (inspector == NULL)
		return false;
	printf("Nanoseconds a message: the reader with every check; from packets to the event; "
	       "%s.\n"
	       "The target is a reader at least %.0f times as fast as that.\n\n",
	       peer_name(), TARGET);
	printf("%-36s %5s %9s %9s %9s %8s %8s\n", "", "bytes", "reader", "inspector", "libndpi",
	       "/reader", "/insp.");
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
		met &= compare_message(&messages[i], inspector, peer);
	peer_free(peer);
	inspector_free(inspector);
	return met;
}

/* --- memory ----------------------------------------------------------------------------------- */

#define LINE  64
#define READS 20000U

/* Numbers below count, scattered over all of them. */
static uint32_t scattered(uint32_t i, uint32_t count)
{
	return (uint32_t)((uint64_t)i * 2654435761U % 4294967291U % count);
}

/* Nanoseconds for one read at a place that the last read told, in memory of that size: what looks
 * things up in as much of it cannot do without. */
static double measure_memory(size_t bytes)
{
	const uint32_t lines = (uint32_t)(bytes / LINE) + 1;
	uint32_t *memory = pages_new(lines, LINE);
	struct timespec start, end;
	uint32_t at = 0;

	if (memory == NULL)
		exit(EXIT_FAILURE);
	for (uint32_t i = 0; i < lines; i++)
		memory[(size_t)i * LINE / sizeof(*memory)] = scattered(i + 12345, lines) + 1;
	start = mono_now();
	for (uint32_t i = 0; i < READS; i++)
		at = (memory[(size_t)at * LINE / sizeof(*memory)] + i) % lines;
	end = mono_now();
	__asm__ volatile("" : : "r"(at));
	pages_free(memory, lines, LINE);
	return (double)mono_between_ns(&start, &end) / READS;
}

/* --- many flows ------------------------------------------------------------------------------- */

#define MEASURED 512U
#define OVER_MS  1000000 /* later all flows are over */

static struct flow_key key_of(uint32_t flow)
{
	struct flow_key key = packets_key(4, IPPROTO_TCP, (uint16_t)(1024 + flow % 50000));

	key.src.b[2] = (uint8_t)(flow / 50000);
	return key;
}

/* All of them begin, and the first said of them say their hello. Gives the nanoseconds of that. */
static int64_t run_among(struct inspector *inspector, uint32_t count, uint32_t said,
			 uint64_t now_ms)
{
	static uint8_t hello[2048], packet[PACKETS_MAX];
	static size_t len;
	int64_t ns = 0;

	if (len == 0)
		len = read_corpus("fuzz_tls/lab-curl", hello, sizeof(hello));
	for (uint32_t f = 0; f < count; f++) {
		struct flow_key key = key_of(f);
		size_t size = packets_tcp(packet, &key, 99, 0, PACKET_SYN, NULL, 0);

		give(inspector, packet, size, MARK_NONE, now_ms);
	}
	for (uint32_t i = 0; i < said; i++) {
		struct flow_key key = key_of(said == count ? i : scattered(i + 1, count));
		size_t size = packets_tcp(packet, &key, 100, 1, PACKET_ACK, hello, len);
		struct timespec start = mono_now(), end;

		give(inspector, packet, size, MARK_UNDECIDED, now_ms);
		end = mono_now();
		ns += mono_between_ns(&start, &end);
	}
	inspector_expire(inspector, now_ms + OVER_MS);
	return ns;
}

/* Of count undecided flows, some say their hello. All did so before, so that all memory is in use
 * as in a daemon that has run for a while. */
static double measure_among(uint32_t count)
{
	const struct inspector_limits limits = { .flows_max = count + 2,
						 .buffers_max = 64,
						 .held_max = 64,
						 .timeout_ms = 10000,
						 .forget_ms = 1000,
						 .hash_seed = { 5, 6 } };
	struct inspector *inspector = inspector_new(&limits, emit, NULL);
	const uint32_t said = count < MEASURED ? count : MEASURED;
	const uint32_t rounds = MEASURED / said;
	int64_t ns = 0;

	if (inspector == NULL)
		exit(EXIT_FAILURE);
	(void)run_among(inspector, count, count, 1000);
	named = 0;
	for (uint32_t round = 1; round <= rounds; round++)
		ns += run_among(inspector, count, said, 1000 + (uint64_t)round * 2 * OVER_MS);
	inspector_free(inspector);
	if (named < (uint64_t)rounds * said * 9 / 10)
		exit(EXIT_FAILURE);
	return (double)ns / ((double)rounds * said);
}

static bool compare_flows(void)
{
	static const uint32_t counts[] = { 1, 10, 100, 1000, 10000, 100000 };
	double at[ARRAY_SIZE(counts)][5];
	double first = 0, ns = 0, more = 0, read_ns;

	for (size_t round = 0; round < 5; round++)
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			at[i][round] = measure_among(counts[i]);
	printf("\nA ClientHello of 517 bytes in one of so many undecided flows (nanoseconds, with "
	       "reading the clock):\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		ns = median(at[i], 5);
		if (i == 0)
			first = ns;
		read_ns = measure_memory(counts[i] * sizeof(struct flow));
		more = (ns - first) / read_ns;
		printf("%10u flows %7.0f ns, %5.2f times that of one; a read of so much memory "
		       "%4.0f ns: "
		       "%4.1f reads more\n",
		       counts[i], ns, ns / first, read_ns, more);
	}
	return more < FLAT;
}

/* --- many names ------------------------------------------------------------------------------- */

#define BYTES_A_NAME 96 /* of the index, and of the pattern itself */

static const char policy_text[] =
	"appliance = { name = \"b\"; organisation = \"b\"; firewalls = [ \"lbo\" ]; };\n"
	"configurations = [ \"alpha-prime-u\" ];\n"
	"zones = (\n"
	"  { name = \"lgwan\"; interfaces = [ \"a\" ]; networks = [ \"192.168.10.0/24\" ]; },\n"
	"  { name = \"external\"; interfaces = [ \"b\" ]; source_nat = [ \"192.0.2.10\" ]; } );\n"
	"endpoints = { lgwan-terminal = [ \"192.168.10.0/25\" ]; lgwan-asp = \"none\";\n"
	"  lgwan-business-server = \"none\"; };\n"
	"services = ( { name = \"s\"; role = \"permitted-cloud\";\n"
	"  ismap = { service = \"S\"; number = \"C00-0000-0\"; valid_until = \"2099-03-31\"; };\n"
	"  addresses = [ \"198.51.100.128/26\" ]; ports = [ \"tcp/443 tls\" ];\n"
	"  tenant_names_file = \"names\"; } );\n";

static void write_policy(const char *folder, uint32_t names, char path[static 4096])
{
	char list[4096];
	FILE *f;

	(void)snprintf(list, sizeof(list), "%s/names", folder);
	f = fopen(list, "w");
	for (uint32_t i = 0; f != NULL && i < names; i++)
		(void)fprintf(f, "tenant-%u.files.example\n", i);
	if (f == NULL || fclose(f) != 0)
		exit(EXIT_FAILURE);
	(void)snprintf(path, 4096, "%s/policy.conf", folder);
	f = fopen(path, "w");
	if (f == NULL || fputs(policy_text, f) < 0 || fclose(f) != 0)
		exit(EXIT_FAILURE);
}

static double decide(const struct policy *policy, uint32_t names, bool known)
{
	struct flow_key key = packets_key(4, IPPROTO_TCP, 2000);
	struct timespec start, end;
	double all[ROUNDS];
	char name[NAMES_MAX + 1];
	struct decide_result result;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		(void)snprintf(name, sizeof(name),
			       known ? "tenant-%u.files.example" : "tenant-%u-x.files.example",
			       scattered(i + 1, names));
		start = mono_now();
		decide_name(policy, &key, APP_TLS, name, &result);
		end = mono_now();
		all[i] = (double)mono_between_ns(&start, &end);
		if (result.permitted != known)
			exit(EXIT_FAILURE);
	}
	return median(all, ROUNDS);
}

static bool compare_names(void)
{
	static const uint32_t counts[] = { 10, 100, 1000, 10000, 100000, 999999 };
	char folder[] = "/tmp/bench-inspect.XXXXXX", path[4096], list[4096];
	double first = 0, first_other = 0, known = 0, other = 0, read_ns = 1;

	if (mkdtemp(folder) == NULL)
		return false;
	printf("\nThe decision on a name, with so many permitted (nanoseconds, with reading the "
	       "clock):\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		auto_(errors_clear) struct errors errors = { 0 };
		auto_(policy_freep) struct policy *policy = NULL;

		write_policy(folder, counts[i], path);
		if (policy_read(path, &policy, &errors) < 0) {
			(void)fprintf(stderr, "%s\n", errors.count ? errors.at[0].text : "?");
			return false;
		}
		known = decide(policy, counts[i], true);
		other = decide(policy, counts[i], false);
		if (i == 0) {
			first = known;
			first_other = other;
		}
		read_ns = measure_memory((size_t)counts[i] * BYTES_A_NAME);
		printf("%10u names: permitted %5.0f ns, %4.2f times that of ten; refused %5.0f ns, "
		       "%4.2f "
		       "times; a read %4.0f ns: %4.1f and %4.1f reads more\n",
		       counts[i], known, known / first, other, other / first_other, read_ns,
		       (known - first) / read_ns, (other - first_other) / read_ns);
	}
	(void)snprintf(list, sizeof(list), "%s/names", folder);
	(void)unlink(list);
	(void)unlink(path);
	(void)rmdir(folder);
	return (known - first) / read_ns < FLAT && (other - first_other) / read_ns < FLAT;
}

int main(void)
{
	bool messages_met, flows_met, names_met;

	messages_met = compare_messages();
	(void)fflush(stdout);
	flows_met = compare_flows();
	(void)fflush(stdout);
	names_met = compare_names();
	printf("\ntargets: a reader %.0f times as fast as libndpi: %s; below %.0f reads of memory "
	       "more "
	       "over flows: %s; over names: %s\n",
	       TARGET, messages_met ? "met" : "MISSED", FLAT, flows_met ? "met" : "MISSED",
	       names_met ? "met" : "MISSED");
	return EXIT_SUCCESS;
}
