# common/sys/secure_file.c: a link in the place of a secret is followed
# by unit sys/secure_file_test
s/flags | O_NOFOLLOW | O_CLOEXEC/flags | O_CLOEXEC/
