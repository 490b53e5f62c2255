# ctl/commands/backup.c: each piece of a backup is written over the one before
# by unit ctl/golden_ctl_test
s/memcpy(b->bytes + b->got, bytes, n);/memcpy(b->bytes, bytes, n);/
