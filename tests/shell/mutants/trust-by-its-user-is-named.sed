# common/wire/names.c: a worker of this machine is said to be named
# by unit wire/names_test
s/return "local";/return "named";/
