# common/sys/file_id.c: what lies behind a file is not gone
# by unit sys/file_id_test
s/err == -ENOENT || err == -ENOTDIR/err == -ENOENT/
