# web/trial.js: a point is mirrored
# by js trial
s/if (each) each(place, a, b, hit);/if (each) each(place, b, a, hit);/
