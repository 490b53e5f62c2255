// SPDX-License-Identifier: MIT
/*
 * Counts connections from each address and compares them with a limit.  An origin is a
 * value of conn_origin(); this machine, 0, has no limit.  Owns its memory; pure.
 */
#ifndef SERVER_NET_ADDRESS_COUNT_H
#define SERVER_NET_ADDRESS_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/map.h"

struct address_count {
    struct map counts; /* origin -> number */
    size_t most;
};

void address_count_init(struct address_count *o, size_t most,
                        const struct sip_key *key);
void address_count_release(struct address_count *o);

/* Counts a connection, in any case; false: the address is over its limit. */
bool address_count_add(struct address_count *o, uint64_t origin);
void address_count_remove(struct address_count *o, uint64_t origin);

#endif
