# server/view/metrics.c: the metric of verified hits shows all
# by unit view/golden_report_test
s/OF_JOB(verified_hits)/OF_JOB(hits)/
