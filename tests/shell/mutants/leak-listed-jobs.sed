# ctl/lib/replies.c: the jobs of a list are lost
# by leak ctl/ctl_jobs_test
s/^    free(a->jobs);//
