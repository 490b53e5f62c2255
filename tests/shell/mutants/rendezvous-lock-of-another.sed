# common/join/rendezvous.c: a lock that another keeps is taken as one's own in the end
# by unit join/rendezvous_test
s/err = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;/err = flock(fd, LOCK_EX | LOCK_NB) < 0 \&\& i + 1 < LOCK_TRIES ? -errno : 0;/
