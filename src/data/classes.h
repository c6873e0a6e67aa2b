/* classes.h - from the texts of a target to class indices.
 *
 * Classes stand in ascending order: by value if all of them are numbers (then 1 and 1.0
 * are the same class, named as it is written first), else by strcmp. */
#ifndef BENS_DATA_CLASSES_H
#define BENS_DATA_CLASSES_H

#include "data/data.h"

/* More different values are a measurement, not a class. */
enum { BENS_MAX_CLASSES = 10000 };

typedef struct {
    int32_t n;
    char *name[BENS_MAX_CLASSES];     /* owned, in the order of appearance  */
    int32_t sorted[BENS_MAX_CLASSES]; /* [n] indices of name, by strcmp     */
} bens_classes;
bens_status bens_classes_create(bens_classes **out);
void bens_classes_destroy(bens_classes *classes); /* takes NULL */

/* Local. *label = the index of text in the order of appearance.
 * Errors: BENS_ERR_CONFIG: too many classes (the caller adds the place). */
bens_status bens_classes_add(bens_classes *classes, const char *text, int32_t *label);

/* Local. Puts the classes in their order: data->label [n_rows] from the order of
 * appearance to the final one, data->class_names and n_classes. */
bens_status bens_classes_finish(const bens_classes *classes, bens_data *data);

/* Local. Gives test the classes of train, and renumbers its labels.
 * Errors: BENS_ERR_CONFIG: a class that train lacks (the caller adds the place). */
bens_status bens_classes_adopt(const bens_data *train, bens_data *test);

#endif
