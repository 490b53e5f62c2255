# server/view/report.c: the status tells the coordinator's reason in place of the job's
# by unit view/golden_report_test
s/v.job \&\& \*v.job->reason ? v.job->reason : v.reason/v.reason/
