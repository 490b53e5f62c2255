# server/view/metrics.c: the metric of the running time is a thousand times too high
# by unit view/golden_report_test
/"Since the coordinator has started."/s/MS/U64/
