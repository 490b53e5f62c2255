# server/view/metrics.c: the limit of descriptors shows how many are in use
# by unit view/golden_report_test
s/OF_STATUS(host.fds_limit)/OF_STATUS(host.fds_used)/
