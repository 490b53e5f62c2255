# server/core/settle.c: an extension counts on what is in doubt
s/^    revoke_doubtful(c, j);$/    (void)revoke_doubtful;/
