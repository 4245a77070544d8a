/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shares of the flow table, by what is left of it. */
#include "inspect/room.h"

/* Where slots run out, flows older than this may lose theirs. By then hardly a packet of a decided
 * flow is still in the queue. */
#define DECIDED_SPARED_MS 250
#define OPENING_SPARED_MS 1000
#define GUARDED_SPARED_MS 1000
#define WATCHED_SPARED_MS 10000

/* Each new flow over the share takes that many with it, so that a share which shrinks is soon kept.
 */
#define GIVE_WAY_MAX 2

struct flow *room_older_than(const struct flows *flows, enum flows_list list, uint32_t age_ms,
			     uint64_t now_ms)
{
	struct flow *flow = flows_oldest(flows, list);

	return flow != NULL && (int64_t)(now_ms - flow->since_ms) >= (int64_t)age_ms ? flow : NULL;
}

uint32_t room_undecided(const struct room *room)
{
	return flows_on(room->flows, FLOWS_OPENING) + flows_on(room->flows, FLOWS_UNDECIDED);
}

void room_end(struct room *room, struct flow *flow, enum event_end how)
{
	struct event e;

	room->ended[how]++;
	if (flow->state == FLOW_UNDECIDED) {
		report_fill(flow, EVENT_FORGET, report_expected_seq(flow), &e);
		report_alone(room->report, &e);
	}
	flows_remove(room->flows, flow);
}

/* True if a source without any flow may have one; and with as many as it has. */
static bool has_share(const struct room *room, const struct source *source)
{
	const uint32_t undecided = room_undecided(room);
	const uint32_t left = undecided < room->undecided_max ? room->undecided_max - undecided : 0;
	const uint32_t own = source == NULL ? 0
					    : source->lists[FLOWS_OPENING].count +
						      source->lists[FLOWS_UNDECIDED].count;

	if (room->per_source_max == 0)
		return left > 0;
	return own < left && own < room->per_source_max;
}

/* Over its share: the source's own must give way. */
static enum room_answer make_own_room(struct room *room, const struct addr *address,
				      uint64_t now_ms)
{
	enum room_answer answer = ROOM_NONE;

	for (int i = 0; i < GIVE_WAY_MAX; i++) {
		/* with its last flow the source is forgotten */
		const struct source *source = flows_source_of(room->flows, address);
		struct flow *oldest;

		if (source == NULL || (answer == ROOM_FREE && has_share(room, source)))
			break;
		oldest = flows_oldest_of(room->flows, source, FLOWS_OPENING);
		if (oldest == NULL)
			break;
		if (now_ms - oldest->since_ms < OPENING_SPARED_MS) {
			answer = answer == ROOM_FREE ? ROOM_FREE : ROOM_LATER;
			break;
		}
		room_end(room, oldest, EVENT_END_OWN_SHARE);
		answer = ROOM_FREE;
	}
	room->put_off += answer == ROOM_LATER;
	return answer;
}

enum room_answer room_for_opening(struct room *room, const struct addr *address, uint64_t now_ms)
{
	enum room_answer answer = ROOM_NONE;
	struct flow *oldest;

	if (has_share(room, flows_source_of(room->flows, address)))
		return ROOM_FREE;
	if (room->per_source_max != 0)
		answer = make_own_room(room, address, now_ms);
	if (answer != ROOM_NONE || room_undecided(room) < room->undecided_max)
		return answer;
	/* Many sources together have filled the table: whoever only knocked a while ago. */
	oldest = room_older_than(room->flows, FLOWS_OPENING, OPENING_SPARED_MS, now_ms);
	if (oldest == NULL)
		return ROOM_NONE;
	room_end(room, oldest, EVENT_END_FULL);
	return ROOM_FREE;
}

void room_make(struct room *room, uint64_t now_ms)
{
	struct flow *flow = room_older_than(room->flows, FLOWS_DECIDED, DECIDED_SPARED_MS, now_ms);

	if (flow != NULL) {
		flows_remove(room->flows, flow);
		return;
	}
	flow = room_older_than(room->flows, FLOWS_GUARDED, GUARDED_SPARED_MS, now_ms);
	if (flow == NULL)
		flow = room_older_than(room->flows, FLOWS_IDLE, WATCHED_SPARED_MS, now_ms);
	if (flow != NULL)
		room_end(room, flow, EVENT_END_FULL);
}

/* The source's oldest flow of a list, if it has been there for age_ms. */
static struct flow *own_older_than(const struct room *room, const struct source *source,
				   enum flows_list list, uint32_t age_ms, uint64_t now_ms)
{
	struct flow *flow = flows_oldest_of(room->flows, source, list);

	return flow != NULL && (int64_t)(now_ms - flow->since_ms) >= (int64_t)age_ms ? flow : NULL;
}

void room_named(struct room *room, const struct flow *flow, uint64_t now_ms)
{
	const struct source *source = flows_source(room->flows, flow);
	/* what is decided gives way to whoever needs it */
	const uint32_t left = flows_room(room->flows) + flows_on(room->flows, FLOWS_DECIDED);
	const uint32_t own = source->lists[FLOWS_HOLDING].count +
			     source->lists[FLOWS_GUARDED].count + source->lists[FLOWS_IDLE].count;
	struct flow *oldest;

	if (room->per_source_max == 0 || own <= left)
		return;
	oldest = own_older_than(room, source, FLOWS_GUARDED, GUARDED_SPARED_MS, now_ms);
	if (oldest == NULL)
		oldest = own_older_than(room, source, FLOWS_IDLE, WATCHED_SPARED_MS, now_ms);
	if (oldest != NULL && oldest != flow)
		room_end(room, oldest, EVENT_END_OWN_SHARE);
}
