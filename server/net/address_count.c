// SPDX-License-Identifier: MIT
#include "server/net/address_count.h"

#include <assert.h>

void origins_init(struct origins *o, size_t most, uint64_t key)
{
    o->most = most;
    map_init(&o->counts, key);
}

void origins_release(struct origins *o)
{
    map_release(&o->counts);
}

bool origins_come(struct origins *o, uint64_t origin)
{
    if (origin == 0)
        return true;
    uintptr_t n = (uintptr_t)map_get(&o->counts, origin) + 1;
    map_put(&o->counts, origin, (void *)n);
    return n <= o->most;
}

void origins_go(struct origins *o, uint64_t origin)
{
    if (origin == 0)
        return;
    uintptr_t n = (uintptr_t)map_get(&o->counts, origin);
    assert(n > 0);
    if (n > 1)
        map_put(&o->counts, origin, (void *)(n - 1));
    else
        map_remove(&o->counts, origin);
}
