/* settings.h - options of a sampler or model in a test, set by their own table. */
#ifndef BENS_TESTS_SETTINGS_H
#define BENS_TESTS_SETTINGS_H

#include "core/option.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    bens_pool *pool;
    void *options;
    bens_status status; /* of the first text that was refused */
} settings;

/* Defaults, then "key=value" texts up to NULL. */
static inline settings settings_make(const bens_option *table, size_t size,
                                     const char *const *texts)
{
    settings s = {0};
    assert_int_equal(bens_pool_create(&s.pool), BENS_OK);
    assert_int_equal(bens_pool_bytes(s.pool, size, &s.options), BENS_OK);
    for (const bens_option *o = table; o->name != NULL; o++)
        if (o->preset != NULL)
            assert_int_equal(bens_option_set(o, s.options, s.pool, ".", "default", "test",
                                             o->preset),
                             BENS_OK);
    for (; *texts != NULL && s.status == BENS_OK; texts++) {
        char name[64] = "";
        const size_t length = strcspn(*texts, "=");
        assert_true(length < sizeof name);
        memcpy(name, *texts, length);
        const bens_option *o = bens_option_find(table, name);
        assert_non_null(o);
        s.status = bens_option_set(o, s.options, s.pool, ".", "text", "test",
                                   *texts + length + 1);
    }
    return s;
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline void settings_release(settings *s)
{
    bens_pool_destroy(s->pool);
    *s = (settings){0};
}

/* Choice k of a "a|b|c" as "key=b"; false behind the last. */
static inline int settings_choice(const bens_option *option, int k, char *text,
                                  size_t size)
{
    const char *name = option->choices;
    for (; k > 0 && name != NULL; k--) {
        name = strchr(name, '|');
        if (name != NULL) name++;
    }
    if (name == NULL) return 0;
    snprintf(text, size, "%s=%.*s", option->name, (int)strcspn(name, "|"), name);
    return 1;
}

#endif
