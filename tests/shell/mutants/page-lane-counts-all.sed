# web/lanes.js: a block stands for all that was ever counted
# by js lanes
s/const counted = samples\[i\]\.trials - samples\[i - 1\]\.trials;/const counted = samples[i].trials;/
