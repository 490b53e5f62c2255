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

struct origins {
    struct map counts; /* as numbers */
    size_t most;
};

void origins_init(struct origins *o, size_t most, uint64_t key);
void origins_release(struct origins *o);

/* One has come, and is counted in any case; false: it is one too many. */
bool origins_come(struct origins *o, uint64_t origin);
void origins_go(struct origins *o, uint64_t origin);

#endif
