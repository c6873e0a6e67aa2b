/* config_fixture.h - what the tests of settings share: two files, and whether they are taken. */
#ifndef BENS_TESTS_CONFIG_FIXTURE_H
#define BENS_TESTS_CONFIG_FIXTURE_H

#include "run/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every section; the shortest of each kind of value. */
static const char pima[] = "[run]\n"
                           "output = runs/pima\n"
                           "[grid]\n"
                           "chains = 8\n"
                           "shards = 2\n"
                           "slices = 4\n"
                           "[data]\n"
                           "source = csv\n"
                           "train = data/pima.csv\n"
                           "test =              # a file, or:\n"
                           "target = class\n"
                           "batch = 32\n"
                           "order = iid\n"
                           "[model]\n"
                           "name = logistic\n"
                           "[likelihood]\n"
                           "name = bernoulli\n"
                           "[prior]\n"
                           "scale = 2\n"
                           "[prior bia*]\n"
                           "name = flat\n"
                           "[init]\n"
                           "superchain = 4\n"
                           "[sampler]\n"
                           "name = sghmc\n"
                           "integrator = euler\n"
                           "step_size = 1e-2\n"
                           "alpha = 1\n"
                           "[schedule]\n"
                           "step_size = constant\n"
                           "[chain]\n"
                           "burn_in = 30 epochs\n"
                           "[store]\n"
                           "lp = batch\n";

static const char gauss[] = "[run]\noutput = /runs/g\n"
                            "[model]\nname = gaussian\ncovariance = 1 0.5 / 0.5 2\n"
                            "[sampler]\nstep_size = 0.1\nalpha = 1\n";

enum { MOST_SETS = 8 };

static inline bens_status create(const char *text, const char *const *set,
                                 bens_config *out)
{
    size_t n = 0;
    while (set != NULL && n < MOST_SETS && set[n] != NULL) n++;
    return bens_config_create("/home/a.ini", text, strlen(text), set, n, out);
}

static inline void made(const char *text, const char *const *set, bens_config *out)
{
    if (create(text, set, out) != BENS_OK) fail_msg("%s", bens_error_text());
}

/* text, and behind it `set`, is refused with a message that begins so. */
static inline void refused(const char *text, const char *set, const char *message)
{
    bens_config c;
    const bens_status status = create(text, (const char *const[]){set, NULL}, &c);
    if (status != BENS_ERR_CONFIG)
        fail_msg("wanted '%s', found status %d", message, (int)status);
    if (strncmp(bens_error_text(), message, strlen(message)) != 0)
        fail_msg("wanted '%s...', found '%s'", message, bens_error_text());
    assert_null(c.pool);
}

#endif
