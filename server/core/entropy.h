// SPDX-License-Identifier: MIT
/*
 * How the core draws.  What workers may see (uids and seeds of jobs) comes from one
 * generator.  What they must not foresee (which results are audited, where ids fall in
 * hash maps) comes from SipHash under keys of its own, so that nothing seen tells
 * anything of it.  docs/SECURITY.md.
 */
#ifndef SERVER_CORE_ENTROPY_H
#define SERVER_CORE_ENTROPY_H

#include "server/core/state.h"

void entropy_init(struct coord *c);

/* 64 uniform bits that peers may see. */
uint64_t entropy_shown(struct coord *c);

/* 64 uniform bits that nobody foresees, whatever else is known; never to be shown. */
uint64_t entropy_hidden(struct coord *c);

/* The same in [0, n), n > 0; the bias of the multiplication is below n / 2^64. */
uint64_t entropy_hidden_below(struct coord *c, uint64_t n);

/* The key for maps of ids that peers choose. */
const struct sip_key *entropy_map_key(const struct coord *c);

#endif
