# web/fleet.js: rows that are over stay
# by js fleet
/while (body\.rows\.length > workers\.length)/d
