// SPDX-License-Identifier: MIT
/*
 * For coord_config where nobody guesses: proofs of grants that are all zeros, and the
 * first 8 bytes of a secret as the worker's id.
 */
#ifndef TESTS_LIB_OPEN_SECRETS_H
#define TESTS_LIB_OPEN_SECRETS_H

#include "server/core/coord.h"

void open_mac(void *ctx, const void *data, size_t bytes, uint8_t ret[TOKEN_BYTES]);
uint64_t open_worker_id(void *ctx, const uint8_t secret[UID_BYTES]);

#endif
