# common/cli/job_format.c: the average rate is that of all trials that are wanted
# by unit cli/job_format_test
s/1000 \* (double)j->done/1000 * (double)j->trials/
