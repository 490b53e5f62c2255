# common/sys/secure_file.c: a mounted secret that is refused stays open
# by unit sys/secure_file_test
/\*why = exposed;/{n;s/        close(fd);//}
