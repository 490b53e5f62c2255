// SPDX-License-Identifier: MIT
/*
 * How the core draws: one generator for what is shown, SipHash of a counter for what is
 * not.
 */
#include "server/core/entropy.h"

#include <assert.h>

void entropy_init(struct coord *c)
{
    rng_init(&c->entropy.shown, c->config.random);
    c->entropy.draws = sip_key_of(c->config.draw_key);
    c->entropy.maps = sip_key_of(c->config.map_key);
}

uint64_t entropy_shown(struct coord *c)
{
    return rng_next(&c->entropy.shown);
}

uint64_t entropy_hidden(struct coord *c)
{
    return sip_hash_word(&c->entropy.draws, c->entropy.drawn++);
}

uint64_t entropy_hidden_below(struct coord *c, uint64_t n)
{
    assert(n > 0);
    return (uint64_t)((unsigned __int128)entropy_hidden(c) * n >> 64);
}

const struct sip_key *entropy_map_key(const struct coord *c)
{
    return &c->entropy.maps;
}
