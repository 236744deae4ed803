/* Tests the kit's helpers natively: each case fills a content as an author does, and reads what the host gets.
 *
 * Nothing of WebAssembly is called here. The three functions at the beginning stand in for the host's and the author's. */
#include <stdio.h>
#include <string.h>

#include "../../../sdk/c/buildpack.h"

void bp_log_log(bp_log_level_t level, bp_string_t *message) {
    (void)level;
    (void)message;
}

bool detect(const bp_detect_context_t *context, bp_detect_outcome_t *outcome, bp_failure_t *failure) {
    (void)context;
    (void)outcome;
    (void)failure;
    return true;
}

bool build(const bp_build_context_t *context, bp_build_output_t *output, bp_failure_t *failure) {
    (void)context;
    (void)output;
    (void)failure;
    return true;
}

static int failures;

#define EXPECT(condition)                                                                \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s, line %d: not true: %s\n", __func__, __LINE__, #condition); \
            failures++;                                                                  \
        }                                                                                \
    } while (0)

static bool is(bp_string_t text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

static bp_content_t *content(bp_build_output_t *output) {
    memset(output, 0, sizeof *output);
    return bp_add_content(bp_add_layer(output, "layer"), "source", "into");
}

static bp_indexed_packages_t *set_one_package(bp_content_t *content) {
    bp_indexed_packages_t *packages = bp_set_packages(content);
    bp_indexed_package_t *package = bp_add_package(packages, "six");
    bp_add(&package->sha256, "digest");
    bp_add(&packages->tags, "py3-none-any");
    return packages;
}

static void a_content_without_a_part_has_none(void) {
    bp_build_output_t output;
    EXPECT(!content(&output)->part.is_some);
}

static void a_content_has_the_packages_that_were_added(void) {
    bp_build_output_t output;
    bp_content_t *one = content(&output);
    bp_indexed_packages_t *packages = set_one_package(one);
    bp_add_package(packages, "attrs");
    EXPECT(one->part.is_some && one->part.val.tag == BP_SOURCE_PART_PACKAGES);
    EXPECT(packages->packages.len == 2 && packages->tags.len == 1);
    EXPECT(is(packages->packages.ptr[0].name, "six") && is(packages->packages.ptr[1].name, "attrs"));
    EXPECT(packages->packages.ptr[0].sha256.len == 1 && packages->packages.ptr[1].sha256.len == 0);
    EXPECT(is(packages->tags.ptr[0], "py3-none-any"));
}

/* A content has a file or packages. A second choice takes the place of the first, and nothing of the first remains. */
static void packages_take_the_place_of_a_file(void) {
    bp_build_output_t output;
    bp_content_t *one = content(&output);
    bp_set_file(one, "tool.tar.gz", "digest", BP_UNPACK_TAR_GZ)->leading_folders = 7;
    bp_indexed_packages_t *packages = bp_set_packages(one);
    EXPECT(one->part.val.tag == BP_SOURCE_PART_PACKAGES);
    EXPECT(packages->packages.len == 0 && packages->packages.ptr == NULL);
    EXPECT(packages->tags.len == 0 && packages->tags.ptr == NULL);
}

static void a_file_takes_the_place_of_packages(void) {
    bp_build_output_t output;
    bp_content_t *one = content(&output);
    set_one_package(one);
    bp_source_file_t *file = bp_set_file(one, "tool.tar.gz", "digest", BP_UNPACK_TAR_GZ);
    EXPECT(one->part.is_some && one->part.val.tag == BP_SOURCE_PART_FILE);
    EXPECT(is(file->path, "tool.tar.gz") && is(file->sha256, "digest"));
    EXPECT(file->unpack == BP_UNPACK_TAR_GZ && file->leading_folders == 0);
}

int main(void) {
    a_content_without_a_part_has_none();
    a_content_has_the_packages_that_were_added();
    packages_take_the_place_of_a_file();
    a_file_takes_the_place_of_packages();
    return failures != 0;
}
