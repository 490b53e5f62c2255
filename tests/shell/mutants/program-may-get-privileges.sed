# common/program/child.c: a program may be set-uid
# by unit program/program_test
/PR_SET_NO_NEW_PRIVS/d
