# common/sys/secure_file.c: a secret that was not opened is read
# by unit server/starved_test
/int fd = open(path, O_RDONLY . O_CLOEXEC . O_NONBLOCK);/{n;s/fd < 0/fd < -1/}
