# server/view/http.c: who sends ahead of the answers is read from
# by unit view/http_table_test
s/conn_hold(hc->conn, hc->request && hc->n_in > 0);/conn_hold(hc->conn, false);/
