# server/core/session.c: a worker may call itself by the id of another
s/if (!worker_id_of(h->name, &id))$/if (true || !worker_id_of(h->name, \&id))/
