# server/net/backup.c: a reader that has gone keeps all others from their backups
# by unit net/backup_test
s/if (!c || b->sent == b->bytes)/if (c \&\& b->sent == b->bytes)/
