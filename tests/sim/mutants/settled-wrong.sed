# server/core/ledger_commit.c: a settled cell loses a hit
s/row_tag(0, ROW_VERIFIED), l->cells\[cell\].hits}/row_tag(0, ROW_VERIFIED), l->cells[cell].hits - 1}/
