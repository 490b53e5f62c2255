# server/view/report.c: whatever job is asked for, it is the current one
# by unit view/viewer_test
s/\.verb = REQUEST_LEDGER, \.job = number}/.verb = REQUEST_LEDGER}/
