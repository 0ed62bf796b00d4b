/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelStore;
import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Wish;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.Route;
import dev.millrace.plugin.http.ServerExtension;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Lists the models of the store and fetches others, in the shape of Ollama's {@code /api/pull}. Like the command line it tells size
 * and licence first, and fetches nothing without a yes: {@code "accept": true}.
 */
@Component(service = ServerExtension.class)
public final class Pulls implements ServerExtension {

    private static final long BETWEEN_LINES_NANOS = 200_000_000;

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<ModelStore> stores = List.of();
    private @Nullable ModelStore onClassPath;

    /** For the framework and the service loader. */
    public Pulls() {
    }

    /** With a store that nobody else offers. */
    public Pulls(ModelStore store) {
        stores = List.of(store);
    }

    private Optional<ModelStore> present() {
        return stores.stream().findFirst().or(this::onClassPath);
    }

    /** The same one each time, so that it knows what it is doing. */
    private synchronized Optional<ModelStore> onClassPath() {
        if (onClassPath == null) {
            onClassPath = ServiceLoader.load(ModelStore.class, Pulls.class.getClassLoader()).findFirst().orElse(null);
        }
        return Optional.ofNullable(onClassPath);
    }

    private ModelStore store() {
        return present().orElseThrow(() -> new ApiError(501,
                "No model store is present: add the bundle dev.millrace.store to the folder of bundles.", null,
                "no_store"));
    }

    @Override
    public Running start(ServerHost host) {
        return new Started();
    }

    /** For one server, which fetches one model at a time. */
    private final class Started implements Running {

        private final Semaphore alone = new Semaphore(1);
        private volatile boolean closed;

        @Override
        public List<Route> routes() {
            return List.of(Route.get("/api/store", (exchange, caller) -> list(exchange)),
                    Route.post("/api/pull/plan", (exchange, caller) -> plan(exchange)),
                    Route.post("/api/pull", (exchange, caller) -> pull(exchange)));
        }

        private void pull(Exchange exchange) throws IOException {
            Fields fields = Fields.of(Json.request(exchange.body()));
            String reference = reference(fields);
            ModelStore store = store();
            Outflow flow = new Outflow(exchange,
                    fields.flag("stream", true) ? Outflow.Kind.LINES : Outflow.Kind.DOCUMENT);
            boolean stream = fields.flag("stream", true);
            Optional<Kept> kept = store.find(reference).filter(Kept::licenceShown);
            if (kept.isPresent()) {
                success(flow, kept.get());
                return;
            }
            Plan plan = planned(store, reference);
            if (!fields.flag("accept")) {
                throw new ApiError(403,
                        told(plan) + " Nothing is fetched without a yes: read POST /api/pull/plan, and ask"
                                + " again with \"accept\": true, or use \"millrace pull\".",
                        "accept", "consent_needed");
            }
            String revision = fields.text("revision").orElse(plan.revision());
            if (!revision.equals(plan.revision())) {
                throw new ApiError(409, reference + " has changed since it was shown: ask for the plan again.",
                        "revision", "changed");
            }
            if (!alone.tryAcquire()) {
                throw new ApiError(409, "Another model is being fetched now: ask again when that is done.", null,
                        "busy");
            }
            try {
                if (stream) {
                    line(flow, Json.object().put("status", "pulling manifest"));
                }
                Kept here = store.pull(plan, question -> true, new Lines(flow, stream));
                store.licenceShown(here.name());
                success(flow, here);
            } catch (MillraceException e) {
                failed(flow, e);
            } catch (CancellationException e) {
                throw new IOException(e.getMessage(), e); // what has arrived stays; nobody is there to be told
            } finally {
                alone.release();
            }
        }

        /** Tells how far a download is, a few times per second; throws if nobody wants it any more. */
        private final class Lines implements ModelStore.Transfer {

            private final Outflow flow;
            private final boolean stream;
            private long last = System.nanoTime() - BETWEEN_LINES_NANOS;

            Lines(Outflow flow, boolean stream) {
                this.flow = flow;
                this.stream = stream;
            }

            @Override
            public void update(String what, long done, long total) {
                if (closed) {
                    throw new CancellationException("The server ends.");
                }
                long now = System.nanoTime();
                if (now - last < BETWEEN_LINES_NANOS && done < total) {
                    return;
                }
                last = now;
                try {
                    if (stream) {
                        line(flow, Json.object().put("status", what).put("total", total).put("completed", done));
                    } else {
                        flow.beat();
                    }
                } catch (IOException e) {
                    CancellationException gone = new CancellationException("The client has left.");
                    gone.initCause(e);
                    throw gone;
                }
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static void line(Outflow flow, ObjectNode line) throws IOException {
        flow.send(Json.text(line) + "\n");
    }

    private static void success(Outflow flow, Kept kept) throws IOException {
        ObjectNode done = Json.object().put("status", "success").put("name", kept.name());
        if (kept.facts().get("problem") instanceof String problem) {
            done.put("problem", problem);
        }
        line(flow, done);
        flow.end();
    }

    private static void failed(Outflow flow, MillraceException e) throws IOException {
        if (!flow.isOpen()) {
            throw refused(e);
        }
        line(flow, Json.object().put("error", e.getMessage()));
        flow.end();
    }

    private static ApiError refused(MillraceException e) {
        return new ApiError(e instanceof ModelNotFoundException ? 404 : 502, e.getMessage(), "model", "not_fetched");
    }

    /** Ollama's clients write hf.co/ORG/NAME. */
    private static String reference(Fields fields) {
        String name = fields.text("model").or(() -> fields.text("name"))
                .orElseThrow(() -> new ApiError(400, "model is missing.", "model", "missing_required_parameter"));
        return name.replaceFirst("^(hf\\.co|huggingface\\.co)/", "hf:");
    }

    private static Plan planned(ModelStore store, String reference) {
        if (!store.isRemote(reference)) {
            throw new ApiError(404, "\"" + reference + "\" cannot be pulled: give hf:ORG/NAME, with :TYPE or :FILE if"
                    + " wanted, or an address that begins with https://.", "model", "model_not_found");
        }
        try {
            return store.plan(new Wish(reference));
        } catch (MillraceException e) {
            throw refused(e);
        }
    }

    private static String told(Plan plan) {
        return plan.source() + " would fetch " + plan.missing() + " bytes of " + plan.size() + "; its licence is "
                + (plan.licence().id().isEmpty() ? "not told" : plan.licence().id()) + ".";
    }

    private void plan(Exchange exchange) throws IOException {
        String reference = reference(Fields.of(Json.request(exchange.body())));
        Plan plan = planned(store(), reference);
        ObjectNode document = Json.object().put("model", reference).put("name", plan.name())
                .put("source", plan.source()).put("revision", plan.revision()).put("size", plan.size())
                .put("missing", plan.missing()).put("choice", plan.choice())
                .put("signer", plan.signer().orElse(""));
        document.putObject("licence").put("id", plan.licence().id()).put("text", plan.licence().text());
        ArrayNode files = document.putArray("files");
        plan.files().forEach(file -> files.addObject().put("name", file.name()).put("size", file.size())
                .put("here", file.here().isPresent()));
        answer(exchange, document);
    }

    private void list(Exchange exchange) throws IOException {
        Optional<ModelStore> store = present();
        // that there is no store is an answer, too: whoever looks asks for nothing that is missing
        ObjectNode document = Json.object().put("present", store.isPresent());
        fill(document.putArray("models"), store.map(ModelStore::list).orElse(List.of()));
        fill(document.putArray("others"), store.map(ModelStore::others).orElse(List.of()));
        answer(exchange, document);
    }

    private static void fill(ArrayNode array, List<Kept> models) {
        for (Kept kept : models) {
            array.addObject().put("name", kept.name()).put("source", kept.source()).put("size", kept.size())
                    .put("linked", kept.linked()).put("licence", kept.licence().id());
        }
    }

    private static void answer(Exchange exchange, ObjectNode document) throws IOException {
        exchange.header("Cache-Control", "no-store");
        exchange.answer(200, "application/json; charset=utf-8", Json.bytes(document));
    }
}
