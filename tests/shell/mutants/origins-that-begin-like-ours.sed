# server/view/view_policy.c: a page of localhost.evil.example may read this one
# by unit view/view_policy_test
s/!strcasecmp(after + 3, host)/!strncasecmp(after + 3, host, strlen(host))/
