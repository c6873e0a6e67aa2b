#include "data/csv_reader.h"
#include "core/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST_RECORD = 64 << 20 };

static bens_status open_file(const char *path, FILE **out)
{
    struct stat about;
    FILE *const f = fopen(path, "rb");
    if (f == NULL && (errno == ENOENT || errno == ENOTDIR))
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted a CSV file, found no such file", path);
    if (f == NULL) BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(fileno(f), &about) != 0 || !S_ISREG(about.st_mode)) {
        fclose(f);
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted a CSV file, found something that is no regular file",
                  path);
    }
    *out = f;
    return BENS_OK;
}

static bens_status check_read(const bens_csv *csv)
{
    if (ferror(csv->file))
        BENS_FAIL(BENS_ERR_IO, "cannot read '%s': %s", csv->path, strerror(errno));
    return BENS_OK;
}

/* A first pass, so that the table can be allocated once, and not
 * larger than the file allows. */
static bens_status count(bens_csv *csv)
{
    size_t n;
    while ((n = fread(csv->block, 1, sizeof csv->block, csv->file)) > 0) {
        const unsigned char *from = csv->block, *const end = csv->block + n;
        csv->n_bytes += (int64_t)n;
        while ((from = memchr(from, '\n', (size_t)(end - from))) != NULL) {
            csv->n_lines++;
            if (++from == end) break;
        }
    }
    BENS_TRY(check_read(csv));
    csv->n_lines++; /* the last may lack its line break */
    if (csv->n_bytes == 0)
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted a CSV file, found an empty file",
                  csv->path);
    rewind(csv->file);
    return BENS_OK;
}

static int peek(bens_csv *csv)
{
    if (csv->at == csv->end) {
        csv->at = 0;
        csv->end = fread(csv->block, 1, sizeof csv->block, csv->file);
        if (csv->end == 0) return EOF;
    }
    return csv->block[csv->at];
}

static int take(bens_csv *csv)
{
    const int c = peek(csv);
    if (c == EOF) return EOF;
    csv->at++;
    csv->here += c == '\n';
    return c;
}

static void skip_mark(bens_csv *csv)
{
    static const unsigned char mark[3] = {0xef, 0xbb, 0xbf};
    if (peek(csv) != EOF && csv->end >= sizeof mark &&
        memcmp(csv->block, mark, sizeof mark) == 0)
        csv->at = sizeof mark;
}

bens_status bens_csv_open(const char *path, bens_csv **out)
{
    bens_csv *csv;
    BENS_TRY(bens_alloc(1, sizeof *csv, &csv));
    csv->path = path;
    csv->here = 1;
    bens_status s = open_file(path, &csv->file);
    if (s == BENS_OK) s = count(csv);
    if (s != BENS_OK) {
        bens_csv_close(csv);
        return s;
    }
    skip_mark(csv);
    *out = csv;
    return BENS_OK;
}

void bens_csv_close(bens_csv *csv)
{
    if (csv == NULL) return;
    if (csv->file != NULL) fclose(csv->file);
    free(csv->text);
    free(csv->begin);
    free(csv->field);
    free(csv);
}

static bens_status grow_text(bens_csv *csv)
{
    const size_t room = csv->text_room == 0 ? 4096 : 2 * csv->text_room;
    if (room > LARGEST_RECORD)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s:%lld: wanted a row of at most %d MiB, found a longer one: is it a "
                  "CSV file, and are its quotes closed?",
                  csv->path, (long long)csv->line, LARGEST_RECORD >> 20);
    char *const text = realloc(csv->text, room);
    if (text == NULL)
        BENS_FAIL(BENS_ERR_FAILURE, "'%s': no memory to read it", csv->path);
    csv->text = text;
    csv->text_room = room;
    return BENS_OK;
}

/* Control characters have no place in a table: this is how a binary file shows. */
static bens_status push(bens_csv *csv, int c, bool quoted)
{
    if (c < ' ' && c != '\t' && !(quoted && (c == '\n' || c == '\r')))
        BENS_FAIL(BENS_ERR_CONFIG, "%s:%lld: wanted CSV text, found the byte 0x%02x%s",
                  csv->path, (long long)csv->here, (unsigned)c,
                  c == '\r' ? " without a line feed behind it"
                            : ": is it a binary file?");
    if (csv->size == csv->text_room) BENS_TRY(grow_text(csv));
    csv->text[csv->size++] = (char)c;
    return BENS_OK;
}

static bens_status begin_field(bens_csv *csv)
{
    if ((size_t)csv->n_fields == csv->field_room) {
        const size_t room = csv->field_room == 0 ? 64 : 2 * csv->field_room;
        size_t *const begin = realloc(csv->begin, room * sizeof *begin);
        if (begin != NULL) csv->begin = begin;
        const char **const field = realloc(csv->field, room * sizeof *field);
        if (field != NULL) csv->field = field;
        if (begin == NULL || field == NULL)
            BENS_FAIL(BENS_ERR_FAILURE, "'%s': no memory to read it", csv->path);
        csv->field_room = room;
    }
    csv->begin[csv->n_fields++] = csv->size;
    return BENS_OK;
}

static bens_status end_field(bens_csv *csv)
{
    if (csv->size == csv->text_room) BENS_TRY(grow_text(csv));
    csv->text[csv->size++] = '\0';
    return BENS_OK;
}

static bool is_space(int c)
{
    return c == ' ' || c == '\t';
}

/* What ends a field: a comma, a line break (CR LF counts as one), the end of the file. */
static bool take_end(bens_csv *csv, int c, int *end)
{
    if (c == '\r' && peek(csv) == '\n') c = take(csv);
    *end = c;
    return c == ',' || c == '\n' || c == EOF;
}

/* Behind the opening quote. */
static bens_status read_quoted(bens_csv *csv, int *end)
{
    const int64_t opened = csv->here;
    int c;
    while ((c = take(csv)) != '"' || peek(csv) == '"') {
        if (c == EOF) BENS_TRY(check_read(csv));
        if (c == EOF)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "%s:%lld: wanted a quote that closes the one here, found the end "
                      "of the file",
                      csv->path, (long long)opened);
        if (c == '"') take(csv); /* the second of "" */
        BENS_TRY(push(csv, c, true));
    }
    while (is_space(c = take(csv))) {
    }
    if (!take_end(csv, c, end))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s:%lld: wanted a comma or the end of the line behind a closing "
                  "quote, found '%c' (a quote inside a quoted field is written \"\")",
                  csv->path, (long long)csv->here, c > ' ' && c < 0x7f ? c : '?');
    return end_field(csv);
}

static bens_status read_plain(bens_csv *csv, int c, int *end)
{
    const size_t begin = csv->size;
    for (; !take_end(csv, c, end); c = take(csv)) BENS_TRY(push(csv, c, false));
    while (csv->size > begin && is_space(csv->text[csv->size - 1])) csv->size--;
    return end_field(csv);
}

static bens_status read_record(bens_csv *csv, bool *blank)
{
    bool quoted = false;
    int c, end = ',';
    csv->size = 0;
    csv->n_fields = 0;
    csv->line = csv->here;
    while (end == ',') {
        BENS_TRY(begin_field(csv));
        while (is_space(c = take(csv))) {
        }
        quoted = quoted || c == '"';
        BENS_TRY(c == '"' ? read_quoted(csv, &end) : read_plain(csv, c, &end));
    }
    *blank = csv->n_fields == 1 && !quoted && csv->text[0] == '\0';
    if (!bens_text_is_utf8(csv->text, csv->size))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s:%lld: wanted text in UTF-8, found bytes that are none: is it a "
                  "binary file, or in another encoding?",
                  csv->path, (long long)csv->line);
    return BENS_OK;
}

bens_status bens_csv_next(bens_csv *csv, bool *found)
{
    bool blank = true;
    *found = false;
    while (blank && peek(csv) != EOF) BENS_TRY(read_record(csv, &blank));
    BENS_TRY(check_read(csv));
    if (blank) return BENS_OK;
    for (int64_t i = 0; i < csv->n_fields; i++) csv->field[i] = csv->text + csv->begin[i];
    *found = true;
    return BENS_OK;
}

bens_csv_excerpt bens_csv_show(const char *text)
{
    enum { MOST = 40 };
    bens_csv_excerpt e;
    size_t n = strlen(text);
    if (n > MOST)
        for (n = MOST; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;) n--;
    snprintf(e.text, sizeof e.text, "%.*s%s", (int)n, text, text[n] == '\0' ? "" : "...");
    return e;
}
