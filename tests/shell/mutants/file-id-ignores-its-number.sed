# common/sys/file_id.c: another file of the same birth is the same
# by unit sys/file_id_test
s/now\.inode != id->inode ||//
