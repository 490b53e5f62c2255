# common/program/program.c: a program that is no more what it was counts on
# by unit program/program_test
s/program_test(counts) == p->config.test)/1)/
