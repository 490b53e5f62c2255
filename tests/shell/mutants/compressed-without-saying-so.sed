# server/view/route.c: a compressed file does not say that it is
# by unit view/golden_http_test
s/if (gzip \&\& !same)/if (!gzip \&\& !same)/
