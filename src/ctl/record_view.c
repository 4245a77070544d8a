/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lays records out in columns as they come. */

#include "ctl/record_view.h"

#include <string.h>
#include <time.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "common/reason.h"
#include "ctl/record_words.h"
#include "ctl/when.h"

#define CELL_BYTES 512
#define GAP        2 /* cells between columns */

#define COLOUR_GREEN "\033[32m"
#define COLOUR_RED   "\033[1;31m"
#define COLOUR_BLUE  "\033[36m"
#define COLOUR_FAINT "\033[2m"
#define COLOUR_END   "\033[0m"

/* What columns have room for from the beginning, and what they may grow to. The last has what is
 * left. */
static const struct {
	size_t first, most;
} rooms[COLUMN_COUNT] = {
	[COLUMN_TIME] = { 8, 19 },    [COLUMN_VERDICT] = { 7, 8 },
	[COLUMN_SOURCE] = { 15, 39 }, [COLUMN_DESTINATION] = { 22, 47 },
	[COLUMN_NAME] = { 26, 44 },   [COLUMN_WHY] = { 28, 68 },
	[COLUMN_RULE] = { 0, 0 },
};

struct row {
	char cells[COLUMN_COUNT][CELL_BYTES];
	const char *colour; /* of the verdict; "" for none */
	bool is_event; /* of the daemon's life: a sentence takes the place of all columns after the
			  verdict */
};

static const char *member(const json_t *record, const char *name)
{
	const char *text = json_string_value(json_object_get(record, name));

	return text ? text : "";
}

static void set(struct row *row, enum record_view_column column, const char *text)
{
	(void)snprintf(row->cells[column], CELL_BYTES, "%s", text);
}

/* Local time; the day apart where it has a heading of its own. */
static void set_time(const struct record_view *view, struct row *row, const json_t *record,
		     char day[16])
{
	struct tm tm;
	time_t t;

	day[0] = '\0';
	if (when_of_record(member(record, "@timestamp"), &t) < 0 || !localtime_r(&t, &tm)) {
		set(row, COLUMN_TIME, "?");
		return;
	}
	(void)strftime(day, 16, "%Y-%m-%d", &tm);
	(void)strftime(row->cells[COLUMN_TIME], CELL_BYTES,
		       view->cells ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
}

static void set_destination(struct row *row, const json_t *record)
{
	const char *address = member(record, "destination.ip");
	const char *transport = member(record, "network.transport");
	const json_t *port = json_object_get(record, "destination.port");
	char *cell = row->cells[COLUMN_DESTINATION];
	const bool is_ipv6 = strchr(address, ':') != NULL;

	if (!json_is_integer(port)) {
		(void)snprintf(cell, CELL_BYTES, "%s %s", address, transport);
		return;
	}
	/* TCP goes without saying. */
	(void)snprintf(cell, CELL_BYTES, "%s%s%s:%lld%s%s", is_ipv6 ? "[" : "", address,
		       is_ipv6 ? "]" : "", (long long)json_integer_value(port),
		       strcmp(transport, "tcp") == 0 ? "" : "/",
		       strcmp(transport, "tcp") == 0 ? "" : transport);
}

/* A sentence of ours in a cell has no full stop. */
static void set_sentence(struct row *row, enum record_view_column column, const char *text)
{
	static const char *const stops[] = { ".", "。" };

	set(row, column, text);
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		size_t len = strlen(row->cells[column]), stop = strlen(stops[i]);

		if (len > stop && strcmp(row->cells[column] + len - stop, stops[i]) == 0)
			row->cells[column][len - stop] = '\0';
	}
}

/* For what passed, the service tells more than the reason. */
static void set_why(struct row *row, const json_t *record, bool is_allowed)
{
	const char *slug = member(record, "event.reason");
	const char *service = member(record, "sekisho.service");
	enum reason reason = reason_of_slug(slug);

	if (is_allowed && *service)
		(void)snprintf(row->cells[COLUMN_WHY], CELL_BYTES, _("service %s"), service);
	else if (reason < REASON_COUNT)
		set_sentence(row, COLUMN_WHY, _(reason_info(reason)->text));
	else
		set(row, COLUMN_WHY, slug);
}

static void set_flow(struct row *row, const json_t *record)
{
	const bool is_allowed = strcmp(member(record, "event.type"), "allowed") == 0;
	const char *rule = member(record, "rule.id");
	const json_t *count = json_object_get(record, "sekisho.count"); /* of a repeated refusal */

	row->colour = is_allowed ? COLOUR_GREEN : COLOUR_RED;
	set(row, COLUMN_VERDICT, is_allowed ? _("allow") : _("deny"));
	if (strcmp(member(record, "event.action"), "flow-cut") == 0)
		set(row, COLUMN_VERDICT, _("cut"));
	set(row, COLUMN_SOURCE, member(record, "source.ip"));
	set_destination(row, record);
	const char *name = member(record, "destination.domain");
	set(row, COLUMN_NAME, *name ? name : "-");
	set_why(row, record, is_allowed);
	if (json_is_integer(count)) {
		const size_t len = strlen(row->cells[COLUMN_WHY]);

		(void)snprintf(row->cells[COLUMN_WHY] + len, CELL_BYTES - len,
			       _(" (%lld times more)"), (long long)json_integer_value(count));
	}
	set(row, COLUMN_RULE, *rule ? rule : member(record, "sekisho.kernel_rule"));
}

static void set_event(struct row *row, const json_t *record)
{
	auto_(free_charp) char *words = record_words(member(record, "message"));
	const char *text = words ? words : "";
	const bool is_failure = strcmp(member(record, "event.outcome"), "failure") == 0;

	row->is_event = true;
	row->colour = is_failure ? COLOUR_RED : COLOUR_BLUE;
	set(row, COLUMN_VERDICT, is_failure ? _("alarm") : _("event"));
	const json_t *count = json_object_get(record, "sekisho.count");
	char number[32] = "";

	if (json_is_integer(count))
		(void)snprintf(number, sizeof(number), " (%lld)",
			       (long long)json_integer_value(count));
	(void)snprintf(row->cells[COLUMN_SOURCE], CELL_BYTES, "%s%s%s%s",
		       member(record, "event.action"), number, *text ? ": " : "", text);
}

static void put_colour(const struct record_view *view, const char *colour)
{
	if (view->colour && *colour)
		(void)fputs(colour, view->to);
}

/* A line as it grows: blanks are owed until something follows them. */
struct line {
	struct record_view *view;
	size_t left; /* cells up to the edge */
	size_t blanks;
};

static void pay_blanks(struct line *line)
{
	size_t blanks = line->blanks < line->left ? line->blanks : line->left;

	(void)fprintf(line->view->to, "%*s", (int)blanks, "");
	line->left -= blanks;
	line->blanks = 0;
}

static void print_cell(struct line *line, enum record_view_column column, const char *text,
		       size_t most)
{
	struct record_view *view = line->view;
	char shown[CELL_BYTES];

	if (*text)
		pay_blanks(line);
	size_t used =
		columns_fit(text, most < line->left ? most : line->left, shown, sizeof(shown));
	(void)fputs(shown, view->to);
	line->left -= used;
	if (view->widths[column] < used)
		view->widths[column] = used;
	line->blanks += view->widths[column] - used + GAP;
}

/* What a destination is reached from stands before an arrow. */
static void print_arrow(struct line *line)
{
	pay_blanks(line);
	if (line->left < 2)
		return;
	(void)fputs(columns_width("→") == 1 ? "→ " : "> ", line->view->to);
	line->left -= 2;
}

static void print_row(struct record_view *view, const struct row *row)
{
	struct line line = { .view = view, .left = view->cells ? view->cells : CELL_BYTES };

	print_cell(&line, COLUMN_TIME, row->cells[COLUMN_TIME], rooms[COLUMN_TIME].most);
	pay_blanks(&line);
	put_colour(view, row->colour);
	print_cell(&line, COLUMN_VERDICT, row->cells[COLUMN_VERDICT], rooms[COLUMN_VERDICT].most);
	if (*row->colour)
		put_colour(view, COLOUR_END);
	if (row->is_event) {
		const size_t width = view->widths[COLUMN_SOURCE];

		print_cell(&line, COLUMN_SOURCE, row->cells[COLUMN_SOURCE], CELL_BYTES);
		view->widths[COLUMN_SOURCE] = width; /* a sentence does not set it */
	} else {
		print_cell(&line, COLUMN_SOURCE, row->cells[COLUMN_SOURCE],
			   rooms[COLUMN_SOURCE].most);
		print_arrow(&line);
		for (enum record_view_column c = COLUMN_DESTINATION; c < COLUMN_RULE; c++)
			print_cell(&line, c, row->cells[c], rooms[c].most);
		print_cell(&line, COLUMN_RULE, row->cells[COLUMN_RULE], CELL_BYTES);
	}
	(void)fputc('\n', view->to);
}

static void print_head(struct record_view *view)
{
	struct row row = { .colour = "" };

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		view->widths[i] = rooms[i].first;
	if (!view->cells)
		view->widths[COLUMN_TIME] = rooms[COLUMN_TIME].most;
	set(&row, COLUMN_TIME, _("TIME"));
	set(&row, COLUMN_VERDICT, _("VERDICT"));
	set(&row, COLUMN_SOURCE, _("FROM"));
	set(&row, COLUMN_DESTINATION, _("TO"));
	set(&row, COLUMN_NAME, _("NAME"));
	set(&row, COLUMN_WHY, _("WHY"));
	set(&row, COLUMN_RULE, _("RULE"));
	put_colour(view, COLOUR_FAINT);
	print_row(view, &row);
	put_colour(view, COLOUR_END);
	view->has_head = true;
}

void record_view_print(struct record_view *view, const json_t *record)
{
	struct row row = { .colour = "" };
	char day[16];

	if (!view->has_head)
		print_head(view);
	set_time(view, &row, record, day);
	if (strcmp(member(record, "event.category"), "network") == 0)
		set_flow(&row, record);
	else
		set_event(&row, record);
	if (view->cells && *day && strcmp(day, view->day) != 0) {
		memcpy(view->day, day, sizeof(day));
		put_colour(view, COLOUR_FAINT);
		(void)fprintf(view->to, "-- %s --\n", day);
		put_colour(view, COLOUR_END);
	}
	print_row(view, &row);
}
