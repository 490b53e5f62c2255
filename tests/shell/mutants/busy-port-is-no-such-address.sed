# server/startup_error.c: a port in use is told as an address that is not there
# by unit server/start_test
s/if (err == UV_EADDRNOTAVAIL)/if (err == UV_EADDRINUSE)/
