# common/wire/wire_reply.c: a join string may have no more bytes than a text
# by unit wire/limits_test
s/joins\[i\], JOIN_TEXT_MAX/joins[i], TEXT_BYTES/
