/* The functions of buildpack.h, and the two that the host calls. */
#include "buildpack.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory ends in a trap, which the host reports with the component's limit. */
static void *grown(void *old, size_t size) {
    void *memory = realloc(old, size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* A list with room for one more element. The lists of the contract have no capacity of their own, so it is the length,
 * rounded up to a power of two. */
static void *with_room(void *elements, size_t length, size_t size) {
    if ((length & (length - 1)) != 0) {
        return elements;
    }
    size_t room = length == 0 ? 1 : length * 2;
    if (room > SIZE_MAX / size) {
        abort();
    }
    return grown(elements, room * size);
}

/* Adds an element, all zeros, to a list, and is its address. */
#define ADDED(list)                                                                      \
    ((list)->ptr = with_room((list)->ptr, (list)->len, sizeof *(list)->ptr),             \
     memset(&(list)->ptr[(list)->len], 0, sizeof *(list)->ptr), (list)->len += 1, \
     &(list)->ptr[(list)->len - 1])

bp_string_t bp_string_n(const char *text, size_t length) {
    bp_string_t string = {NULL, 0};
    if (length > 0) {
        string.ptr = grown(NULL, length);
        string.len = length;
        memcpy(string.ptr, text, length);
    }
    return string;
}

bp_string_t bp_string(const char *text) {
    return bp_string_n(text, strlen(text));
}

char *bp_text(bp_string_t string) {
    char *text = grown(NULL, string.len + 1);
    if (string.len > 0) {
        memcpy(text, string.ptr, string.len);
    }
    text[string.len] = 0;
    return text;
}

char *bp_option_text(const bp_option_string_t *option) {
    return option->is_some ? bp_text(option->val) : NULL;
}

bool bp_is(bp_string_t string, const char *text) {
    size_t length = strlen(text);
    return string.len == length && (length == 0 || memcmp(string.ptr, text, length) == 0);
}

char *bp_format(const char *format, ...) {
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, format, values);
    va_end(values);
    if (length < 0) {
        abort();
    }
    char *text = grown(NULL, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void bp_set(bp_option_string_t *option, const char *text) {
    option->is_some = text != NULL;
    if (text != NULL) {
        option->val = bp_string(text);
    }
}

void bp_add(bp_list_string_t *list, const char *text) {
    bp_string_t *element = ADDED(list);
    *element = bp_string(text);
}

char *bp_variable(const bp_list_variable_t *variables, const char *name) {
    for (size_t i = 0; i < variables->len; i++) {
        if (bp_is(variables->ptr[i].name, name)) {
            return bp_text(variables->ptr[i].value);
        }
    }
    return NULL;
}

static void logged(bp_log_level_t level, const char *message) {
    bp_string_t text = {(uint8_t *)message, strlen(message)};
    bp_log_log(level, &text);
}

void bp_log_debug(const char *message) {
    logged(BP_LOG_LEVEL_DEBUG, message);
}

void bp_log_info(const char *message) {
    logged(BP_LOG_LEVEL_INFO, message);
}

void bp_log_warning(const char *message) {
    logged(BP_LOG_LEVEL_WARNING, message);
}

bool bp_exists(const char *path) {
    struct stat found;
    return stat(path, &found) == 0;
}

char *bp_read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *bytes = NULL;
    size_t room = 0, read = 0;
    do {
        room = room == 0 ? 4096 : room * 2;
        bytes = grown(bytes, room);
        read += fread(bytes + read, 1, room - 1 - read, file);
    } while (read == room - 1);
    int fault = ferror(file) ? errno : 0;
    fclose(file);
    if (fault != 0) {
        free(bytes);
        errno = fault;
        return NULL;
    }
    bytes[read] = 0;
    if (length != NULL) {
        *length = read;
    }
    return bytes;
}

/* Makes the folders above a file. One that exists already is not an error. */
static void make_folders(char *path) {
    for (char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = 0;
        mkdir(path, 0777);
        *at = '/';
    }
}

bool bp_write_file(const char *path, const void *bytes, size_t length) {
    char *copy = bp_text((bp_string_t){(uint8_t *)path, strlen(path)});
    make_folders(copy);
    free(copy);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return false;
    }
    size_t written = fwrite(bytes, 1, length, file);
    int fault = written == length ? 0 : errno;
    if (fclose(file) != 0 && fault == 0) {
        fault = errno;
    }
    errno = fault;
    return fault == 0;
}

char *bp_layer_path(const bp_build_context_t *context, const char *layer, const char *path) {
    return bp_format("%.*s/%s/%s", (int)context->layers_dir.len, (const char *)context->layers_dir.ptr, layer, path);
}

bool bp_pass(bp_detect_outcome_t *outcome) {
    outcome->tag = BP_DETECT_OUTCOME_PASS;
    return true;
}

bool bp_fail(bp_detect_outcome_t *outcome, const char *reason) {
    outcome->tag = BP_DETECT_OUTCOME_FAIL;
    outcome->val.fail = bp_string(reason);
    return true;
}

void bp_provide(bp_plan_alternative_t *alternative, const char *name) {
    bp_add(&alternative->provides, name);
}

void bp_require(bp_plan_alternative_t *alternative, const char *name, const char *metadata) {
    bp_requirement_t *requirement = ADDED(&alternative->requires_);
    requirement->name = bp_string(name);
    requirement->metadata = bp_string(metadata == NULL ? "{}" : metadata);
}

bp_plan_alternative_t *bp_add_alternative(bp_detect_outcome_t *outcome) {
    return ADDED(&outcome->val.pass.or_);
}

bp_process_t *bp_add_process(bp_build_output_t *output, const char *type, const char *program) {
    bp_process_t *process = ADDED(&output->processes);
    process->type = bp_string(type);
    bp_add(&process->command, program);
    return process;
}

bp_process_t *bp_add_process_bash(bp_build_output_t *output, const char *type, const char *command) {
    bp_process_t *process = bp_add_process(output, type, "bash");
    bp_add(&process->command, "-c");
    bp_add(&process->command, command);
    return process;
}

bp_layer_t *bp_add_layer(bp_build_output_t *output, const char *name) {
    bp_layer_t *layer = ADDED(&output->layers);
    layer->name = bp_string(name);
    layer->metadata = bp_string("{}");
    return layer;
}

bp_content_t *bp_add_content(bp_layer_t *layer, const char *source, const char *into) {
    bp_content_t *content = ADDED(&layer->contents);
    content->source = bp_string(source);
    content->into = bp_string(into);
    return content;
}

/* A part of a source, all zeros, in place of the one that the content had. */
static bp_source_part_t *with_part(bp_content_t *content, uint8_t tag) {
    memset(&content->part, 0, sizeof content->part);
    content->part.is_some = true;
    content->part.val.tag = tag;
    return &content->part.val;
}

bp_source_file_t *bp_set_file(bp_content_t *content, const char *path, const char *sha256, bp_unpack_t unpack) {
    bp_source_file_t *file = &with_part(content, BP_SOURCE_PART_FILE)->val.file;
    file->path = bp_string(path);
    file->sha256 = bp_string(sha256);
    file->unpack = unpack;
    return file;
}

bp_indexed_packages_t *bp_set_packages(bp_content_t *content) {
    return &with_part(content, BP_SOURCE_PART_PACKAGES)->val.packages;
}

bp_indexed_package_t *bp_add_package(bp_indexed_packages_t *packages, const char *name) {
    bp_indexed_package_t *package = ADDED(&packages->packages);
    package->name = bp_string(name);
    return package;
}

bp_env_change_t *bp_add_env(bp_layer_t *layer, bp_env_scope_t scope, bp_env_mode_t mode, const char *name,
                            const char *value) {
    bp_env_change_t *change = ADDED(&layer->env);
    change->scope = scope;
    change->mode = mode;
    change->name = bp_string(name);
    change->value = bp_string(value);
    return change;
}

bp_exec_d_program_t *bp_add_exec_d(bp_layer_t *layer, const char *name, const void *program, size_t length) {
    bp_exec_d_program_t *added_program = ADDED(&layer->exec_d);
    bp_string_t bytes = bp_string_n(program, length);
    added_program->name = bp_string(name);
    added_program->program = (wit_list_u8_t){bytes.ptr, bytes.len};
    return added_program;
}

void bp_executable(bp_layer_t *layer, const char *path) {
    bp_add(&layer->executables, path);
}

void bp_add_label(bp_build_output_t *output, const char *key, const char *value) {
    bp_label_t *label = ADDED(&output->labels);
    label->key = bp_string(key);
    label->value = bp_string(value);
}

bp_slice_t *bp_add_slice(bp_build_output_t *output) {
    return ADDED(&output->slices);
}

void bp_set_store(bp_build_output_t *output, const char *json) {
    output->store.is_some = true;
    output->store.val = bp_string(json);
}

/* The four kinds of a failure have the same content, so one member of the union serves all. */
static bool failed(bp_failure_t *failure, uint8_t kind, const char *title, const char *text) {
    failure->tag = kind;
    failure->val.application.title = bp_string(title);
    failure->val.application.text = bp_string(text);
    return false;
}

bool bp_failure_application(bp_failure_t *failure, const char *title, const char *text) {
    return failed(failure, BP_FAILURE_APPLICATION, title, text);
}

bool bp_failure_platform(bp_failure_t *failure, const char *title, const char *text) {
    return failed(failure, BP_FAILURE_PLATFORM, title, text);
}

bool bp_failure_io(bp_failure_t *failure, const char *path) {
    const char *reason = strerror(errno);
    return failed(failure, BP_FAILURE_IO, bp_format("the file '%s' can't be read or written", path), reason);
}

bool bp_failure_internal(bp_failure_t *failure, const char *title, const char *text) {
    return failed(failure, BP_FAILURE_INTERNAL, title, text);
}

/* A relative path then means the application's file. Where that fails, only absolute paths work. */
static void enter(bp_string_t app_dir) {
    char *path = bp_text(app_dir);
    if (chdir(path) != 0) {
        bp_log_debug(bp_format("the application directory %s can't be entered: %s", path, strerror(errno)));
    }
    free(path);
}

bool exports_wit_detect(bp_detect_context_t *context, bp_detect_outcome_t *outcome, bp_failure_t *failure) {
    memset(outcome, 0, sizeof *outcome);
    memset(failure, 0, sizeof *failure);
    enter(context->app_dir);
    return detect(context, outcome, failure);
}

bool exports_wit_build(bp_build_context_t *context, bp_build_output_t *output, bp_failure_t *failure) {
    memset(output, 0, sizeof *output);
    memset(failure, 0, sizeof *failure);
    enter(context->app_dir);
    return build(context, output, failure);
}

/* The bindings free an answer after the host has read it. The instance ends then anyway, and without these an author
 * could not use a literal in an answer. The definitions in bindings/wit.c are weak. */
__attribute__((__export_name__("cabi_post_detect"))) void __wasm_export_exports_wit_detect_post_return(uint8_t *answer) {
    (void)answer;
}

__attribute__((__export_name__("cabi_post_build"))) void __wasm_export_exports_wit_build_post_return(uint8_t *answer) {
    (void)answer;
}
