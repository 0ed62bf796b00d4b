/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import com.networknt.schema.Error;
import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.OutputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.path.NodePath;
import com.networknt.schema.resource.SchemaLoader;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.SchemaReferences;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** One check by the library. The only class that names it, with those that it uses; loaded when it is first needed. */
final class Validation {

    private static final System.Logger LOG = System.getLogger(Validation.class.getName());

    private static final int MAX_SENTENCES = 8;
    private static final int LONGEST_SENTENCE = 300;

    private Validation() {
    }

    /** Why the call does not fit, for the model; empty if it does. */
    static Optional<String> refusal(ToolDefinition tool, ToolCall call) {
        Optional<String> circle = new SchemaReferences(tool.parameters()).circle();
        if (circle.isPresent()) {
            return unusable(tool, "its reference " + circle.get() + " goes round in a circle without an end",
                    new IllegalArgumentException("a circle"));
        }
        Budget budget = new Budget();
        try {
            Schema schema = registry(budget).getSchema(JsonTree.of(OtherForms.replaced(tool.parameters())));
            ExecutionConfig config = ExecutionConfig.builder().locale(Locale.ENGLISH).formatAssertionsEnabled(false)
                    .build();
            List<Error> errors = schema.validate(new CountingContext(config, budget), JsonTree.of(call.arguments()),
                    OutputFormat.DEFAULT);
            return errors.isEmpty()
                    ? Optional.empty()
                    : Optional.of("The arguments do not fit the tool " + tool.name() + ": " + sentences(errors) + ".");
        } catch (Budget.Exceeded e) {
            return unusable(tool, "it needs too many steps on these arguments", e);
        } catch (StackOverflowError e) {
            return unusable(tool, "it nests too deeply, or these arguments do", e);
        } catch (RuntimeException e) {
            return unusable(tool, shorten(reason(e)), e);
        }
    }

    /** The first line of what the innermost exception says: the outer ones name classes of the library. */
    private static String reason(Throwable thrown) {
        Throwable inner = thrown;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        return String.valueOf(inner.getMessage()).lines().findFirst().orElse("");
    }

    /** A new one each time: it remembers schemas by their {@code $id}, and two tools may use the same. */
    private static SchemaRegistry registry(Budget budget) {
        SchemaRegistryConfig config = SchemaRegistryConfig.builder()
                .preloadSchema(false)
                .regularExpressionFactory(regex -> new CountedRegex(regex, budget))
                .build();
        SchemaLoader loader = SchemaLoader.builder()
                .allow(iri -> iri.toString().contains("://json-schema.org/"))
                .build();
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12,
                builder -> builder.schemaRegistryConfig(config).schemaLoader(loader).schemaCacheEnabled(false));
    }

    private static Optional<String> unusable(ToolDefinition tool, String why, Throwable cause) {
        LOG.log(System.Logger.Level.WARNING,
                "A call of the tool " + tool.name() + " was refused, because its schema cannot be used: " + why + ".");
        LOG.log(System.Logger.Level.DEBUG, "The schema of the tool " + tool.name() + " cannot be used.", cause);
        return Optional.of("The schema of the tool " + tool.name() + " cannot be used: " + why
                + ". Do not call it again.");
    }

    private static String sentences(List<Error> errors) {
        return errors.stream().map(error -> shorten(where(error.getInstanceLocation()) + error.getMessage())).distinct()
                .limit(MAX_SENTENCES).collect(Collectors.joining("; "));
    }

    /** The argument as a program would name it. */
    private static String where(NodePath path) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < path.getNameCount(); i++) {
            if (path.getElement(i) instanceof Integer index) {
                name.append('[').append(index).append(']');
            } else {
                name.append(name.isEmpty() ? "" : ".").append(path.getElement(i));
            }
        }
        return name.isEmpty() ? "" : "'" + name + "' ";
    }

    private static String shorten(String sentence) {
        String whole = sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
        return whole.length() > LONGEST_SENTENCE ? whole.substring(0, LONGEST_SENTENCE) + "…" : whole;
    }
}
