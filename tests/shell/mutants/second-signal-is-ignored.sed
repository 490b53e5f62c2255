# common/join/client.c: a second signal does not end a program that hangs
# by unit join/client_test
s/        _exit(128 + signal);/        return;/
