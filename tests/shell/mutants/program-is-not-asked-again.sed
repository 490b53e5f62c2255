# common/program/program.c: who fails once has failed
# by unit program/program_test
s/|| p->config.once || c.answered == failed_at)/|| failed_at == UINT64_MAX)/
