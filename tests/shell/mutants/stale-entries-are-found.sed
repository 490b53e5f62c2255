# common/join/rendezvous.c: a coordinator that has died is found
# by unit join/endpoint_test
s/bool dead = flock(fd, LOCK_SH | LOCK_NB) == 0;/bool dead = false;/
