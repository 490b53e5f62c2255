# server/net/backup.c: the last piece of a backup does not say so
# by unit net/backup_test
s/r.last = b->sent == b->bytes;/r.last = b->sent > b->bytes;/
