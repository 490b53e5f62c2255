# web/model.js: who is gone stands in the row of who came back
# by js model
s/if (!named\.has(row\.name) || !GONE\.has(row\.state))/if (!named.has(row.name) || GONE.has(row.state))/
