// SPDX-License-Identifier: MIT
/*
 * picoord's command line and config file, parsed and checked.  Strings are borrowed
 * from argv.  Not pure: prints errors to stderr.
 */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include "common/base/base.h"
#include "common/cli/opt.h"
#include "common/program/self_test.h"
#include "server/access/access.h"

enum {
    OPTIONS_LISTEN_MAX = 16,
    OPTIONS_SPAWN_MAX = 1024,
    OPTIONS_AUDIT_CPU_MAX = 100 * 4096, /* % of one core; and no more than there are */
    DEFAULT_PORT = 31415,
};

struct server_options {
    struct opt_list listen;
    bool lan, room, check, init, exit_when_done, json, plaintext, print_config;
    uint64_t trials, seed; /* trials 0: no job */
    bool seed_given;
    const char *program, *arg; /* of that job; NULL: pi; no text */
    struct opt_list offer;
    struct offers offers; /* the same, parsed */
    struct self_test
        tests[PROGRAMS_MAX]; /* what theirs have found, once they were run */
    int audit_cpu;           /* % of one core */
    int spawn;
    int scaling;     /* 0: no */
    int audit;       /* enum audit_policy */
    int per_address; /* LIMIT_NEW_IDS_HOUR_ORIGIN unless given */
    struct access_config access;
    const char *config; /* or NULL */
    struct opt_list view_hosts;
    int view; /* 0 local, 1 open */
    bool show_join;
    int64_t grace_ms; /* 0: SIGTERM waits for no lease */
    int log_level, log_format;

    /* Listening addresses.  Of the default ones only the first must work. */
    struct sockaddr_storage addresses[OPTIONS_LISTEN_MAX];
    size_t n_addresses;
    bool default_addresses;
};

extern const struct opt_command picoord_command;

/* True: *ret is valid; free it with options_release().  False: exit with *ret_status;
 * everything was printed. */
MUST_USE bool options_parse(int argc, char **argv, struct server_options *ret,
                            int *ret_status);
void options_release(struct server_options *o);

/* The largest --audit-cpu on this machine. */
uint32_t options_audit_cpu_most(void);

/* Whether it may go on although address i cannot be listened on: some machines have no
 * IPv6, so only the first default address must work.  err is libuv's. */
bool options_may_lack(const struct server_options *o, size_t i, int err);

#endif
