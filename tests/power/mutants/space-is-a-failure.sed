# server/database.c: a full disk is taken for a broken one
# powercuts --faults
s/return err == -ENOSPC ||/return/
