# common/program/child.c: what a program has started outlives it
# by unit program/program_test
s/kill(-c->pid, SIGKILL);/kill(c->pid, SIGKILL);/
