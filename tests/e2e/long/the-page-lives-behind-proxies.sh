#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# nginx and haproxy in front, configured by the blocks of docs/OPERATIONS.md, and nginx by
# its defaults, by `$host`, and with https: the page, its files, numbers and events come
# through.  What is passed on is not of this machine.
. "$(dirname "$0")/../checks.sh"
needs curl python3 openssl

PAGE=$HERE/../../docs/OPERATIONS.md

block() { # language, which of them
    awk -v fence="\`\`\`$1" -v nth="$2" '
        /^```$/ { on = 0 }
        on { print }
        $0 == fence { on = ++n == nth }' "$PAGE"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Starts it on a free port, $AT_PORT.  Another program may take the port meanwhile: then
# another one.
proxy() { # name, function that prints its configuration for a port, command
    local name=$1 config=$2 tries=0
    shift 2
    while ((++tries <= 3)); do
        AT_PORT=$(free_port)
        "$config" >"$FLEET/$name.conf"
        start "$name" "$@" "$FLEET/$name.conf"
        wait_until 30 listens_or_ended "$name"
        running "$name" && return
    done
    fleet_fail "$name does not start"
}
listens_or_ended() { # name
    ! running "$1" || (exec 3<>"/dev/tcp/127.0.0.1/$AT_PORT") 2>/dev/null
}

nginx_with() { # what stands within http{}
    mkdir -p "$FLEET/nginx"
    cat <<END
daemon off;
master_process off;
pid $FLEET/nginx/pid;
error_log stderr;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $FLEET/nginx/a;
    proxy_temp_path $FLEET/nginx/b;
    fastcgi_temp_path $FLEET/nginx/c;
    uwsgi_temp_path $FLEET/nginx/d;
    scgi_temp_path $FLEET/nginx/e;
$1
}
END
}

# The blocks, with the ports of this scenario.
here() { # block
    sed -e "s/127\.0\.0\.1:31415/$ADDRESS/; s/listen 80;/listen 127.0.0.1:$AT_PORT;/" \
        -e "s/bind :80/bind 127.0.0.1:$AT_PORT/; s|/var/lib/picoord|$STATE|" <<<"$1"
}
nginx_path() { nginx_with "$(here "$(block nginx 1)")"; }
nginx_tls() { nginx_with "$(here "$(block nginx 2)")"; }
haproxy_path() { here "$(block haproxy 1)"; }
nginx_defaults() { # TLS in front, too
    nginx_with "server {
        listen 127.0.0.1:$AT_PORT ssl;
        ssl_certificate $FLEET/stranger.pem;
        ssl_certificate_key $FLEET/stranger.pem;
        location / { proxy_pass http://$ADDRESS; }
    }"
}
nginx_host() { # the browser's name without its port, and HTTP/1.1
    nginx_with "server {
        listen 127.0.0.1:$AT_PORT;
        location / {
            proxy_pass http://$ADDRESS;
            proxy_http_version 1.1;
            proxy_set_header Host \$host;
            proxy_set_header X-Real-IP \$remote_addr;
        }
    }"
}
nginx_silent() { # says nothing of itself
    nginx_with "server {
        listen 127.0.0.1:$AT_PORT;
        location / { proxy_pass http://$ADDRESS; proxy_http_version 1.1; }
    }"
}

# As a browser asks that trusts no plain address: Origin, and no Sec-Fetch-Site.
fetch() { # url, option...
    local url=$1
    shift
    curl -sS --insecure --max-time "$(patience 20)" --resolve "pi.example:$AT_PORT:127.0.0.1" "$@" "$url"
}
code() { fetch "$@" -o /dev/null -w '%{http_code}'; }

# A page at that base, as a browser loads it.
works() { # what, base
    local base=$2 origin link links events
    origin=$(grep -oE '^https?://[^/]*' <<<"$base")
    fetch "$base" -H 'Accept: text/html' >"$FLEET/page"
    links=$(grep -oE '(src|href)="[^"]*"' "$FLEET/page" | cut -d '"' -f 2 | sort -u)
    (($(wc -l <<<"$links") > 15)) || fleet_fail "$1: no page, but $(<"$FLEET/page")"
    for link in $links; do
        [[ $link != /* ]] || fleet_fail "$1: $link is not relative"
        same "$1: $link" 200 "$(code "$base$link" -H "Origin: $origin")"
    done
    same "$1: status" 1 "$(fetch "${base}api/v1/status" | grep -c '"workers":')"
    same "$1: metrics" 200 "$(code "${base}metrics")"
    # A second tick in time: nothing is collected on the way.
    events=$(fetch "${base}api/v1/events?hz=10" -N 2>/dev/null |
        grep -m 4 -E '^(retry|event: (hello|tick))' | tr '\n' ' ' || true)
    same "$1: events" 'retry: 2000 event: hello event: tick event: tick ' "$events"
    same "$1: who is elsewhere" 403 "$(code "${base}api/v1/status" -H 'Origin: https://evil.example' \
        -H 'Sec-Fetch-Site: cross-site')"
}

# haproxy has seen that picoord is there.
passes_on() { [[ $(code "http://pi.example:$AT_PORT/pi/healthz") == 200 ]]; }

refuses() { # what, base
    local path
    for path in '' api/v1/workers api/v1/events metrics; do
        same "$1: /$path" 403 "$(code "$2$path")"
    done
    same "$1: probes" 200 "$(code "${2}healthz")"
}

stranger_pem
STATE=$FLEET/open
coordinator --view open --view-host pi.example
picoord_at=$ADDRESS
if has 'the page behind nginx' nginx; then
    run_nginx=(nginx -e stderr -p "$FLEET" -c)
    proxy nginx1 nginx_path "${run_nginx[@]}"
    works 'nginx, under a path' "http://pi.example:$AT_PORT/pi/"
    proxy nginx2 nginx_tls "${run_nginx[@]}"
    works 'nginx, TLS to picoord' "http://pi.example:$AT_PORT/"
    proxy nginx3 nginx_defaults "${run_nginx[@]}"
    works 'nginx by its defaults, https in front' "https://pi.example:$AT_PORT/"
    proxy nginx4 nginx_host "${run_nginx[@]}"
    works 'nginx, the name alone' "http://pi.example:$AT_PORT/"
    works 'nginx, localhost' "http://localhost:$AT_PORT/"
    destroy nginx1 nginx2 nginx3 nginx4
fi
if has 'the page behind haproxy' haproxy; then
    proxy haproxy haproxy_path haproxy -db -f
    wait_until 30 passes_on
    works 'haproxy, under a path' "http://pi.example:$AT_PORT/pi/"
    destroy haproxy
fi
same 'what picoord said of it' '' "$(grep -E ' (WARN|ERROR) ' "$FLEET/picoord.log" | grep -v 'new key' || true)"

# Nothing of it is for this machine alone, however near the proxy is.
destroy picoord
coordinator --view-host pi.example
[[ $picoord_at != "$ADDRESS" ]] # the proxies are new ones
if has 'who is told from this machine by nginx' nginx; then
    proxy nginx5 nginx_defaults "${run_nginx[@]}"
    refuses 'nginx by its defaults' "https://pi.example:$AT_PORT/"
    proxy nginx6 nginx_host "${run_nginx[@]}"
    refuses 'nginx, the name alone' "http://pi.example:$AT_PORT/"
    proxy nginx7 nginx_silent "${run_nginx[@]}"
    same 'a proxy that says nothing, as documented' 200 "$(code "http://localhost:$AT_PORT/api/v1/workers")"
    destroy nginx5 nginx6 nginx7
fi
if has 'who is told from this machine by haproxy' haproxy; then
    proxy haproxy2 haproxy_path haproxy -db -f
    wait_until 30 passes_on
    refuses haproxy "http://pi.example:$AT_PORT/pi/"
    destroy haproxy2
fi
