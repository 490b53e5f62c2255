# server/view/metrics.c: the metric of the running time is a thousand times too high
# by unit view/golden_report_test
s/(double)v->uptime_ms \/ 1000);/(double)v->uptime_ms);/
