/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes, writes and reads key files: lines of a word and a value. */
#include "audit/log_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "audit/put.h"
#include "common/defs.h"

#define AUDITOR_BYTES_MAX 4096
#define NUMBER_DIGITS     20

static const char state_head[] = "sekisho-log-state-1\n";
static const char auditor_head[] = "sekisho-log-verification-key-1\n";

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

int log_key_make(uint64_t first, struct log_key_state *ret_state,
		 struct log_key_auditor *ret_auditor)
{
	struct log_key_state state = { .point.number = first };
	struct log_key_auditor auditor = { .first = first, .has_secret = true };

	if (RAND_priv_bytes(state.point.key, CHAIN_KEY_BYTES) != 1 ||
	    RAND_priv_bytes(state.seed, CHECKPOINT_SEED_BYTES) != 1 ||
	    checkpoint_public(state.seed, auditor.public_key) < 0 ||
	    checkpoint_id(auditor.public_key, auditor.id) < 0)
		return -EIO;
	memcpy(state.id, auditor.id, sizeof(state.id));
	memcpy(auditor.key, state.point.key, CHAIN_KEY_BYTES);
	*ret_state = state;
	*ret_auditor = auditor;
	OPENSSL_cleanse(&state, sizeof(state));
	OPENSSL_cleanse(&auditor, sizeof(auditor));
	return 0;
}

/* ---- the appliance's state: parts of fixed width, so that each write covers the one before */

/* What stands before the checksum. */
static char *put_state(char *at, const struct log_key_state *state)
{
	char digits[NUMBER_DIGITS + 1];

	(void)snprintf(digits, sizeof(digits), "%020llu", (unsigned long long)state->point.number);
	at = PUT_LITERAL(at, "sekisho-log-state-1\nid ");
	at = put_plain(at, state->id, CHECKPOINT_ID_BYTES);
	at = PUT_LITERAL(at, "\nnumber ");
	at = put_plain(at, digits, NUMBER_DIGITS);
	at = PUT_LITERAL(at, "\nkey ");
	at = chain_put_hex(at, state->point.key, CHAIN_KEY_BYTES);
	at = PUT_LITERAL(at, "\nchain ");
	at = chain_put_hex(at, state->point.tag, CHAIN_TAG_BYTES);
	at = PUT_LITERAL(at, "\nsign ");
	at = chain_put_hex(at, state->seed, CHECKPOINT_SEED_BYTES);
	return PUT_LITERAL(at, "\ncheck ");
}

/* The checksum tells a write that a failing disk left half done; it keeps nobody out. */
static int make_state(const struct log_key_state *state, char out[LOG_KEY_STATE_BYTES])
{
	uint8_t check[32];
	char *at;

	memset(out, ' ', LOG_KEY_STATE_BYTES);
	out[LOG_KEY_STATE_BYTES - 1] = '\n';
	at = put_state(out, state);
	if (EVP_Digest(out, (size_t)(at - out), check, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	(void)chain_put_hex(at, check, sizeof(check));
	return 0;
}

static bool take_word(const char **at, const char *word)
{
	const size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool take_id(const char **at, char id[CHECKPOINT_ID_BYTES + 1])
{
	if (strspn(*at, "0123456789abcdef") != CHECKPOINT_ID_BYTES)
		return false;
	memcpy(id, *at, CHECKPOINT_ID_BYTES);
	id[CHECKPOINT_ID_BYTES] = '\0';
	*at += CHECKPOINT_ID_BYTES;
	return true;
}

static bool take_hex(const char **at, uint8_t *to, size_t count)
{
	if (chain_read_hex(*at, to, count) < 0)
		return false;
	*at += 2 * count;
	return true;
}

static bool take_number(const char **at, uint64_t *ret)
{
	const size_t len = strspn(*at, "0123456789");

	if (len == 0 || len > NUMBER_DIGITS)
		return false;
	errno = 0;
	*ret = strtoull(*at, NULL, 10);
	*at += len;
	return errno == 0;
}

static int read_state(const char *text, struct log_key_state *ret)
{
	struct log_key_state state = { 0 };
	char again[LOG_KEY_STATE_BYTES];
	const char *at = text;
	int r = -EINVAL;

	if (take_word(&at, state_head) && take_word(&at, "id ") && take_id(&at, state.id) &&
	    take_word(&at, "\nnumber ") && take_number(&at, &state.point.number) &&
	    take_word(&at, "\nkey ") && take_hex(&at, state.point.key, CHAIN_KEY_BYTES) &&
	    take_word(&at, "\nchain ") && take_hex(&at, state.point.tag, CHAIN_TAG_BYTES) &&
	    take_word(&at, "\nsign ") && take_hex(&at, state.seed, CHECKPOINT_SEED_BYTES) &&
	    make_state(&state, again) == 0 && memcmp(again, text, sizeof(again)) == 0) {
		*ret = state;
		r = 0;
	}
	OPENSSL_cleanse(&state, sizeof(state));
	OPENSSL_cleanse(again, sizeof(again));
	return r;
}

/* Makes a file that was not there, with this text in it, on the disk. */
static int create_file(const char *path, const char *text, size_t len, mode_t mode, int *ret_fd)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int r = 0;

	if (fd < 0)
		return -errno;
	ssize_t n = write(fd, text, len);
	if (n < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0)
		r = -errno;
	else if ((size_t)n != len)
		r = -ENOSPC;
	if (r < 0) {
		(void)close(fd);
		(void)unlink(path);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int log_key_create(const char *path, const struct log_key_state *state, uid_t uid, gid_t gid)
{
	auto_(close_fd) int fd = -1;
	char text[LOG_KEY_STATE_BYTES];
	int r = make_state(state, text);

	if (r == 0)
		r = create_file(path, text, sizeof(text), 0600, &fd);
	OPENSSL_cleanse(text, sizeof(text));
	if (r == 0 && (uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) < 0) {
		r = -errno;
		(void)unlink(path);
	}
	return r;
}

static int lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

int log_key_open(const char *path, int *ret_fd, struct log_key_state *ret)
{
	char text[LOG_KEY_STATE_BYTES + 2] = { 0 };
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		r = -EPERM;
	else
		r = lock(fd);
	if (r == 0) {
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			r = -errno;
		else
			r = n == LOG_KEY_STATE_BYTES ? read_state(text, ret) : -EINVAL;
	}
	OPENSSL_cleanse(text, sizeof(text));
	if (r < 0)
		(void)close(fd);
	else
		*ret_fd = fd;
	return r;
}

int log_key_update(int fd, const struct log_key_state *state)
{
	char text[LOG_KEY_STATE_BYTES];
	int r = make_state(state, text);
	ssize_t n;

	if (r < 0)
		return r;
	do {
		n = pwrite(fd, text, sizeof(text), 0);
	} while (n < 0 && errno == EINTR);
	r = n < 0 ? -errno : 0;
	OPENSSL_cleanse(text, sizeof(text));
	return r == 0 && n != (ssize_t)sizeof(text) ? -EIO : r;
}

void log_key_forget(struct log_key_state *state)
{
	OPENSSL_cleanse(state, sizeof(*state));
}

/* ---- the auditor's file */

int log_key_write_auditor(const char *path, const struct log_key_auditor *auditor, bool with_secret)
{
	char text[AUDITOR_BYTES_MAX], key[2 * CHAIN_KEY_BYTES + 1] = "";
	char public_key[2 * CHECKPOINT_PUBLIC_BYTES + 1];
	auto_(close_fd) int fd = -1;
	int len, r;

	*chain_put_hex(public_key, auditor->public_key, CHECKPOINT_PUBLIC_BYTES) = '\0';
	if (with_secret)
		*chain_put_hex(key, auditor->key, CHAIN_KEY_BYTES) = '\0';
	len = snprintf(text, sizeof(text), "%sid %s\nfirst %llu\n%s%s%spublic %s\n", auditor_head,
		       auditor->id, (unsigned long long)auditor->first, with_secret ? "key " : "",
		       key, with_secret ? "\n" : "", public_key);
	r = create_file(path, text, (size_t)len, with_secret ? 0600 : 0644, &fd);
	OPENSSL_cleanse(text, sizeof(text));
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}

static int read_auditor(const char *text, struct log_key_auditor *ret)
{
	struct log_key_auditor auditor = { 0 };
	char id[CHECKPOINT_ID_BYTES + 1];
	const char *at = text;

	if (!take_word(&at, auditor_head) || !take_word(&at, "id ") || !take_id(&at, auditor.id) ||
	    !take_word(&at, "\nfirst ") || !take_number(&at, &auditor.first))
		return -EINVAL;
	auditor.has_secret = take_word(&at, "\nkey ");
	if ((auditor.has_secret && !take_hex(&at, auditor.key, CHAIN_KEY_BYTES)) ||
	    !take_word(&at, "\npublic ") ||
	    !take_hex(&at, auditor.public_key, CHECKPOINT_PUBLIC_BYTES) || strcmp(at, "\n") != 0 ||
	    checkpoint_id(auditor.public_key, id) < 0 || strcmp(id, auditor.id) != 0)
		return -EINVAL;
	*ret = auditor;
	return 0;
}

int log_key_read_auditor(const char *path, struct log_key_auditor *ret)
{
	char text[AUDITOR_BYTES_MAX] = "";
	auto_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	int r = n < 0 ? -errno : read_auditor(text, ret);
	OPENSSL_cleanse(text, sizeof(text));
	return r;
}
