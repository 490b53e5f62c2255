# common/sys/output.c: the folder of a file that was replaced stays open
# by unit sys/output_test
/^    int err = sync_if_possible(fd);/{n;d}
