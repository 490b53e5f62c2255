// SPDX-License-Identifier: MIT
/*
 * How many connections there are from each address, and whether one more is too many.
 * An origin is what conn_origin() says; this machine, 0, may have any number.  Owns its
 * memory; pure.
 */
#ifndef SERVER_NET_ADDRESS_COUNT_H
#define SERVER_NET_ADDRESS_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/map.h"

struct address_count {
    struct map counts; /* as numbers */
    size_t most;
};

void address_count_init(struct address_count *o, size_t most, uint64_t key);
void address_count_release(struct address_count *o);

/* One has come, and is counted in any case; false: it is one too many. */
bool address_count_add(struct address_count *o, uint64_t origin);
void address_count_remove(struct address_count *o, uint64_t origin);

#endif
