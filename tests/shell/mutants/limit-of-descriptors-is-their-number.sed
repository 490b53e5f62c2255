# server/view/metrics.c: the limit of descriptors shows how many are in use
# by unit view/golden_report_test
s/v->host.fds_limit);/v->host.fds_used);/
