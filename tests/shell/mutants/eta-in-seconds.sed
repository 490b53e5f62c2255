# common/cli/job_format.c: the time left is a thousandth of itself
# by unit cli/job_format_test
s/(int64_t)(1000 \* left \/ j->rate)/(int64_t)(left \/ j->rate)/
