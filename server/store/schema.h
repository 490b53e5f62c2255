// SPDX-License-Identifier: MIT
/*
 * The tables of a state directory, as SQL for SQLite; also what the sqlite3 shell shows
 * of state.db.  Constants only.
 */
#ifndef SERVER_STORE_SCHEMA_H
#define SERVER_STORE_SCHEMA_H

enum {
    SCHEMA_VERSION = 2,              /* PRAGMA user_version */
    SCHEMA_APPLICATION = 0x7069636f, /* PRAGMA application_id: "pico" */
};

/* Creates the tables of version 1 in an empty database, and sets its ids. */
extern const char schema_create[];

/* Upgrades version 1 to version 2: audits. */
extern const char schema_second[];

#endif
