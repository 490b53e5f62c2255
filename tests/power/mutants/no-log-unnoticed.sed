# server/store/database_open.c: a new file that did not get its write-ahead log is used without
# powercuts --faults
s/err == 0 && pages < 0/0/
