# ctl/commands/jobs.c: a job that has ended shows the rate of its last second
# by unit ctl/golden_ctl_test
s/job_view_ended(j->state) ? job_view_average_rate(j) : j->rate/j->rate/
