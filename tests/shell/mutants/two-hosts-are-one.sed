# server/view/http_head.c: of two fields Host the first is taken
# by unit view/http_table_test
s/if (field && find_field(next_field(field), "Host"))/if (0)/
