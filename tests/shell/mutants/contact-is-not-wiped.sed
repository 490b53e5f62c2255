# common/join/contact.c: tokens stay in memory that is freed
# by unit join/contact_test
s/explicit_bzero(block, HEAD_BYTES + bytes);/;/
