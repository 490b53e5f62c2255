# server/core/dispute.c: recomputation bans nobody
s/if (worker == 0 || reported == actual)/if (worker != 0 || reported == actual)/
