/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import java.util.ServiceLoader;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The runtime: finds models, chooses backends and opens conversations.
 *
 * <p>
 * In an OSGi framework it is a service; on a plain class path {@link #start()} wires the same jars. All methods may be
 * called from any thread. The runtime owns every model opened from it: {@link #close()} closes them too.
 */
@ProviderType
public interface Millrace extends AutoCloseable {

    /**
     * Starts a runtime from what stands on the class path: engine, formats, backends, packaged models.
     *
     * @return a runtime of its own; the caller closes it
     * @throws MillraceException if no engine is on the class path
     */
    static Millrace start() {
        return ServiceLoader.load(Starter.class, Millrace.class.getClassLoader()).findFirst()
                .orElseThrow(() -> new MillraceException("No Millrace engine is on the class path: add the jar"
                        + " dev.millrace.engine (inside OSGi, take the Millrace service instead of calling start)."))
                .start();
    }

    /**
     * Opens a model with default options.
     *
     * @param reference a {@code .gguf} file, a Hugging Face folder, or a name in the model store such as {@code nano}
     * @return the model, ready to answer; the caller closes it
     * @throws ModelNotFoundException if nothing has that name or path
     * @throws ModelFormatException if the file cannot be read as a model
     * @throws BackendException if no backend can run it, with the reason of each
     */
    default Model open(String reference) {
        return open(reference, ModelOptions.defaults());
    }

    /**
     * Opens a model.
     *
     * @param reference as in {@link #open(String)}
     * @param options backend, context, threads, precision, type of keys and values, progress listener
     * @return the model, ready to answer; the caller closes it
     * @throws ModelNotFoundException if nothing has that name or path
     * @throws ModelFormatException if the file cannot be read as a model
     * @throws BackendException if the asked backend is not there, or none can run the model
     * @throws java.util.concurrent.CancellationException if the progress listener threw it; nothing stays behind
     */
    Model open(String reference, ModelOptions options);

    /**
     * Opens a model that turns texts into vectors.
     *
     * @param reference a folder with an ONNX export of a sentence encoder, one .onnx file beside its tokenizer.json, one of
     *        {@link #embeddingModels}, or what a plugin for models elsewhere knows
     * @param options backend, threads, precision, progress listener; what else they say does not matter
     * @return the model; the caller closes it
     * @throws ModelNotFoundException if nothing has that name or path
     * @throws ModelFormatException if the file cannot be read, or holds a model that generates text
     * @throws BackendException if no backend can run it, with the reason of each
     */
    EmbeddingModel openEmbeddings(String reference, ModelOptions options);

    /**
     * Names that {@link #open} takes besides paths: the packaged models present now.
     *
     * @return names in alphabetical order
     */
    List<String> models();

    /**
     * Names that {@link #openEmbeddings} takes besides paths: the packaged models of that kind present now.
     *
     * @return names in alphabetical order; empty, as here, from a runtime that has none
     */
    default List<String> embeddingModels() {
        return List.of();
    }

    /**
     * Devices that the present backends offer, best first for a typical model.
     *
     * @return devices; empty if no backend is present
     */
    List<Device> devices();

    /**
     * Tools that plugins offer now.
     *
     * @return the providers present at this moment, in alphabetical order of their names
     */
    List<ToolProvider> toolProviders();

    /**
     * Guards that plugins offer now. Conversations ask them by themselves; whoever runs a tool outside of one does so by
     * {@link #runTool}.
     *
     * @return the guards present at this moment; none unless the runtime says otherwise
     */
    default List<ToolGuard> toolGuards() {
        return List.of();
    }

    /**
     * Runs a tool as conversations do: arguments are checked against what the runtime understands of the tool's schema, guards and
     * people are asked, time is limited, listeners are told. Waits until it is over.
     *
     * @param tool what runs
     * @param request what is called and for whom; of this very tool
     * @param approver asks a person if a guard wants it
     * @param progress told how far the tool is
     * @return what the tool gave, or an error that says why it did not run or what went wrong; text has no half characters
     * @throws InterruptedException if interrupted; the tool has been interrupted too, and has ended
     * @throws UnsupportedOperationException from a runtime that runs no tools, as here
     */
    default ToolResult runTool(Tool tool, ToolRequest request, ToolApprover approver, Progress progress)
            throws InterruptedException {
        throw new UnsupportedOperationException("This runtime runs no tools.");
    }

    /**
     * What was counted and measured until now, of all models that were opened since the start: a snapshot. Cheap enough to be taken
     * each second.
     *
     * @return in the order of their names; empty, as here, from a runtime that measures nothing
     */
    default List<Metric> metrics() {
        return List.of();
    }

    /**
     * How the open models are now.
     *
     * @return in the order in which they were opened; empty, as here, from a runtime that does not know
     */
    default List<ModelHealth> health() {
        return List.of();
    }

    /** Closes every model and conversation, stops all threads. Closing twice does nothing. */
    @Override
    void close();

    /** How {@link #start()} finds the engine on a plain class path. Implemented by the engine alone. */
    @ProviderType
    interface Starter {

        /**
         * Starts a runtime.
         *
         * @return a new runtime
         */
        Millrace start();
    }
}
