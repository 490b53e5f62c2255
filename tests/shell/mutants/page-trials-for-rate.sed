# web/fleet.js: the trials stand where the rate is
# by js fleet
s/`${si(w\.rate)}\/s`/`${si(w.trials)}\/s`/
