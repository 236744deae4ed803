/* The kit for a buildpack in C. A buildpack defines two functions, `detect` and `build`, and calls those below.
 *
 * The records of the contract (`bp_build_output_t`, `bp_layer_t` and others) are in bindings/wit.h, each with what the
 * host expects of it. An output has only zeros at first, which is a valid answer.
 *
 * Paths: the current directory is the application, so "Procfile" names the application's Procfile. The application
 * can be read; files can be written in the layers only. The host sets no file modes: see `bp_executable`.
 *
 * Memory: every function here copies the text that it takes. Nothing needs to be freed, since the host calls a
 * component once and then drops its memory. A pointer that a `bp_add_` function returns is valid until the next
 * element is added to the same list.
 */
#ifndef BUILDPACK_H
#define BUILDPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bindings/wit.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef wit_string_t bp_string_t;
typedef wit_list_string_t bp_list_string_t;
typedef wit_option_string_t bp_option_string_t;

#if defined(__GNUC__)
#define BP_FORMAT(text, rest) __attribute__((format(printf, text, rest)))
#else
#define BP_FORMAT(text, rest)
#endif

/* Written by the author. ------------------------------------------------------------------------------------------ */

/* Decides whether this buildpack takes part. Returns true after `bp_pass` or `bp_fail`, and false after one of the
 * `bp_failure_` functions. */
bool detect(const bp_detect_context_t *context, bp_detect_outcome_t *outcome, bp_failure_t *failure);

/* Decides on the content of the image. Returns false after one of the `bp_failure_` functions. */
bool build(const bp_build_context_t *context, bp_build_output_t *output, bp_failure_t *failure);

/* Text. ----------------------------------------------------------------------------------------------------------- */

/* A copy as the contract has texts: bytes of UTF-8 and their number. */
bp_string_t bp_string(const char *text);
bp_string_t bp_string_n(const char *text, size_t length);

/* A copy with a zero at its end, as C has texts. */
char *bp_text(bp_string_t string);

/* The text of an option, or NULL. */
char *bp_option_text(const bp_option_string_t *option);

/* Whether a text of the contract has the same bytes as one of C. */
bool bp_is(bp_string_t string, const char *text);

/* A new text, made as `printf` makes it. */
char *bp_format(const char *format, ...) BP_FORMAT(1, 2);

/* Sets an option. NULL leaves it without a value. */
void bp_set(bp_option_string_t *option, const char *text);

/* Adds a text to a list, such as the arguments of a process. */
void bp_add(bp_list_string_t *list, const char *text);

/* The value of an environment variable that buildpack.toml lets the component see, or NULL. `getenv` finds none. */
char *bp_variable(const bp_list_variable_t *variables, const char *name);

/* Messages. ------------------------------------------------------------------------------------------------------- */

void bp_log_debug(const char *message);
void bp_log_info(const char *message);
void bp_log_warning(const char *message);

/* Files. A function that fails sets `errno`; then `bp_failure_io` says which file and why. ------------------------- */

/* Whether there is a file or folder of this name. */
bool bp_exists(const char *path);

/* The content of a file with a zero behind it, or NULL. `length` may be NULL. */
char *bp_read_file(const char *path, size_t *length);

/* Writes a file, and makes the folders above it. */
bool bp_write_file(const char *path, const void *bytes, size_t length);

/* A path in a layer: `bp_layer_path(context, "tools", "bin/tool")`. */
char *bp_layer_path(const bp_build_context_t *context, const char *layer, const char *path);

/* Answers of detect. ---------------------------------------------------------------------------------------------- */

/* The buildpack takes part. Returns true, for `return`. */
bool bp_pass(bp_detect_outcome_t *outcome);

/* The buildpack does not take part, for this reason. This is not an error. Returns true, for `return`. */
bool bp_fail(bp_detect_outcome_t *outcome, const char *reason);

/* Names a dependency that this buildpack provides, or needs, in an alternative of the build plan. The first
 * alternative is `&outcome->val.pass.first`. `metadata` is a JSON object, or NULL. */
void bp_provide(bp_plan_alternative_t *alternative, const char *name);
void bp_require(bp_plan_alternative_t *alternative, const char *name, const char *metadata);

/* Adds an alternative, which is tried after those before it. */
bp_plan_alternative_t *bp_add_alternative(bp_detect_outcome_t *outcome);

/* Answers of build. ----------------------------------------------------------------------------------------------- */

/* Adds a process that runs a program without a shell; `bp_add(&process->command, …)` adds an argument. */
bp_process_t *bp_add_process(bp_build_output_t *output, const char *type, const char *program);

/* Adds a process that runs a command line by `bash -c`. */
bp_process_t *bp_add_process_bash(bp_build_output_t *output, const char *type, const char *command);

/* Adds a layer. Set its `types` and, if it has any, its `metadata`. */
bp_layer_t *bp_add_layer(bp_build_output_t *output, const char *name);

/* Adds to a layer a folder that the host fetches from a source of buildpack.toml. */
bp_content_t *bp_add_content(bp_layer_t *layer, const char *source, const char *into);

/* Selects one file of a source that consists of files, in place of what was selected before. `unpack` is one of
 * `BP_UNPACK_…`. */
bp_source_file_t *bp_set_file(bp_content_t *content, const char *path, const char *sha256, bp_unpack_t unpack);

/* Selects packages that the source's list has with digests and without addresses, in place of what was selected
 * before. `bp_add(&packages->tags, …)` adds a compatibility tag of wheels that fit, the best one first. */
bp_indexed_packages_t *bp_set_packages(bp_content_t *content);

/* Adds a package by its name in normal form; `bp_add(&package->sha256, …)` adds a digest that the list has for it. */
bp_indexed_package_t *bp_add_package(bp_indexed_packages_t *packages, const char *name);

/* Adds to a layer a change of an environment variable (`BP_ENV_SCOPE_…`, `BP_ENV_MODE_…`). */
bp_env_change_t *bp_add_env(bp_layer_t *layer, bp_env_scope_t scope, bp_env_mode_t mode, const char *name,
                            const char *value);

/* Adds to a layer a program that the launcher runs before the process. */
bp_exec_d_program_t *bp_add_exec_d(bp_layer_t *layer, const char *name, const void *program, size_t length);

/* Has the host make executable a file that this component wrote into the layer, such as "bin/tool". */
void bp_executable(bp_layer_t *layer, const char *path);

/* Adds a label to the image. */
void bp_add_label(bp_build_output_t *output, const char *key, const char *value);

/* Adds a slice of the application; `bp_add(&slice->paths, …)` adds a pattern. */
bp_slice_t *bp_add_slice(bp_build_output_t *output);

/* Sets what the next build gets as its `store`, a JSON object. */
void bp_set_store(bp_build_output_t *output, const char *json);

/* Failures. Each returns false, for `return`. --------------------------------------------------------------------- */

/* The application does not meet the requirements. `text` says why, and what its author can do. */
bool bp_failure_application(bp_failure_t *failure, const char *title, const char *text);

/* The platform's input does not meet the requirements, such as a variable's value. */
bool bp_failure_platform(bp_failure_t *failure, const char *title, const char *text);

/* A file could not be read or written. The message has the reason of `errno`. */
bool bp_failure_io(bp_failure_t *failure, const char *path);

/* The fault is in this buildpack. */
bool bp_failure_internal(bp_failure_t *failure, const char *title, const char *text);

#ifdef __cplusplus
}
#endif
#endif
