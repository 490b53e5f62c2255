# server/core/job.c: an extension counts the surplus of workers that are banned
/^static void revoke_doubtful/,/^}/s/if (ban && ban->revoke)/if (!ban \&\& !j)/
