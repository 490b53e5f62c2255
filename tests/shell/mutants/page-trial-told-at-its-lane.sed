# web/trial.js: a trial is told at its place in the block
# by js trial
s/each(place, a, b/each(lane, a, b/
