# server/core/draw.c: after three exclusions only what comes is recomputed
s/j->recheck = draw_whole(j);/j->recheck = false;/
