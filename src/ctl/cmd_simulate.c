/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl simulate: says what a policy makes of a packet, or of many. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <getopt.h>
#include <jansson.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/cmd.h"
#include "ctl/simulate.h"

/* Lines to the same address. */
#define WAYS_MAX 4

struct options {
	const char *policy, *file; /* file: of questions; NULL for one question */
	bool json;
	struct simulate_question question;
	bool asks; /* an option of the question was given */
};

enum {
	OPTION_FROM = 256,
	OPTION_TO,
	OPTION_IN,
	OPTION_OUT,
	OPTION_NAME,
	OPTION_STATE,
	OPTION_MAC,
	OPTION_AT,
	OPTION_ASK,
	OPTION_JSON,
	OPTION_FILE,
};

static const struct option long_options[] = {
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "in", required_argument, NULL, OPTION_IN },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "name", required_argument, NULL, OPTION_NAME },
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "mac", required_argument, NULL, OPTION_MAC },
	{ "at", required_argument, NULL, OPTION_AT },
	{ "ask", required_argument, NULL, OPTION_ASK },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static int help(const char *name)
{
	return cmd_help(
		name, _("POLICY --from ADDRESS --to ADDRESS:PORT/PROTOCOL | --file FILE"),
		_("Says what the policy makes of the first packet of a flow: permitted, refused, "
		  "or\ndepending on the name that the client says; with the rules on its way and "
		  "the\nguideline's wording. No kernel and no daemon is asked.\n\n"
		  "  --from ADDRESS      who sends it\n"
		  "  --to TARGET         ADDRESS:PORT/tcp, [ADDRESS]:PORT/udp, ADDRESS/icmp\n"
		  "  --in INTERFACE      where it comes in; else where the policy has the sender\n"
		  "  --out INTERFACE     where it leaves; else where the policy has the receiver\n"
		  "  --name HOST         what the client says (TLS server name, HTTP host)\n"
		  "  --state new|open    first packet (default), or one of a flow that is open\n"
		  "  --mac ADDRESS       the sender's hardware address; else one of nobody\n"
		  "  --at TIME           when; else now: exceptions of the policy expire\n"
		  "  --ask QUESTION      more than these options can say, as a JSON object\n"
		  "  --file FILE         many questions, a JSON object a line; - is standard "
		  "input\n"
		  "  --json              the answer as JSON\n"));
}

/* A question, or the rest of one, as JSON. */
static int read_ask(struct simulate_question *question, const char *text, char *error)
{
	json_error_t fault;
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &fault);
	int err = -EINVAL;

	if (object)
		err = simulate_read_json(question, object, error);
	else
		(void)snprintf(error, SIMULATE_ERROR_MAX, _("not a JSON object: %s"), fault.text);
	json_decref(object);
	return err;
}

/* Runs one option of the question. 0, or how the program ends. */
static int put_option(const char *name, struct options *o, int option)
{
	struct simulate_question *q = &o->question;
	char error[SIMULATE_ERROR_MAX];
	int err = 0;

	o->asks = true;
	switch (option) {
	case OPTION_FROM:
		err = simulate_read_from(q, optarg, error);
		break;
	case OPTION_TO:
		err = simulate_read_target(q, optarg, error);
		break;
	case OPTION_IN:
		err = simulate_read_in(q, optarg, error);
		break;
	case OPTION_OUT:
		err = simulate_read_out(q, optarg, error);
		break;
	case OPTION_NAME:
		err = simulate_read_name(q, optarg, error);
		break;
	case OPTION_STATE:
		err = simulate_read_state(q, optarg, error);
		break;
	case OPTION_MAC:
		err = simulate_read_mac(q, optarg, error);
		break;
	case OPTION_AT:
		err = simulate_read_at(q, optarg, error);
		break;
	case OPTION_ASK:
		err = read_ask(q, optarg, error);
		break;
	default:                  /* getopt's values */
		return CMD_USAGE; /* told */
	}
	return err ? cmd_usage(name, "%s", error) : 0;
}

/* -1 with *o filled, or how the program ends. */
static int read_options(int argc, char **argv, struct options *o)
{
	int option, code;

	simulate_question_begin(&o->question);
	while ((option = cmd_next_option(argc, argv, ":hV", long_options)) != -1) {
		if (option == 'h')
			return help(argv[0]);
		if (option == 'V')
			return cmd_version();
		if (option == OPTION_JSON) {
			o->json = true;
		} else if (option == OPTION_FILE) {
			o->file = optarg;
		} else {
			code = put_option(argv[0], o, option);
			if (code)
				return code;
		}
	}
	if (argc - optind != 1)
		return cmd_usage(argv[0], "%s", _("exactly one POLICY is needed"));
	if (o->file && o->asks)
		return cmd_usage(argv[0], "%s",
				 _("with --file, the questions are in the file alone"));
	o->policy = argv[optind];
	return -1;
}

static int print_json(json_t *object)
{
	if (!object || json_dumpf(object, stdout, JSON_COMPACT) < 0)
		return CMD_TROUBLE;
	(void)putchar('\n');
	return CMD_OK;
}

static int print_answer(const struct simulate_question *question,
			const struct simulate_answer *answer, bool json)
{
	json_t *object;
	int code;

	if (!json) {
		simulate_print(question, answer, stdout);
		return CMD_OK;
	}
	object = simulate_to_json(question, answer, true);
	code = print_json(object);
	json_decref(object);
	return code;
}

/* The interfaces that the packet may come in or leave by: the one that was told, or those behind
 * which the address lives; at least one, if need be the empty name. */
static size_t ways(const struct simulate *simulate, const struct addr *address, const char *told,
		   bool any, const char **out)
{
	size_t count = 0;

	if (any && !*told)
		count = simulate_interfaces(simulate, address, out, WAYS_MAX);
	if (count == 0) {
		out[0] = told;
		return 1;
	}
	return count < WAYS_MAX ? count : WAYS_MAX;
}

/* An answer for each way that the policy leaves open: where external addresses live behind two
 * lines, only routing decides, which is not the policy's. */
static int one_question(struct simulate *simulate, const char *name, struct options *o)
{
	const char *in[WAYS_MAX], *out[WAYS_MAX];
	const struct simulate_question *told = &o->question;
	size_t ins, outs;
	int code = CMD_OK;

	simulate_question_finish(&o->question);
	ins = ways(simulate, &told->packet.src, told->packet.iif, told->hook != HOOK_OUTPUT, in);
	outs = ways(simulate, &told->packet.dst, told->packet.oif, told->hook != HOOK_INPUT, out);
	for (size_t i = 0; i < ins * outs && code == CMD_OK; i++) {
		struct simulate_question question = *told;
		char error[SIMULATE_ERROR_MAX];
		struct simulate_answer answer;

		memcpy(question.packet.iif, in[i / outs], strlen(in[i / outs]));
		memcpy(question.packet.oif, out[i % outs], strlen(out[i % outs]));
		if (simulate_ask(simulate, &question, &answer, error))
			return cmd_usage(name, "%s", error);
		if (i == 0 && ins > 1 && !o->json)
			simulate_print_ways("--in", &told->packet.src, in, ins, stdout);
		if (i == 0 && outs > 1 && !o->json)
			simulate_print_ways("--out", &told->packet.dst, out, outs, stdout);
		if (i && !o->json)
			(void)putchar('\n');
		code = print_answer(&question, &answer, o->json);
	}
	return code;
}

/* The answer to one line, or NULL with a sentence in error. */
static json_t *answer_line(struct simulate *simulate, json_t *line, char *error)
{
	struct simulate_question question;
	struct simulate_answer answer;
	json_t *object, *id;

	simulate_question_begin(&question);
	if (simulate_read_json(&question, line, error))
		return NULL;
	simulate_question_finish(&question);
	if (simulate_ask(simulate, &question, &answer, error))
		return NULL;
	object = simulate_to_json(&question, &answer, false);
	if (!object)
		(void)snprintf(error, SIMULATE_ERROR_MAX, "%s", strerror(ENOMEM));
	id = json_object_get(line, "id");
	if (id)
		(void)json_object_set(object, "id", id);
	return object;
}

static int one_line(struct simulate *simulate, const char *text, size_t len, long long number)
{
	char error[SIMULATE_ERROR_MAX];
	json_error_t fault;
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);
	json_t *answer = NULL;
	int code = CMD_OK;

	if (line)
		answer = answer_line(simulate, line, error);
	else
		(void)snprintf(error, sizeof(error), _("not a JSON object: %s"), fault.text);
	if (!answer) {
		answer = json_pack("{s:I, s:s}", "line", (json_int_t)number, "error", error);
		code = CMD_FINDING;
	}
	if (print_json(answer) != CMD_OK)
		code = CMD_TROUBLE;
	json_decref(answer);
	json_decref(line);
	return code;
}

static int many_questions(struct simulate *simulate, FILE *from)
{
	auto_(free_charp) char *text = NULL;
	long long number = 0;
	int code = CMD_OK;
	size_t room = 0;
	ssize_t len;

	while (code != CMD_TROUBLE && (len = getline(&text, &room, from)) >= 0) {
		int one;

		number++;
		if (strspn(text, " \t\r\n") == (size_t)len)
			continue;
		one = one_line(simulate, text, (size_t)len, number);
		if (one != CMD_OK)
			code = one;
	}
	return ferror(from) ? CMD_TROUBLE : code;
}

static int questions_of(struct simulate *simulate, const char *file)
{
	FILE *from = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	int code;

	if (!from) {
		(void)fprintf(stderr, "sekishoctl: %s: %s\n", file, strerror(errno));
		return CMD_TROUBLE;
	}
	code = many_questions(simulate, from);
	if (code == CMD_TROUBLE)
		(void)fprintf(stderr, "sekishoctl: %s: %s\n", file, strerror(errno));
	if (from != stdin)
		(void)fclose(from);
	return code;
}

int cmd_simulate(int argc, char **argv)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(simulate_freep) struct simulate *simulate = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct options o = { 0 };
	int code = read_options(argc, argv, &o);

	if (code >= 0)
		return code;
	int r = policy_read(o.policy, &policy, &errors);
	if (r < 0) {
		errors_sort(&errors);
		errors_print(&errors, stderr);
		return cmd_policy_exit(r);
	}
	r = simulate_new(policy, &simulate);
	if (r < 0) {
		(void)fprintf(stderr, _("%s: the kernel rules cannot be made: %s\n"), o.policy,
			      strerror(-r));
		return CMD_FINDING;
	}
	return o.file ? questions_of(simulate, o.file) : one_question(simulate, argv[0], &o);
}
