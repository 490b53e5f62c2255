# web/model.js: what came while others computed counts for those of now
# by js speedup
s/const same = key === before\.key;/const same = true;/
