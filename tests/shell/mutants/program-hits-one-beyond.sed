# common/program/program.c: one hit more than trials is taken
# by unit program/program_test
s/if (hits > n << (c->call->score/if (hits > 1 + n << (c->call->score/
