# server/startup_error.c: what cannot be listened on is exit 2
# by unit server/start_test
/^int startup_error(/,/^}/s/return EXIT_LOCAL;/return EXIT_USAGE;/
