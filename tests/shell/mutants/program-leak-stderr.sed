# common/program/child.c: a descriptor is lost with each child
# by unit program/program_test
/^void child_stop/,/^}/s/    close(c->err);//
