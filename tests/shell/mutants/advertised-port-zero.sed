# server/options.c: --advertise takes port 0
# by unit server/options_test
s/ || strcmp(port, "0") == 0))/))/
