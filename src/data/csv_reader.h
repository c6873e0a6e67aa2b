/* csv_reader.h - the records of a CSV file (RFC 4180), one at a time.
 *
 * Fields are separated by commas. A field may be quoted: "a, b", with "" for a quote and
 * line breaks inside. Lines end with LF or CR LF; a byte order mark at the beginning,
 * blank lines, and spaces and tabs around a field are left out. The text is UTF-8. */
#ifndef BENS_DATA_CSV_READER_H
#define BENS_DATA_CSV_READER_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    const char *path; /* borrowed */
    int64_t n_bytes;  /* of the file */
    int64_t n_lines;  /* of the file; records are never more */

    int64_t line;       /* where the record at hand begins, from 1 */
    int64_t n_fields;   /* of it */
    const char **field; /* [n_fields], valid until the next record */

    FILE *file;
    int64_t here; /* line of the next byte */
    char *text;   /* the fields one after another, each with its '\0' */
    size_t size, text_room, field_room;
    size_t *begin; /* [field_room] of each field in text */
    size_t at, end;
    unsigned char block[1 << 14];
} bens_csv;

/* Local. path must live as long as *out. Errors: BENS_ERR_CONFIG (no such file, not a
 * regular file, an empty file), BENS_ERR_IO. */
bens_status bens_csv_open(const char *path, bens_csv **out);
void bens_csv_close(bens_csv *csv); /* takes NULL */

/* Local. The next record that is not blank; *found = false at the end of the file.
 * Errors: BENS_ERR_CONFIG (what is no CSV, with path and line), BENS_ERR_IO. */
bens_status bens_csv_next(bens_csv *csv, bool *found);

/* Local. The first record: different names. Errors: BENS_ERR_CONFIG, BENS_ERR_IO. */
bens_status bens_csv_names(bens_csv *csv);

/* Local. The place of a name in the header at hand, -1 if there is none. */
int64_t bens_csv_find(const bens_csv *csv, const char *name);

/* Local. The same record: at least two names, one of which is target.
 * Errors: BENS_ERR_CONFIG, BENS_ERR_IO. */
bens_status bens_csv_header(bens_csv *csv, const char *target, int64_t *column);

/* A text of the file as a message shows it: cut, but not within a character. */
typedef struct {
    char text[48];
} bens_csv_excerpt;
bens_csv_excerpt bens_csv_show(const char *text);

#endif
