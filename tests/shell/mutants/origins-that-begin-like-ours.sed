# server/view/view_policy.c: a page of localhost.evil.example may read this one
# by unit view/view_policy_test
s/if (!strcasecmp(host, always\[i\]))/if (!strncasecmp(host, always[i], strlen(always[i])))/
