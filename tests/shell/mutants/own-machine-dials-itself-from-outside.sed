# server/access/access.c: programs of this machine get an address for others
# by unit access/access_test
/^static const struct advertised \*local_address/,/^}/s/if (a->addresses\[i\].local)/if (!a->addresses[i].local)/
