# web/model.js: a loss is over with the first range
# by js model
s/if (loss\.left > 0) return loss\.entry;//
