# common/join/client.c: a coordinator that leaves was never reached
# by unit join/client_test
/^static void on_bye/,/^}/s/enum client_end end = c->welcomed ? CLIENT_LOST : CLIENT_UNREACHED;/enum client_end end = CLIENT_UNREACHED;/
