# common/program/program.c: the job's text is no part of a request
# by unit program/program_test
s/n, \*arg ? " " : "", arg);/n, "", *arg ? "" : arg);/
