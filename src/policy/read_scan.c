/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks through the policy text before libconfig does: traps in the syntax, and lines of strings.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

#define NUMBER_MAX 9 /* digits; libconfig would cut larger numbers in silence */

struct bracket {
	char sign;
	int line;
};

/* A position in the policy text. */
struct scan {
	const char *at, *end;
	int line;
	struct reader *r;
	struct errors *doubts;
	int *lines;
	size_t count, room;
	char before; /* last character of the token before, '"' for strings; 0 at the start */
	struct bracket open[READ_DEPTH_MAX]; /* around this place */
	size_t depth;
	const char *foreign; /* the first word that begins with a letter of no key, or NULL */
	int foreign_line;
	bool ok;
};

static char peek(const struct scan *s, size_t ahead)
{
	if ((size_t)(s->end - s->at) <= ahead)
		return '\0';
	return s->at[ahead];
}

static void step(struct scan *s)
{
	if (*s->at == '\n')
		s->line++;
	s->at++;
}

static void skip_line(struct scan *s)
{
	while (s->at < s->end && *s->at != '\n')
		step(s);
}

static void skip_comment(struct scan *s)
{
	int line = s->line;

	while (s->at < s->end && !(*s->at == '*' && peek(s, 1) == '/'))
		step(s);
	if (s->at == s->end)
		errors_add(s->doubts, s->r->path, line,
			   _("the comment that begins here never ends; expected \"*/\""));
	for (int i = 0; i < 2 && s->at < s->end; i++)
		step(s);
}

/* A carriage return goes back over the line, but at its end. */
static uint32_t hidden_at(const struct scan *s, const char *p)
{
	if (*p == '\r')
		return p + 1 < s->end && p[1] != '\n' ? '\r' : 0;
	return read_hidden_letter(p);
}

/* Also in comments: those who approve a policy read it on a screen. */
static void find_hidden_text(const struct scan *s)
{
	int line = 1, told = 0, column = 0;

	for (const char *p = s->at; p < s->end; p++) {
		uint32_t c;

		if ((*p & 0xc0) == 0x80)
			continue; /* goes on with a character */
		column++;
		c = told == line ? 0 : hidden_at(s, p);
		if (c) {
			told = line;
			errors_add(
				s->doubts, s->r->path, line,
				_("column %d: U+%04X, a character that is not shown, or by which "
				  "the line is shown otherwise than it is read; take it out"),
				column, (unsigned int)c);
		}
		if (*p == '\n') {
			line++;
			column = 0;
		}
	}
}

/* At the opening quote. */
static void skip_string(struct scan *s)
{
	step(s);
	while (s->at < s->end && *s->at != '"') {
		if (*s->at == '\\') {
			if ((peek(s, 1) == 'x' || peek(s, 1) == 'X') && peek(s, 2) == '0' &&
			    peek(s, 3) == '0') {
				errors_add(s->doubts, s->r->path, s->line,
					   _("\\x00 in a string: it would end there"));
			}
			step(s);
		}
		if (s->at < s->end)
			step(s);
	}
	if (s->at < s->end)
		step(s);
}

static void note_line(struct scan *s)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		int *grown = realloc(s->lines, room * sizeof(*grown));

		if (!grown) {
			read_no_memory(s->r);
			s->ok = false;
			return;
		}
		s->lines = grown;
		s->room = room;
	}
	s->lines[s->count++] = s->line;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '-' || c == '*';
}

/* A key, a number or true/false. */
static void skip_word(struct scan *s)
{
	const char *start = s->at;

	while (s->at < s->end && is_word(*s->at))
		s->at++;
	if (*start == '-' && s->at - start > 1)
		start++;
	if (*start < '0' || *start > '9' || s->at - start <= NUMBER_MAX)
		return;
	errors_add(s->doubts, s->r->path, s->line,
		   _("a number of more than %d digits; no key of a policy takes one"), NUMBER_MAX);
}

/* Ends the scan: libconfig must not see this text. */
__attribute__((format(printf, 2, 3))) static void refuse(struct scan *s, const char *format, ...)
{
	auto_(free_charp) char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		text = NULL;
		read_no_memory(s->r);
	} else {
		errors_add(s->r->errors, s->r->path, s->line, "%s", text);
	}
	s->ok = false;
}

/* libconfig loses the memory of strings that stand where none can, and its words about them are
 * few. */
static void scan_string(struct scan *s)
{
	bool in_list = s->depth && s->open[s->depth - 1].sign != '{';

	if (s->before == '"')
		errors_add(s->doubts, s->r->path, s->line,
			   _("two strings without a comma between them"));
	else if (!s->before || !strchr(in_list ? "([," : "=:", s->before))
		refuse(s,
		       _("a string begins where none can stand: look for a quote, a comma or \"=\" "
			 "missing just before"));
	note_line(s);
	skip_string(s);
	if (s->at == s->end && s->ok && s->at[-1] != '"')
		refuse(s, _("the text ends within a string: look for a missing quote"));
	s->before = '"';
}

static char closing_of(char opening)
{
	if (opening == '{')
		return '}';
	return opening == '(' ? ')' : ']';
}

/* The text goes on where the innermost bracket should be shut. */
static void refuse_open(struct scan *s, char found)
{
	const struct bracket *open = &s->open[s->depth - 1];

	refuse(s,
	       _("found \"%c\" while \"%c\" of line %d is still open: a \"%c\" is missing before "
		 "it"),
	       found, open->sign, open->line, closing_of(open->sign));
}

static void scan_bracket(struct scan *s, char c)
{
	if (c == '{' || c == '(' || c == '[') {
		if (s->depth == READ_DEPTH_MAX)
			refuse(s, _("groups and lists are nested too deeply"));
		else
			s->open[s->depth++] = (struct bracket){ c, s->line };
	} else if (!s->depth) {
		refuse(s, _("found \"%c\", but nothing is open that it could close"), c);
	} else if (c != closing_of(s->open[s->depth - 1].sign)) {
		refuse_open(s, c);
	} else {
		s->depth--;
	}
}

static void scan_sign(struct scan *s)
{
	char c = *s->at;

	if (c == '@')
		refuse(s,
		       _("@include is not supported, since the policy is one file; long lists can "
			 "stand in list files (addresses_file and the like)"));
	else if (strchr("{([])}", c))
		scan_bracket(s, c);
	else if (strchr(";=:", c) && s->depth && s->open[s->depth - 1].sign != '{')
		refuse_open(s, c); /* lists have no keys, and their members are parted by commas */
	s->before = c;
	step(s);
}

/* Of a word that begins with another letter than those of keys. */
static void skip_foreign(struct scan *s)
{
	if (!s->foreign) {
		s->foreign = s->at;
		s->foreign_line = s->line;
	}
	while (s->at < s->end && ((*s->at & 0x80) || is_word(*s->at)))
		s->at++;
	s->before = 'x';
}

/* libconfig knows no such letter outside of quotes, and would call it a mistake of syntax. */
static void tell_foreign(struct scan *s)
{
	char text[READ_QUOTE_MAX / 8] = "", quoted[READ_QUOTE_MAX];

	s->at = s->foreign;
	for (size_t i = 0; i < sizeof(text) - 1 && ((peek(s, i) & 0x80) || is_word(peek(s, i)));
	     i++)
		text[i] = peek(s, i);
	errors_add(s->r->errors, s->r->path, s->foreign_line,
		   _("%s: keys are written in the letters A to Z, and the first of these is none, "
		     "though it may look like one; other text stands in quotes"),
		   read_quote(text, quoted));
	s->ok = false;
}

static void scan_token(struct scan *s)
{
	char c = *s->at;

	if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
		step(s);
	} else if (c == '#' || (c == '/' && peek(s, 1) == '/')) {
		skip_line(s);
	} else if (c == '/' && peek(s, 1) == '*') {
		s->at += 2;
		skip_comment(s);
	} else if (c == '"') {
		scan_string(s);
	} else if (c & 0x80) {
		skip_foreign(s);
	} else if (is_word(c)) {
		skip_word(s);
		s->before = c;
	} else {
		scan_sign(s);
	}
}

bool read_scan(struct reader *r, const char *text, size_t length, struct read_scan *ret)
{
	struct scan s = {
		.at = text,
		.end = text + length,
		.line = 1,
		.r = r,
		.doubts = &ret->doubts,
		.ok = true,
	};
	const char *nul = memchr(text, '\0', length);

	if (nul) {
		for (const char *p = text; p < nul; p++)
			s.line += *p == '\n';
		errors_add(r->errors, r->path, s.line,
			   _("a NUL byte; a policy is plain text in UTF-8"));
		return false;
	}
	find_hidden_text(&s);
	while (s.at < s.end && s.ok)
		scan_token(&s);
	if (s.ok && s.depth)
		refuse(&s,
		       _("the text ends while \"%c\" of line %d is still open: a \"%c\" is "
			 "missing"),
		       s.open[s.depth - 1].sign, s.open[s.depth - 1].line,
		       closing_of(s.open[s.depth - 1].sign));
	if (s.ok && s.foreign)
		tell_foreign(&s);
	ret->lines = s.lines;
	ret->count = s.count;
	return s.ok;
}

void read_scan_clear(struct read_scan *scan)
{
	free(scan->lines);
	errors_clear(&scan->doubts);
}

bool read_number_strings(struct reader *r, config_setting_t *root, const struct read_scan *scan)
{
	config_setting_t *stack[READ_DEPTH_MAX] = { root };
	unsigned int next[READ_DEPTH_MAX] = { 0 };
	size_t depth = 1, used = 0;

	while (depth) {
		config_setting_t *s, *in = stack[depth - 1];

		if (next[depth - 1] == (unsigned int)config_setting_length(in)) {
			depth--;
			continue;
		}
		s = config_setting_get_elem(in, next[depth - 1]++);
		if (config_setting_type(s) == CONFIG_TYPE_STRING && used < scan->count) {
			config_setting_set_hook(s, (void *)(uintptr_t)scan->lines[used++]);
		} else if (config_setting_is_aggregate(s)) {
			if (depth == READ_DEPTH_MAX) {
				read_error(r, s, _("groups and lists are nested too deeply"));
				return false;
			}
			stack[depth] = s;
			next[depth++] = 0;
		}
	}
	return true;
}
