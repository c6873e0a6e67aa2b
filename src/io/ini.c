/* ini.c - inih splits the lines; what it would cut or pass over silently is refused
 * before. */
#include "io/ini.h"
#include "core/text.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 65000, MOST_ENTRIES = 10000 };

typedef struct {
    const char *name;
    bool numbered;        /* messages name the line         */
    const char *at, *end; /* what is not read yet           */
    int line;             /* number of the current one      */
    bool inside;          /* `at` is not the start of a line */
    bool in_section;
    bens_ini *ini;
    size_t room;
    bens_status status;
} parser;

/* Records "pima.ini:12: ..." and the status; inih itself can only be told to stop. */
__attribute__((format(printf, 2, 3))) static bool refuse(parser *p, const char *format,
                                                         ...)
{
    char text[512], line[16] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (p->numbered) snprintf(line, sizeof line, ":%d", p->line);
    p->status = bens_error_set(BENS_ERR_CONFIG, "%s%s: %s", p->name, line, text);
    return false;
}

/* [*text, *end) without the space around it. */
static void trim(const char **text, const char **end)
{
    while (*text < *end && strchr(" \t\r\n", **text) != NULL) ++*text;
    while (*text < *end && strchr(" \t\r\n", (*end)[-1]) != NULL) --*end;
}

/* ---- entries ---- */

static char *copy(parser *p, const char *text, size_t length)
{
    char *out = NULL;
    const bens_status status = bens_pool_bytes(p->ini->pool, length + 1, &out);
    if (status != BENS_OK) {
        p->status = status;
        return NULL;
    }
    memcpy(out, text, length);
    return out;
}

static bool grow(parser *p)
{
    bens_ini *const ini = p->ini;
    if (ini->n == MOST_ENTRIES)
        return refuse(p, "wanted at most %d settings and sections, found more",
                      MOST_ENTRIES);
    if (ini->n < p->room) return true;
    const size_t room = p->room == 0 ? 64 : 2 * p->room;
    bens_ini_entry *const entry = realloc(ini->entry, room * sizeof *entry);
    if (entry == NULL) {
        p->status = bens_error_set(BENS_ERR_FAILURE, "no memory for %zu settings", room);
        return false;
    }
    ini->entry = entry;
    p->room = room;
    return true;
}

/* key, value: NULL for the line that begins a section. */
static bool append(parser *p, const char *section, size_t length, const char *key,
                   const char *value)
{
    if (!grow(p)) return false;
    bens_ini_entry e = {.line = p->numbered ? p->line : 0};
    if ((e.section = copy(p, section, length)) == NULL) return false;
    if (key != NULL && (e.key = copy(p, key, strlen(key))) == NULL) return false;
    if (key != NULL && (e.value = copy(p, value, strlen(value))) == NULL) return false;
    p->ini->entry[p->ini->n++] = e;
    return true;
}

static const bens_ini_entry *find(const bens_ini *ini, const char *section, size_t length,
                                  const char *key)
{
    for (size_t i = 0; i < ini->n; i++) {
        const bens_ini_entry *const e = &ini->entry[i];
        if (e->key != NULL && strcmp(e->key, key) == 0 &&
            strncmp(e->section, section, length) == 0 && e->section[length] == '\0')
            return e;
    }
    return NULL;
}

static int on_entry(void *context, const char *section, const char *key,
                    const char *value)
{
    parser *const p = context;
    const char *end = section + strlen(section);
    trim(&section, &end);
    const size_t length = (size_t)(end - section);
    /* "key =# comment": without a space before it inih takes the comment for the value */
    if (value[0] == '#' || value[0] == ';') value = "";
    const bens_ini_entry *const earlier = find(p->ini, section, length, key);
    if (earlier != NULL)
        return refuse(p, "[%.*s] %.60s: wanted once, found again (first in line %d)",
                      (int)length, section, key, earlier->line);
    return append(p, section, length, key, value);
}

/* ---- lines, before inih sees them ---- */

static bool check_bytes(parser *p, const char *text, const char *end)
{
    if (end - text > LINE_MAX_BYTES)
        return refuse(p, "wanted a line of at most %d bytes, found %zu", LINE_MAX_BYTES,
                      (size_t)(end - text));
    for (const char *c = text; c < end; c++) {
        const unsigned char byte = (unsigned char)*c;
        const bool line_break =
            byte == '\n' || (byte == '\r' && (c + 1 == end || c[1] == '\n'));
        if ((byte < 0x20 && byte != '\t' && !line_break) || byte == 0x7f)
            return refuse(p, "wanted text, found the control character 0x%02x", byte);
    }
    if (!bens_text_is_utf8(text, (size_t)(end - text)))
        return refuse(p,
                      "wanted text in UTF-8, found other bytes (save the file as UTF-8)");
    return true;
}

/* Is [text, end) nothing but space and a comment? */
static bool is_comment(const char *text, const char *end)
{
    trim(&text, &end);
    return text == end || *text == '#' || *text == ';';
}

/* inih knows a comment by the space before it. */
static bool holds_comment(const char *text, const char *end)
{
    for (; text + 1 < end; text++)
        if ((*text == ' ' || *text == '\t') && (text[1] == '#' || text[1] == ';'))
            return true;
    return false;
}

static bool check_section(parser *p, const char *text, const char *end)
{
    const char *const shut = memchr(text, ']', (size_t)(end - text));
    const int shown = (int)(end - text < 80 ? end - text : 80);
    if (shut == NULL || !is_comment(shut + 1, end) || holds_comment(text, shut))
        return refuse(p, "wanted [section] alone on its line, found '%.*s'", shown, text);
    const char *name = text + 1, *stop = shut;
    trim(&name, &stop);
    const size_t length = (size_t)(stop - name);
    if (length == 0 || memchr(name, '[', length) != NULL)
        return refuse(p, "wanted [section], found '%.*s'", shown, text);
    if (shut - text - 1 > BENS_INI_SECTION_MAX)
        return refuse(p, "wanted a section of at most %d characters, found '%.*s'",
                      BENS_INI_SECTION_MAX, shown, text);
    p->in_section = true;
    return append(p, name, length, NULL, NULL);
}

static bool check_line(parser *p, const char *text, const char *end)
{
    const char *begin = text, *stop = end;
    if (!check_bytes(p, text, end)) return false;
    if (p->line == 1 && end - text >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        begin += 3;
    const char *const indent = begin;
    trim(&begin, &stop);
    if (is_comment(begin, stop)) return true;
    if (*begin == '[') return check_section(p, begin, stop);

    const int shown = (int)(stop - begin < 80 ? stop - begin : 80);
    const char *const equals = memchr(begin, '=', (size_t)(stop - begin));
    const char *const colon = memchr(begin, ':', (size_t)(stop - begin));
    if (equals == NULL || equals == begin || (colon != NULL && colon < equals) ||
        holds_comment(begin, equals))
        return refuse(p, "wanted key = value or [section], found '%.*s'%s", shown, begin,
                      begin > indent ? " (a value stands on one line)" : "");
    if (!p->in_section)
        return refuse(p, "wanted a [section] before the first key, found '%.*s'", shown,
                      begin);
    return true;
}

/* As fgets, but counts and checks the lines. inih asks again for the rest of a long
 * one. */
static char *read_line(char *out, int size, void *stream)
{
    parser *const p = stream;
    if (p->at == p->end || p->status != BENS_OK) return NULL;
    const char *const feed = memchr(p->at, '\n', (size_t)(p->end - p->at));
    const char *const stop = feed != NULL ? feed + 1 : p->end;
    if (!p->inside) {
        p->line++;
        if (!check_line(p, p->at, stop)) return NULL;
    }
    const size_t left = (size_t)(stop - p->at), most = (size_t)size - 1;
    const size_t n = left < most ? left : most;
    memcpy(out, p->at, n);
    out[n] = '\0';
    p->at += n;
    p->inside = n < left;
    return out;
}

/* ---- the whole ---- */

static bens_status parse(parser *p, bens_ini *out)
{
    bens_ini ini = {0};
    BENS_TRY(bens_pool_create(&ini.pool));
    p->ini = &ini;

#ifndef BENS_INIH_SOURCE /* else cmake/inih.cmake has compiled the same into it */
    static char comments[] = ";#";
    ini_use_stack = false;
    ini_allow_realloc = true;
    ini_max_line = 65536;
    ini_inline_comment_prefixes = comments;
    ini_allow_inline_comments = true;
    ini_allow_multiline = false;
    ini_allow_no_value = false;
    ini_stop_on_first_error = true;
#endif

    const int failed = ini_parse_stream(read_line, p, on_entry, p);
    if (failed != 0 && p->status == BENS_OK) {
        if (failed < 0)
            p->status =
                bens_error_set(BENS_ERR_FAILURE, "%s: no memory to read it", p->name);
        else
            refuse(p, "wanted key = value or [section], found something else");
    }
    if (p->status != BENS_OK) bens_ini_release(&ini);
    *out = ini;
    return p->status;
}

bens_status bens_ini_parse(const char *name, const char *text, size_t size, bens_ini *out)
{
    return parse(&(parser){.name = name,
                           .numbered = true,
                           .at = text,
                           .end = text + size},
                 out);
}

static bens_status refuse_assignment(const char *assignment)
{
    BENS_FAIL(BENS_ERR_CONFIG, "--set: wanted section.key=value, found '%.120s'",
              assignment);
}

bens_status bens_ini_assign(const char *assignment, bens_ini *out)
{
    const char *const equals = strchr(assignment, '=');
    const char *dot = equals;
    while (dot != NULL && dot > assignment && *dot != '.') dot--;
    *out = (bens_ini){0};
    if (dot == NULL || dot == assignment || dot + 1 >= equals ||
        strpbrk(assignment, "\r\n") != NULL ||
        strcspn(assignment, "[]#;") < (size_t)(equals - assignment))
        return refuse_assignment(assignment);

    const size_t size = strlen(assignment) + 8, length = (size_t)(dot - assignment);
    char *text;
    BENS_TRY(bens_alloc(size, 1, &text));
    const int used =
        snprintf(text, size, "[%.*s]\n%s\n", (int)length, assignment, dot + 1);
    bens_status status =
        parse(&(parser){.name = "--set", .at = text, .end = text + used}, out);
    free(text);
    if (status == BENS_OK && (out->n != 2 || out->entry[1].key == NULL)) {
        bens_ini_release(out);
        return refuse_assignment(assignment);
    }
    return status;
}

void bens_ini_release(bens_ini *ini)
{
    free(ini->entry);
    bens_pool_destroy(ini->pool);
    *ini = (bens_ini){0};
}
