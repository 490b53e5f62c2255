# server/init.c: --init says that it has made what was there
# by unit server/start_test
s/access_made(a) ? "new/!access_made(a) ? "new/
