/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelOptions;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** The models that are served. They are opened one after the other while the server already answers that they are loading. */
public final class Models implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Models.class.getName());

    private final Map<String, String> references = new LinkedHashMap<>();
    private final Map<String, String> encoderReferences = new LinkedHashMap<>();
    private final List<OpenModel> open = new ArrayList<>();
    private final List<OpenEncoder> encoders = new ArrayList<>();
    private final CountDownLatch loaded = new CountDownLatch(1);
    private final Thread loader;
    private @Nullable MillraceException failure;
    private boolean closed;

    /**
     * Begins to open models.
     *
     * @param references what {@link Millrace#open(String)} takes; the first is the one for requests that name none
     * @param embeddings what {@link Millrace#openEmbeddings} takes; may be empty
     * @throws IllegalArgumentException if there is none, or two have the same name
     */
    public Models(Millrace millrace, List<String> references, List<String> embeddings, ModelOptions options) {
        for (String reference : references) {
            if (this.references.put(name(reference), reference) != null) {
                throw new IllegalArgumentException("Two models have the name " + name(reference)
                        + ": rename one of the files.");
            }
        }
        for (String reference : embeddings) {
            if (this.references.containsKey(name(reference))
                    || encoderReferences.put(name(reference), reference) != null) {
                throw new IllegalArgumentException("Two models have the name " + name(reference)
                        + ": rename one of the files.");
            }
        }
        if (references.isEmpty()) {
            throw new IllegalArgumentException("There is no model to serve: name one.");
        }
        loader = Thread.ofPlatform().name("millrace-serve-load").unstarted(() -> load(millrace, options));
        loader.start();
    }

    private static String name(String reference) {
        if (reference.startsWith("remote:")) {
            // the name of the model behind an address, if there is one
            return reference.contains("#") ? reference.substring(reference.indexOf('#') + 1) : reference;
        }
        String file = reference.replaceAll("[/\\\\]+$", "").replaceAll("^.*[/\\\\]", "");
        return file.replaceFirst("\\.(?:gguf|onnx)$", "");
    }

    private void load(Millrace millrace, ModelOptions options) {
        try {
            for (Map.Entry<String, String> entry : references.entrySet()) {
                keep(new OpenModel(entry.getKey(), millrace.open(entry.getValue(), options),
                        Instant.now().getEpochSecond()));
            }
            for (Map.Entry<String, String> entry : encoderReferences.entrySet()) {
                keep(new OpenEncoder(entry.getKey(), millrace.openEmbeddings(entry.getValue(),
                        ModelOptions.defaults().withThreads(options.threads())),
                        Instant.now().getEpochSecond()));
            }
        } catch (MillraceException e) {
            fail(e);
        } catch (RuntimeException | Error e) {
            fail(new MillraceException("A model cannot be opened: " + e.getMessage(), e));
        } finally {
            loaded.countDown();
        }
    }

    private synchronized void keep(OpenModel model) {
        if (closed) {
            model.model().close();
            throw new MillraceException("The server was stopped while models were loading.");
        }
        open.add(model);
    }

    private synchronized void keep(OpenEncoder encoder) {
        if (closed) {
            encoder.model().close();
            throw new MillraceException("The server was stopped while models were loading.");
        }
        encoders.add(encoder);
    }

    private synchronized void fail(MillraceException problem) {
        failure = problem;
        if (!closed) {
            LOG.log(System.Logger.Level.ERROR, problem.getMessage(), problem);
        }
    }

    /**
     * Waits until all are open.
     *
     * @throws MillraceException if one cannot be opened
     */
    public void await() throws InterruptedException {
        loaded.await();
        synchronized (this) {
            if (failure != null) {
                throw failure;
            }
        }
    }

    /** Whether all are open. */
    public synchronized boolean ready() {
        return open.size() == references.size() && encoders.size() == encoderReferences.size();
    }

    /** Why they are not all open and never will be. */
    public synchronized Optional<String> failure() {
        return Optional.ofNullable(failure).map(MillraceException::getMessage);
    }

    /** Those that are open now. */
    public synchronized List<OpenModel> open() {
        return List.copyOf(open);
    }

    /** Those that turn texts into vectors and are open now. */
    public synchronized List<OpenEncoder> encoders() {
        return List.copyOf(encoders);
    }

    /**
     * The model that a request for embeddings asks for.
     *
     * @param name its name; empty takes the first
     * @throws ApiError 400 if there is none, 404 if none has that name, 503 if it is still loading
     */
    public OpenEncoder encoder(Optional<String> name) {
        if (encoderReferences.isEmpty()) {
            throw new ApiError(400, "No model here gives embeddings: name one in the setting embeddings.", "model",
                    "unsupported_model");
        }
        String asked = plain(name).orElseGet(() -> encoderReferences.keySet().iterator().next());
        for (OpenEncoder encoder : encoders()) {
            if (encoder.id().equals(asked)) {
                return encoder;
            }
        }
        throw absent(asked, encoderReferences);
    }

    /** A model for embeddings by its name, if it is open. */
    public Optional<OpenEncoder> encoderNamed(Optional<String> name) {
        Optional<String> asked = plain(name);
        return encoders().stream().filter(encoder -> asked.filter(encoder.id()::equals).isPresent()).findFirst();
    }

    private static Optional<String> plain(Optional<String> name) {
        return name.filter(text -> !text.isEmpty())
                .map(text -> text.endsWith(":latest") ? text.substring(0, text.length() - ":latest".length()) : text);
    }

    private ApiError absent(String asked, Map<String, String> known) {
        if (!known.containsKey(asked)) {
            return new ApiError(404, "There is no model " + (asked.length() > 100 ? asked.substring(0, 100) : asked)
                    + " here; there is " + String.join(", ", known.keySet()) + ".", "model", "model_not_found");
        }
        Optional<String> why = failure();
        return why.isPresent()
                ? new ApiError(503, "The model is not open. " + why.get(), null, "unavailable")
                : ApiError.busy(503, "Loading model", 2);
    }

    /**
     * The model that a request asks for.
     *
     * @param name its name, with or without the {@code :latest} of Ollama; empty takes the first
     * @throws ApiError 404 if none has that name, 503 if it is still loading
     */
    public OpenModel get(Optional<String> name) {
        String asked = plain(name).orElseGet(() -> references.keySet().iterator().next());
        for (OpenModel model : open()) {
            if (model.id().equals(asked)) {
                return model;
            }
        }
        throw absent(asked, references);
    }

    @Override
    public void close() {
        List<OpenModel> models;
        synchronized (this) {
            closed = true;
            models = List.copyOf(open);
        }
        loader.interrupt();
        models.forEach(served -> served.model().close());
        encoders().forEach(served -> served.model().close());
    }
}
