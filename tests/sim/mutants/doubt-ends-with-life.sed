# server/core/ledger_commit.c: a restarted coordinator knows of no doubt
s/enum row_state state = r->doubtful   ?/enum row_state state = !r->count ?/
