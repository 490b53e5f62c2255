# common/base/json_writer.c: DEL stands in JSON as it is
# by unit base/json_writer_test
s/c <= '~' ?/c <= 0x7f ?/
