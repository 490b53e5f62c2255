# web/recount.js: points fill a quarter of the square
# by js recount
s/(a + 0\.5) \/ 32768/(a + 0.5) \/ 65536/
