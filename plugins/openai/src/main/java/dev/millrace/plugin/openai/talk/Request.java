/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A request that has come through the door. For the thread that handles it. */
public final class Request {

    private static final int MOST_WARNINGS = 20;

    private final Exchange exchange;
    private final String caller;
    private final Set<String> warnings = new LinkedHashSet<>();
    private Optional<String> id = Optional.empty();
    private Optional<String> model = Optional.empty();
    private Optional<Ending> ending = Optional.empty();

    /**
     * A request.
     *
     * @param caller a name for who asks
     */
    public Request(Exchange exchange, String caller) {
        this.exchange = exchange;
        this.caller = caller;
    }

    /** What carries it. */
    public Exchange exchange() {
        return exchange;
    }

    /** A name for who asks. */
    public String caller() {
        return caller;
    }

    /**
     * The fields of the body.
     *
     * @throws dev.millrace.plugin.http.ApiError 400 if it is no JSON object, 413 if it is too long
     */
    public Fields fields() throws IOException {
        return Fields.of(Json.request(exchange.body()));
    }

    /** Tells the client, in a header, which fields had no effect. Before anything is sent. */
    public void warn(Fields fields) {
        for (String name : fields.withoutEffect()) {
            if (warnings.size() < MOST_WARNINGS) {
                String clean = name.replaceAll("[^A-Za-z0-9_.\\[\\]-]", "?");
                warnings.add(clean.length() > 60 ? clean.substring(0, 60) : clean);
            }
        }
        if (!warnings.isEmpty()) {
            exchange.header("Warning", "299 millrace \"without effect: " + String.join(", ", warnings) + "\"");
        }
    }

    /** Which model is asked, for the log. */
    public void asks(OpenModel asked) {
        asks(asked.id());
    }

    /** Which model is asked, for the log. */
    public void asks(String id) {
        model = Optional.of(id);
    }

    /** Tells the client, in a header, the id of the answer that it will get. Before anything is sent. */
    public void answersAs(String id) {
        this.id = Optional.of(id);
        exchange.header("X-Request-Id", id);
    }

    /** The id that the client was told, if any. */
    public Optional<String> id() {
        return id;
    }

    /** How the answer ended, for the log. */
    public Ending ended(Ending how) {
        ending = Optional.of(how);
        return how;
    }

    /** For the log: model and tokens. */
    public String summary() {
        StringBuilder summary = new StringBuilder();
        model.ifPresent(name -> summary.append(" model=").append(name));
        ending.ifPresent(end -> summary.append(" prompt=").append(end.usage().promptTokens()).append(" cached=")
                .append(end.usage().cachedTokens()).append(" completion=").append(end.usage().completionTokens()));
        return summary.toString();
    }

    /** Answers with a document. */
    public void answer(ObjectNode document) throws IOException {
        exchange.answer(200, "application/json; charset=utf-8", Json.bytes(document));
    }

    /** Fields that had no effect, as told so far. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }
}
