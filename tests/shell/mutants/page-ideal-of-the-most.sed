# web/speedup.js: efficiency is beside the wrong ideal
# by js speedup
s/const ideal = last\.threads \/ first\.threads;/const ideal = last.threads - first.threads;/
