# server/core/entropy.c: draws come from the generator that workers see
s/return sip_hash_word(&c->entropy.draws, c->entropy.drawn++);/return entropy_shown(c);/
