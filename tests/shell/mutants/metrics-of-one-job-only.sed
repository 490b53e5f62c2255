# server/view/metrics.c: of several open jobs one has metrics
# by unit view/report_test
s/n_shown < JOBS_SHOWN_MAX/n_shown < 1/
