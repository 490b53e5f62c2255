# common/program/self_test.c: a program too slow to be looked at whole is called sound
# by unit program/self_test_test
s/        t->ret->checked = false;/        ;/
