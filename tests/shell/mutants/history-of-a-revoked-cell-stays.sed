# server/view/history.c: points that were revoked are not sent again
# by unit view/history_test
s/return shrunk ? 0 : changed < at ? changed : at;/return changed < at ? changed : at;/
