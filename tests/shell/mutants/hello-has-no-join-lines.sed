# server/view/report.c: who follows the events is not told how workers join
# by unit view/golden_http_test
/^void report_join_json/,/^}/s/s->join/NULL/
