# common/net/conn_write.c: 80 MiB wait for a peer that does not read
# by unit net/conn_test
s/    if (conn_queued_bytes(c) > CONN_HARD_BYTES) {/    if (conn_queued_bytes(c) > 10 * CONN_HARD_BYTES) {/
