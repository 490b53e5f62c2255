# server/view/route.c: a browser that is refused gets JSON
# by unit view/golden_http_test
s/bool html = req && wants_html(req->head);/bool html = false;/
