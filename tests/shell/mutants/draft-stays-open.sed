# common/sys/output.c: a descriptor leaks at each file
# by unit sys/secure_file_test
s/return close(fd) < 0 \&\& err == 0 ? -errno : err;/return err;/
