/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolRequest;
import org.osgi.service.component.annotations.Component;

/**
 * Refuses a call whose arguments do not fit the JSON schema of its tool: {@code minimum}, {@code pattern}, {@code oneOf} and all
 * other keywords of drafts 4 to 2020-12; a schema that names none in {@code $schema} is read as 2020-12. {@code format} is a note,
 * as 2020-12 has it, and refuses nothing. The refusal names each argument and what is wrong with it, for the model.
 *
 * <p>
 * The runtime has mended and judged types, values of an {@code enum} and missing or unknown names before it asks a guard. A schema
 * that says no more is not judged again, so the library is loaded when the first call needs it: some tenths of a second that no start
 * pays for.
 *
 * <p>
 * A schema is not trusted. Nothing is fetched for it, neither from the network nor from files: a reference that leads out of it is
 * refused with a sentence that says so. Steps are counted, those of regular expressions too; a schema that needs too many is refused
 * likewise, and so is one that is malformed. Safe for use from any thread; keeps nothing between calls.
 */
@Component
public final class SchemaGuard implements ToolGuard {

    /** For the framework and for service loaders. */
    public SchemaGuard() {
        // nothing is loaded yet
    }

    @Override
    public ToolDecision decide(ToolRequest request) {
        if (!Keywords.needJudging(request.tool().parameters())) {
            return ToolDecision.ALLOW;
        }
        return Validation.refusal(request.tool(), request.call()).map(ToolDecision::refuse)
                .orElse(ToolDecision.ALLOW);
    }
}
