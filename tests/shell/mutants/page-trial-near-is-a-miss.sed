# web/trial.js: what its fine words decide is a miss
# by js trial
s/hit = decide(.*/hit = false;/
