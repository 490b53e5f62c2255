# server/access/advertise.c: --advertise without a port does not get the one that is listened on
# by unit access/advertise_test
s/if (strlen(given) <= strlen(host) + 2)/if (strlen(given) < strlen(host))/
