# common/cli/job_format.c: a job that has ended has a time left
# by unit cli/job_format_test
s/if (job_view_ended(j->state) ||/if (/
