# web/rates.js: each rate stands on the ground
# by js rates
s/^    bottoms = tops;//
