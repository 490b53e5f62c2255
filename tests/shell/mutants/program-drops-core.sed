# common/program/child.c: a child that crashes may leave a core file
# by unit program/program_test
/setrlimit(RLIMIT_CORE, &none);/d
