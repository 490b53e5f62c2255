// SPDX-License-Identifier: MIT
#include "ctl/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "common/conn.h"
#include "common/contact.h"
#include "common/text.h"
#include "ctl/ctl.h"

static void set_where(struct target *t)
{
    snprintf(t->where, sizeof(t->where), strchr(t->host, ':') ? "[%s]:%s" : "%s:%s",
             t->host, t->port);
}

static int read_contact(const char *path, struct target *ret)
{
    char shown[128];
    int rc = contact_read(path, ret->host, ret->port);
    text_escape_str(shown, sizeof(shown), path);
    set_where(ret);
    if (rc == 0)
        return CTL_OK;
    if (rc == -EBADMSG) {
        ctl_complain("it holds {\"addr\":\"127.0.0.1\",\"port\":31415}",
                     "%s is no contact file", shown);
        return CTL_USAGE;
    }
    ctl_complain("picoord --contact-file F writes it once it listens",
                 "cannot read the contact file %s: %s", shown, uv_strerror(rc));
    return rc == -ENOENT ? CTL_UNREACHED : CTL_LOCAL;
}

static int split(const char *text, const char *source, struct target *ret)
{
    char shown[128];
    if (address_split(text, ret->host, ret->port) < 0) {
        ctl_complain("HOST, HOST:PORT or [V6]:PORT, with a port from 1 to 65535",
                     "%s '%s' is no address", source,
                     text_escape_str(shown, sizeof(shown), text));
        return CTL_USAGE;
    }
    set_where(ret);
    return CTL_OK;
}

int target_find(const char *flag, const char *contact_file, const char *env,
                struct target *ret)
{
    if (flag)
        return split(flag, "--coordinator", ret);
    if (contact_file)
        return read_contact(contact_file, ret);
    if (env)
        return split(env, "PI_COORDINATOR", ret);
    return split(TARGET_DEFAULT, "the default", ret);
}
