# common/sys/output.c: a file is closed twice: the second time it may be of somebody else
# by unit sys/output_test
s/^    int err = fill_draft(fd, bytes, n, durable, ret);/&\n    close(STDIN_FILENO);/
