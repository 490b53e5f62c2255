# server/access/advertise.c: an address that is listened on twice is told twice
# by unit access/advertise_test
/if (!strcmp(l->items\[i\].host, host)/{n;s/return;/continue;/}
