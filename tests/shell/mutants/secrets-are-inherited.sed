# common/sys/secure_file.c: children inherit the descriptor of a secret
# by unit sys/secure_file_test
s/flags | O_NOFOLLOW | O_CLOEXEC/flags | O_NOFOLLOW/
