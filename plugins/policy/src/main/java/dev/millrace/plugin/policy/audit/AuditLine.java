/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolReport;
import dev.millrace.api.ToolRequest;
import dev.millrace.json.JsonReason;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls as lines of JSON. */
public final class AuditLine {

    /** Characters of a result; what is more is left out with a note. */
    private static final int MOST_RESULT = 8_000;

    private final ObjectMapper json = new ObjectMapper();
    private final Masking masking;

    /**
     * Writes lines.
     *
     * @param masking takes secrets out
     */
    public AuditLine(Masking masking) {
        this.masking = masking;
    }

    private Map<String, @Nullable Object> line(String event, Instant when, ToolRequest request) {
        Map<String, @Nullable Object> line = new LinkedHashMap<>();
        line.put("time", when.toString());
        line.put("event", event);
        line.put("conversation", request.conversation());
        line.put("user", request.user());
        line.put("tool", request.name());
        line.put("call", request.call().id());
        line.put("hints", request.hints().stream().map(AuditLine::word).toList());
        line.put("arguments", masking.masked(request.arguments()));
        return line;
    }

    private static String word(ToolHint hint) {
        return hint.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * A call that is about to run.
     *
     * @param request the call
     * @param now the time
     * @return a line without its end
     */
    public String starting(ToolRequest request, Instant now) {
        return text(line("start", now, request));
    }

    /**
     * A call that is over.
     *
     * @param report of it
     * @return a line without its end
     */
    public String ended(ToolReport report) {
        Map<String, @Nullable Object> line = line("end", report.begun(), report.request());
        if (!report.asked().arguments().equals(report.request().arguments())) {
            line.put("asked", masking.masked(report.asked().arguments()));
        }
        line.put("decision", report.verdict().name().toLowerCase(Locale.ROOT));
        if (!report.reason().isEmpty()) {
            line.put("reason", report.reason());
        }
        report.approval().ifPresent(approval -> {
            Map<String, @Nullable Object> person = new LinkedHashMap<>();
            person.put("allowed", approval.allowed());
            person.put("who", approval.who());
            person.put("when", approval.when().toString());
            line.put("person", person);
        });
        line.put("error", report.result().error());
        line.put("result", result(report.result().value()));
        line.put("waitedMillis", report.waited().toMillis());
        line.put("ranMillis", report.ran().toMillis());
        return text(line);
    }

    private @Nullable Object result(@Nullable Object value) {
        Object masked = masking.masked(value);
        String written = masked instanceof String words ? words : text(masked);
        return written.length() <= MOST_RESULT
                ? masked
                : written.substring(0, MOST_RESULT) + " [the rest of " + written.length() + " characters is left out]";
    }

    private String text(@Nullable Object data) {
        try {
            return json.writeValueAsString(data);
        } catch (JsonProcessingException e) {
            try {
                return json.writeValueAsString(Map.of("unreadable", JsonReason.of(e),
                        "kinds", List.of(String.valueOf(data == null ? null : data.getClass()))));
            } catch (JsonProcessingException impossible) {
                throw new IllegalStateException("Two texts are JSON.", impossible);
            }
        }
    }
}
