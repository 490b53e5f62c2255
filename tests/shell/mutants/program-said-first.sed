# common/program/child.c: what a child has said first is kept, not last
# by unit program/program_test
s/c->n_said -= drop;/n -= drop;/
s/memmove(c->said, c->said + drop, c->n_said);/(void)drop;/
