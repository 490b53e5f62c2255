# server/core/worker.c: who is away for a moment loses its name to a newcomer
s/for (unsigned i = 2; map_get(&c->fleet.by_name, name_hash(c, name)); i++) {/struct worker *x;\n    for (unsigned i = 2; (x = map_get(\&c->fleet.by_name, name_hash(c, name))) \&\& x->conn; i++) {/
