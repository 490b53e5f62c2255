// SPDX-License-Identifier: MIT
#include "server/net/address_count.h"

#include <assert.h>

void address_count_init(struct address_count *o, size_t most, const struct sip_key *key)
{
    o->most = most;
    map_init(&o->counts, key);
}

void address_count_release(struct address_count *o)
{
    map_release(&o->counts);
}

bool address_count_add(struct address_count *o, uint64_t origin)
{
    if (origin == 0)
        return true;
    uintptr_t n = (uintptr_t)map_get(&o->counts, origin) + 1;
    map_put(&o->counts, origin, (void *)n);
    return n <= o->most;
}

void address_count_remove(struct address_count *o, uint64_t origin)
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
