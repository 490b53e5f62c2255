# server/core/dispute.c: recomputation bans whoever was right
s/if (worker == 0 || said == right)/if (worker == 0 || said != right)/
