# server/net/backup.c: the second backup of a life has only the end of the file
# by unit net/backup_test
/b->sent = 0;/d
