# server/access/identity.c: two processes may lock one state directory
# by unit access/identity_test
s/flock(fd, LOCK_EX | LOCK_NB)/flock(fd, LOCK_SH | LOCK_NB)/
