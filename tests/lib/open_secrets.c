// SPDX-License-Identifier: MIT
#include "tests/lib/open_secrets.h"

#include <string.h>

void open_mac(void *ctx, const void *data, size_t bytes, uint8_t ret[TOKEN_BYTES])
{
    (void)ctx;
    (void)data;
    (void)bytes;
    memset(ret, 0, TOKEN_BYTES);
}

uint64_t open_worker_id(void *ctx, const uint8_t secret[UID_BYTES])
{
    uint64_t id;
    (void)ctx;
    memcpy(&id, secret, sizeof(id));
    return id;
}
