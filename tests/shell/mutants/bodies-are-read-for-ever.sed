# common/net/conn_write.c: what comes after the answer is read away without a limit
# by unit view/http_table_test
s/if (c->linger_bytes == 0)/if (0)/
