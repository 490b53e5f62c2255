# common/sys/secure_file.c: a folder that was looked at stays open
# by unit sys/secure_file_test
/O_RDONLY | O_DIRECTORY, why);/{n;n;n;d}
