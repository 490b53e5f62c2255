# server/access/access.c: --init prints the worker's token for pictl
# by unit server/start_test
/^void access_print_secrets/,/^}/s/ROLE_OPERATOR/ROLE_WORKER/
