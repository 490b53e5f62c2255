# server/core/request.c: a job that is about to end refuses a request before its end is durable
s/else if (undecided(j))/else if (undecided(j) \&\& c == NULL)/
