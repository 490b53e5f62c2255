# common/cli/job_format.c: a bar is full before its job
# by unit cli/job_format_test
s/(unsigned)(fraction \* cells \* 8)/(unsigned)(fraction * cells * 9)/
