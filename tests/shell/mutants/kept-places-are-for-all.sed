# server/view/http.c: the places that are kept for probes are for every request
# by unit view/http_table_test
s/if (hc->kept && !route_is_probe(url))/if (0)/
