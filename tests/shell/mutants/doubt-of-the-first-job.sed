# ctl/commands/jobs.c: that a job is in doubt is told of the first one
# by unit ctl/ctl_answers_test
/"?: in doubt/,/;/s/r->jobs\[i\].number/r->jobs[0].number/
