/* check_parts.h - the steps of a check. Private to io/check*.c; all Local. */
#ifndef BENS_IO_CHECK_PARTS_H
#define BENS_IO_CHECK_PARTS_H

#include "io/check.h"
#include "io/folder.h"
#include "io/h5.h"

/* What was checked, in lines; what does not fit is left out. */
typedef struct {
    char *text; /* [BENS_APART_TEXT], borrowed */
    size_t used;
} bens_check_report;
void bens_check_say(bens_check_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The bytes of a data set in the file. */
typedef struct {
    uint64_t address, size;
} bens_check_extent;

/* What a file consists of; names are owned. */
typedef struct {
    uint64_t file_size;
    bool is_source; /* of a virtual data set: it may have none itself */
    bool is_unread; /* chunks and texts are not read: who uses them will find out */
    int64_t n_groups, n_sets, n_attributes;
    int64_t n_filtered, n_virtual, n_empty; /* of the data sets; empty: never written   */
    bens_check_extent *extent;              /* [n_extents], owned                       */
    size_t n_extents;
    char **source; /* [n_sources] files of virtual data sets, each once, owned          */
    size_t n_sources, hint;
} bens_check_structure;

/* Walks through all groups, data sets and attributes, and reads what HDF5 alone can read:
 * chunks, texts, attributes. Errors: BENS_ERR_IO: what is unsafe or cannot be read. */
bens_status bens_check_walk(hid_t file, bens_check_structure *structure);
void bens_check_release(bens_check_structure *structure);

/* One data set of it; `where` is its path for messages. */
bens_status bens_check_set(hid_t set, const char *where, bens_check_structure *structure);
/* All attributes of an object. */
bens_status bens_check_attributes(hid_t object, const char *where,
                                  bens_check_structure *structure);

/* The contents of bens' own files. Errors: BENS_ERR_IO: a draw or a
 * state that was damaged or lost. */
bens_status bens_check_samples(const char *path, bens_check_report *report);
bens_status bens_check_checkpoint(hid_t file, const char *path,
                                  bens_check_report *report);

#endif
