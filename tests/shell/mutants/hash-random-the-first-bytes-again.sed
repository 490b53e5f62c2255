# common/sys/hash.c: what follows a short draw overwrites it
# by unit sys/hash_test
s/            at += n;//
