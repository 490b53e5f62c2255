# common/sys/secure_file.c: a descriptor leaks where a given file is refused
# by unit sys/secure_file_test
/int secure_file_read_given/,/^}/s/^        close(fd);$/        ;/
