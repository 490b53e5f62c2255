# common/join/client.c: a reader that was watched stays open
# by unit join/client_test
/^void client_free/,/^}/s/        close(c->reader_epoll);/        (void)0;/
