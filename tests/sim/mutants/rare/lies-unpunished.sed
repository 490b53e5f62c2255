# server/core/dispute.c: recomputation bans nobody
s/if (worker == 0 || said == right)/if (worker != 0 || said == right)/
