# server/core/ledger_revoke.c: an exclusion takes back only what was not verified
s/return (share ? share == s->share : s->nameless) ||/return (share ? share == s->share \&\& !tag_verified(x->tag) : s->nameless) ||/
