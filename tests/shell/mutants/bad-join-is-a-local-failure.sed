# worker/main.c: what is no join string is a missing file
# by e2e each-end-has-its-exit-status
/if (outcome != ENDPOINT_WRONG)/,/^}/s/return endpoint.status;/return EXIT_LOCAL;/
