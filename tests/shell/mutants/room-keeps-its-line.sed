# server/options.c: --room does not show how to join
# by unit server/options_test
/^static int take_room/,/^}/s/o->show_join = true;//
