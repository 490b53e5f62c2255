// SPDX-License-Identifier: MIT
/*
 * The tables of a state directory, as SQL for SQLite; also what the sqlite3 shell shows
 * of state.db.  Constants only.
 */
#ifndef SERVER_STORE_SCHEMA_H
#define SERVER_STORE_SCHEMA_H

enum {
    SCHEMA_VERSION = 3,              /* PRAGMA user_version */
    SCHEMA_APPLICATION = 0x7069636f, /* PRAGMA application_id: "pico" */
};

/* schema_steps[v] leads from version v to the next; 0 is an empty database. */
extern const char *const schema_steps[SCHEMA_VERSION];

#endif
