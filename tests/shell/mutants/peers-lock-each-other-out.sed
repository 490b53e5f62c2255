# common/join/rendezvous.c: two peers take each other for a coordinator
# by unit join/rendezvous_test
s/flock(fd, LOCK_SH | LOCK_NB) == 0/flock(fd, LOCK_EX | LOCK_NB) == 0/
