# server/view/http_head.c: what a proxy passes on is of this machine
# by unit view/http_table_test
s/h->forwarded |= !strncasecmp(field, "X-Forwarded-", 12);/;/
