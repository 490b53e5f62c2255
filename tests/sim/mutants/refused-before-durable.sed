# server/core/request.c: a job that is about to end refuses a request before its end is durable
s/else if (undecided(j, r->verb))/else if (r->verb == REQUEST_RM \&\& undecided(j, r->verb))/
