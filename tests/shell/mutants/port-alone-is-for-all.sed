# server/options.c: --listen 8080 listens on every address
# by unit server/options_test
s/strcpy(host, "127.0.0.1");/strcpy(host, "0.0.0.0");/
