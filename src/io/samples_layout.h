/* samples_layout.h - the variables of samples.h5 that have chains and draws: one list for
 * creating, indexing, opening and writing. Private to io/; all Local. */
#ifndef BENS_IO_SAMPLES_LAYOUT_H
#define BENS_IO_SAMPLES_LAYOUT_H

#include "io/h5.h"
#include "io/samples.h"

enum { BENS_SAMPLES_RANK = 2 + BENS_MAX_RANK };
_Static_assert((int)BENS_SAMPLES_RANK <= (int)BENS_H5_PLACE_RANK,
               "bens_h5_place has room");

/* A dimension and its coordinate: labels [n], value [n], or first ... first + n - 1. */
typedef struct {
    char name[BENS_NAME_SIZE + 16];
    int64_t n, first;
    const char *const *labels;
    const int64_t *value;
} bens_samples_axis;

/* One draw's row of sample_stats as it lies in memory. */
typedef struct {
    bens_draw draw;
    uint64_t checksum;
} bens_samples_row;

typedef struct {
    const char *group, *name, *doc; /* borrowed; doc may be NULL */
    bens_h5_type type;
    bool flag;     /* `done`: written apart from the others                   */
    size_t offset; /* posterior: elements of a draw; else bytes of the row    */
    size_t n;      /* elements of one draw                                    */
    int rank;
    bens_samples_axis axis[BENS_SAMPLES_RANK]; /* chain, draw, those of the tensor */
} bens_samples_variable;

typedef struct {
    int n, n_tensors;                /* the tensors first, in their order */
    bens_samples_variable *variable; /* [n], owned                        */
} bens_samples_layout;

/* Of the parameters, chains and draws of spec; the rest of it is not read. Errors:
 * BENS_ERR_CONFIG: a tensor and a dimension, or two different
 * dimensions, have the same name. */
bens_status bens_samples_layout_create(const bens_samples_spec *spec,
                                       bens_samples_layout *out);
void bens_samples_layout_release(bens_samples_layout *layout);

/* What a draw's numbers are stored as. */
bens_h5_type bens_samples_type(const bens_params *params);

/* Is this one of the statistics of every run? */
bool bens_samples_has_stat(const char *name);

/* The extent of a variable. */
void bens_samples_shape(const bens_samples_variable *v, hsize_t shape[BENS_SAMPLES_RANK]);

/* The variables as they are looked for in a file: (*place) [layout->n], by malloc. */
bens_status bens_samples_places(const bens_samples_layout *layout, bens_h5_place **place);

/* Bytes of all its values. */
uint64_t bens_samples_size(const bens_samples_variable *v);

/* Writes all of a file that is there from the start: groups, coordinates, variables,
 * observed data, provenance. make(context, v, list) completes the properties
 * of variable v and may be NULL; sets [n], if not NULL, gets the address of
 * each variable's first byte. */
typedef bens_status (*bens_samples_make)(const void *context,
                                         const bens_samples_variable *v, hid_t list);
bens_status bens_samples_write(hid_t file, const bens_samples_spec *spec,
                               const bens_samples_layout *layout, bens_samples_make make,
                               const void *context, uint64_t *address);

/* The parts of it. Gives a data set its dimensions: the coordinate of a name is made in
 * the group with the first variable that has it, and shared by the others. */
bens_status bens_samples_attach(hid_t group, hid_t set, const bens_samples_axis *axis,
                                int n);
/* A variable: its data set, its dimensions, where its first byte will be. */
bens_status bens_samples_put_variable(hid_t group, const bens_samples_variable *v,
                                      bens_samples_make make, const void *context,
                                      uint64_t *address);
/* Room and the values of "nothing yet" for all variables of
 * a file that HDF5 has closed. */
bens_status bens_samples_fill(const char *path, const bens_samples_layout *layout,
                              const uint64_t *address);
/* Are so many bytes free in the folder? Errors: BENS_ERR_IO. */
bens_status bens_samples_check_space(const char *folder, const char *name,
                                     uint64_t wanted);
/* Of an open file: is it of bens, and how many chains and draws does it have? At most
 * 2^24 and 2^32 of all. Errors: BENS_ERR_IO. */
bens_status bens_samples_identify(hid_t file, int64_t *n_chains, int64_t *n_draws);
/* Of an open file of that shape: the rectangles it is an index over, in its
 * order; *n_parts = 0 and *part = NULL: it is none. part: owned, one
 * free(). Errors: BENS_ERR_IO. */
bens_status bens_samples_mapped(hid_t file, int64_t n_chains, int64_t n_draws,
                                bens_samples_part **part, int *n_parts);
/* Do they lie within n_chains x n_draws and not on each other? Errors: BENS_ERR_IO. */
bens_status bens_samples_check_parts(int64_t n_chains, int64_t n_draws,
                                     const bens_samples_part *part, int n_parts);
/* Who made it: on the file and on every group of ArviZ's schema, as ArviZ writes it. */
bens_status bens_samples_put_origin(hid_t object, const bens_samples_spec *spec);
/* observed_data, if there are some. */
bens_status bens_samples_put_observed(hid_t file, const bens_samples_spec *spec);
/* Everything without chains: observed_data, constant_data, bens. */
bens_status bens_samples_put_about(hid_t file, const bens_samples_spec *spec);

#endif
