/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop, on epoll, timerfd and signalfd; level-triggered, so that nothing is lost by
 * stopping. */

#include "common/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/defs.h"

#define EVENTS_PER_WAIT 64
#define FIRST_ROOM      32

enum watch_kind { WATCH_FD, WATCH_TIMER, WATCH_SIGNALS };

/* A descriptor and whom to call. One that is removed while events are being handled stays allocated
 * until they all are, since a fetched event may still point to it. */
struct watch {
	enum watch_kind kind;
	int fd;
	bool removed;
	union {
		loop_fd_callback *on_fd;
		loop_timer_callback *on_timer;
		loop_signal_callback *on_signal;
	};
	void *data;
	struct watch *next_removed;
};

struct loop {
	int epoll;
	bool stopping;
	unsigned int depth;     /* of loop_step() calls */
	struct watch **watches; /* by descriptor, NULL where none */
	size_t room;
	struct watch *removed;
	struct watch *signals; /* NULL before loop_add_signals() */
	sigset_t mask_before;
};

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

static void free_removed(struct loop *loop)
{
	while (loop->removed) {
		struct watch *watch = loop->removed;

		loop->removed = watch->next_removed;
		free(watch);
	}
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (size_t i = 0; i < loop->room; i++) {
		struct watch *watch = loop->watches[i];

		if (!watch)
			continue;
		if (watch->kind != WATCH_FD)
			(void)close(watch->fd);
		free(watch);
	}
	if (loop->signals)
		(void)pthread_sigmask(SIG_SETMASK, &loop->mask_before, NULL);
	free_removed(loop);
	free(loop->watches);
	(void)close(loop->epoll);
	free(loop);
}

void loop_freep(struct loop **loop)
{
	loop_free(*loop);
	*loop = NULL;
}

static struct watch *find(const struct loop *loop, int fd, enum watch_kind kind)
{
	if (fd < 0 || (size_t)fd >= loop->room)
		return NULL;
	struct watch *watch = loop->watches[fd];
	return watch && watch->kind == kind ? watch : NULL;
}

static int make_room(struct loop *loop, int fd)
{
	size_t room = loop->room ? loop->room : FIRST_ROOM;

	while (room <= (size_t)fd)
		room *= 2;
	if (room == loop->room)
		return 0;
	struct watch **grown = realloc(loop->watches, room * sizeof(struct watch *));
	if (!grown)
		return -ENOMEM;
	memset(grown + loop->room, 0, (room - loop->room) * sizeof(struct watch *));
	loop->watches = grown;
	loop->room = room;
	return 0;
}

/* Copies model into the table and has the kernel watch it for reading. */
static int add(struct loop *loop, const struct watch *model, struct watch **ret_watch)
{
	if (model->fd < 0)
		return -EBADF;
	int r = make_room(loop, model->fd);
	if (r < 0)
		return r;
	if (loop->watches[model->fd])
		return -EEXIST;
	struct watch *watch = malloc(sizeof(*watch));
	if (!watch)
		return -ENOMEM;
	*watch = *model;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0) {
		r = -errno;
		free(watch);
		return r;
	}
	loop->watches[watch->fd] = watch;
	if (ret_watch)
		*ret_watch = watch;
	return 0;
}

static void remove_watch(struct loop *loop, struct watch *watch)
{
	/* Fails only if the owner closed it first; then the kernel has forgotten it already. */
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	loop->watches[watch->fd] = NULL;
	watch->removed = true;
	watch->next_removed = loop->removed;
	loop->removed = watch;
	if (loop->depth == 0)
		free_removed(loop);
}

int loop_add_fd(struct loop *loop, int fd, loop_fd_callback *callback, void *data)
{
	const struct watch model = { .kind = WATCH_FD, .fd = fd, .on_fd = callback, .data = data };

	return add(loop, &model, NULL);
}

int loop_change_fd(struct loop *loop, int fd, uint32_t events)
{
	struct watch *watch = find(loop, fd, WATCH_FD);

	if (!watch)
		return -ENOENT;
	struct epoll_event event = { .data.ptr = watch };
	if (events & LOOP_READ)
		event.events |= EPOLLIN;
	if (events & LOOP_WRITE)
		event.events |= EPOLLOUT;
	return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event) < 0 ? -errno : 0;
}

int loop_remove_fd(struct loop *loop, int fd)
{
	struct watch *watch = find(loop, fd, WATCH_FD);

	if (!watch)
		return -ENOENT;
	remove_watch(loop, watch);
	return 0;
}

static int set_timer(int timer, uint32_t ms, bool repeating)
{
	struct itimerspec times = { 0 };

	times.it_value.tv_sec = ms / 1000;
	times.it_value.tv_nsec = (long)(ms % 1000) * 1000000;
	if (repeating)
		times.it_interval = times.it_value;
	return timerfd_settime(timer, 0, &times, NULL) < 0 ? -errno : 0;
}

int loop_add_timer(struct loop *loop, uint32_t ms, bool repeating, loop_timer_callback *callback,
		   void *data)
{
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (timer < 0)
		return -errno;
	const struct watch model = {
		.kind = WATCH_TIMER, .fd = timer, .on_timer = callback, .data = data
	};
	int r = set_timer(timer, ms ? ms : 1, repeating);
	if (r == 0)
		r = add(loop, &model, NULL);
	if (r < 0) {
		(void)close(timer);
		return r;
	}
	return timer;
}

int loop_set_timer(struct loop *loop, int timer, uint32_t ms, bool repeating)
{
	return find(loop, timer, WATCH_TIMER) ? set_timer(timer, ms, repeating) : -ENOENT;
}

int loop_remove_timer(struct loop *loop, int timer)
{
	struct watch *watch = find(loop, timer, WATCH_TIMER);

	if (!watch)
		return -ENOENT;
	remove_watch(loop, watch);
	(void)close(timer);
	return 0;
}

int loop_add_signals(struct loop *loop, const sigset_t *mask, loop_signal_callback *callback,
		     void *data)
{
	sigset_t before;

	if (loop->signals)
		return -EBUSY;
	int r = pthread_sigmask(SIG_BLOCK, mask, &before);
	if (r != 0)
		return -r;
	int fd = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
	const struct watch model = {
		.kind = WATCH_SIGNALS, .fd = fd, .on_signal = callback, .data = data
	};
	r = fd < 0 ? -errno : add(loop, &model, &loop->signals);
	if (r < 0) {
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
		if (fd >= 0)
			(void)close(fd);
		return r;
	}
	loop->mask_before = before;
	return 0;
}

static bool call_fd(struct watch *watch, uint32_t got)
{
	uint32_t events = 0;

	/* A pipe whose writers have gone says only "hung up"; its reader learns of it by reading.
	 */
	if (got & (EPOLLIN | EPOLLHUP))
		events |= LOOP_READ;
	if (got & EPOLLOUT)
		events |= LOOP_WRITE;
	if (got & (EPOLLERR | EPOLLHUP))
		events |= LOOP_ERROR;
	watch->on_fd(watch->fd, events, watch->data);
	return true;
}

static bool call_timer(struct watch *watch)
{
	uint64_t runs = 0;

	/* Nothing to read: another callback has set it anew or stopped it since the event was
	 * fetched. */
	if (read(watch->fd, &runs, sizeof(runs)) != (ssize_t)sizeof(runs))
		return false;
	watch->on_timer(runs, watch->data);
	return true;
}

static bool call_signal(struct watch *watch)
{
	struct signalfd_siginfo signal;

	if (read(watch->fd, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
		return false;
	watch->on_signal(&signal, watch->data);
	return true;
}

static bool call(struct watch *watch, uint32_t got)
{
	switch (watch->kind) {
	case WATCH_FD:
		return call_fd(watch, got);
	case WATCH_TIMER:
		return call_timer(watch);
	case WATCH_SIGNALS:
		return call_signal(watch);
	}
	return false;
}

int loop_step(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_WAIT];
	int calls = 0;

	int count = epoll_wait(loop->epoll, events, EVENTS_PER_WAIT, timeout_ms);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	loop->depth++;
	for (int i = 0; i < count && !loop->stopping; i++) {
		struct watch *watch = events[i].data.ptr;

		if (!watch->removed && call(watch, events[i].events))
			calls++;
	}
	if (--loop->depth == 0)
		free_removed(loop);
	return calls;
}

int loop_run(struct loop *loop)
{
	int r = 0;

	while (!loop->stopping && r >= 0)
		r = loop_step(loop, -1);
	loop->stopping = false;
	return r < 0 ? r : 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}
