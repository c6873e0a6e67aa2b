/* A group of one rank works without MPI_Init: this program never starts MPI. */
#include "comm/grid.h"
#include "comm/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void collectives_of_one(void **state)
{
    (void)state;
    bens_comm *self = NULL, *part = NULL;
    assert_int_equal(bens_comm_self(&self), BENS_OK);
    assert_int_equal(bens_comm_size(self), 1);
    assert_int_equal(bens_comm_rank(self), 0);
    assert_int_equal(bens_comm_node_size(self), 1);
    assert_int_equal(bens_comm_node_rank(self), 0);

    double value[2] = {3, 4};
    assert_int_equal(bens_comm_sum(self, value, 2, BENS_OK), BENS_OK);
    assert_true(value[0] == 3 && value[1] == 4);
    char text[] = "text", *bytes = text, *all = NULL;
    size_t size = 4;
    assert_int_equal(bens_comm_broadcast(self, 0, &bytes, &size, BENS_OK), BENS_OK);
    assert_true(bytes == text && size == 4);
    assert_int_equal(bens_comm_gather_text(self, "host", &all, BENS_OK), BENS_OK);
    assert_string_equal(all, "host");
    free(all);
    assert_int_equal(bens_comm_split(self, 5, &part, BENS_OK), BENS_OK);
    assert_int_equal(bens_comm_size(part), 1);
    bens_comm_destroy(part);
    bens_comm_destroy(self);
    bens_comm_destroy(NULL);
}

static void failure_of_one(void **state)
{
    (void)state;
    bens_comm *self = NULL, *part = NULL;
    double value = 3;
    assert_int_equal(bens_comm_self(&self), BENS_OK);
    const bens_status mine = bens_error_set(BENS_ERR_IO, "a line");
    assert_int_equal(bens_comm_agree(self, mine), BENS_ERR_IO);
    assert_int_equal(bens_comm_sum(self, &value, 1, mine), BENS_ERR_IO);
    assert_int_equal(bens_comm_split(self, 0, &part, mine), BENS_ERR_IO);
    assert_string_equal(bens_error_text(), "a line");
    bens_comm_destroy(self);
}

static void never_started(void **state)
{
    (void)state;
    int started = 1;
    char text[128];
    bens_comm_describe(text, sizeof text);
    assert_non_null(strstr(text, "MPI"));
    MPI_Initialized(&started);
    assert_false(started);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(collectives_of_one),
                                       cmocka_unit_test(failure_of_one),
                                       cmocka_unit_test(never_started)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
