// A buildpack that starts what a Procfile says: one process for each line `name: command`.
#include <ctype.h>
#include <string.h>

#include "kit/buildpack.h"

bool detect(const bp_detect_context_t *context, bp_detect_outcome_t *outcome, bp_failure_t *failure) {
    (void)context, (void)failure;
    if (!bp_exists("Procfile")) {
        return bp_fail(outcome, "the application has no Procfile");
    }
    return bp_pass(outcome);
}

// Leaves off white space at both ends.
static char *trimmed(char *text) {
    while (isspace((unsigned char)*text)) {
        text++;
    }
    for (size_t end = strlen(text); end > 0 && isspace((unsigned char)text[end - 1]); end--) {
        text[end - 1] = 0;
    }
    return text;
}

bool build(const bp_build_context_t *context, bp_build_output_t *output, bp_failure_t *failure) {
    (void)context;
    char *rest = bp_read_file("Procfile", NULL);
    if (rest == NULL) {
        return bp_failure_io(failure, "Procfile");
    }
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        line = trimmed(line);
        if (*line == 0 || *line == '#') {
            continue;
        }
        char *colon = strchr(line, ':');
        if (colon == NULL || colon == line || *trimmed(colon + 1) == 0) {
            bp_log_warning(bp_format("the Procfile has a line that is not 'name: command': %s", line));
            continue;
        }
        *colon = 0;
        bp_add_process_bash(output, trimmed(line), trimmed(colon + 1));
    }
    for (size_t i = 0; i < output->processes.len; i++) {
        bp_process_t *process = &output->processes.ptr[i];
        process->default_ = output->processes.len == 1 || bp_is(process->type, "web");
    }
    return true;
}
