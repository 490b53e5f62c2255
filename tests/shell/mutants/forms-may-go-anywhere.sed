# server/view/route.c: the page may be framed by others
# by unit view/golden_http_test
s/; frame-ancestors 'none'"/"/
