# web/fleet.js: 5 s of silence are 4,600
# by js fleet
s/Math\.round(Number(w\.last_seen_ms) \/ 1000)/Math.round(Number(w.last_seen_ms))/
