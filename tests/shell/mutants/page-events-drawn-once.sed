# web/fleet.js: a sentence that is told anew is not shown
# by js fleet
s/const now = model\.events\.map((e) => e\.id)\.join();/const now = String(model.events.length);/
