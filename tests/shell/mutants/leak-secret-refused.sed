# common/sys/secure_file.c: a file that is refused stays open
# by unit sys/secure_file_test
/^    if (err == 0)$/{n;n;s/    close(fd);//}
