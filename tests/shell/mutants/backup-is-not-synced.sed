# ctl/commands/backup.c: a backup is not on the disk when pictl says so
# by unit ctl/golden_ctl_test
s/output_write(file, b->bytes, b->got, true, /output_write(file, b->bytes, b->got, false, /
