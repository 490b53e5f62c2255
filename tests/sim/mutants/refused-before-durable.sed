# server/core/request.c: a job that is about to end refuses a request before its end is durable
s/else if (undecided(j, r->verb))/else if (undecided(j, r->verb) \&\& c == NULL)/
