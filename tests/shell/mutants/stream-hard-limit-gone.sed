# common/net/conn_write.c: any number of bytes waits for a viewer that does not read
# by unit net/conn_protocol_test
/^void conn_write/,/^}/s/if (conn_queued_bytes(c) > CONN_HARD_BYTES)/if (0)/
