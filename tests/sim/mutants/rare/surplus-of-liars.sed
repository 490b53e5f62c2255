# server/core/job.c: an extension counts the surplus of workers that are banned
s/^    revoke_surplus(c, j);$/    (void)revoke_surplus;/
