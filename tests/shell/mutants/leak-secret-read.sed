# common/sys/secure_file.c: a secret that was read stays open
# by unit sys/secure_file_test
/int err = read_all(fd, buf, size, ret_bytes);/{n;d}
