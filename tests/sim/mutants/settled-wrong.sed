# server/core/ledger_commit.c: rows that lose their authors lose hits
s/^        row.value += x->value;/        row.value += x->value - (x->value > 0);/
