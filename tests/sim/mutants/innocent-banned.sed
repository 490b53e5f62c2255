# server/core/dispute.c: recomputation bans whoever was right
s/if (worker == 0 || reported == actual)/if (worker == 0 || reported != actual)/
