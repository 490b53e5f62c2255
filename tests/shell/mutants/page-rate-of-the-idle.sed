# web/model.js: who is idle or gone counts into the rate
# by js model
s/WORKS\.has(w\.state) ? w\.rate : 0/w.rate/
