/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.embeddings;

import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Vectors of texts. The encoder is opened when it is needed, and again after its backend went and came back; the vectors of the texts
 * that were seen last are kept. Safe for use from any thread.
 */
final class Vectors implements AutoCloseable {

    static final String OFF = "off";

    private static final System.Logger LOG = System.getLogger(Vectors.class.getName());
    /** 1.5 kB each for an encoder of 384 values. */
    static final int KEPT = 4096;
    /** An encoder that could not be opened is left alone for so long. */
    private static final Duration PAUSE = Duration.ofMinutes(1);

    private final Millrace runtime;
    private final String configured;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, float[]> kept = new LinkedHashMap<>(16, 0.75f, true);
    private @Nullable EmbeddingModel model;
    private long pausedUntil = System.nanoTime();
    private boolean closed;

    /**
     * Vectors of an encoder.
     *
     * @param runtime opens it
     * @param configured its name or path, empty for the first packaged one, or off
     */
    Vectors(Millrace runtime, String configured) {
        this.runtime = runtime;
        this.configured = configured;
    }

    /**
     * Turns texts into vectors; of long ones the beginning counts.
     *
     * @return one for each text, in order, not to be changed; empty if there is no encoder, or it fails
     */
    List<float[]> of(List<String> texts) {
        lock.lock();
        try {
            if (!known(texts)) {
                return List.of();
            }
            List<float[]> found = new ArrayList<>();
            for (String text : texts) {
                found.add(Objects.requireNonNull(kept.get(text)));
            }
            forget();
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the vectors of all texts are there, if need be after they were computed. */
    private boolean known(List<String> texts) {
        for (boolean again = false;; again = true) {
            Set<String> open = new LinkedHashSet<>(texts);
            open.removeAll(kept.keySet());
            if (open.isEmpty()) {
                return true;
            }
            Optional<EmbeddingModel> encoder = opened();
            if (encoder.isEmpty()) {
                return false;
            }
            List<String> missing = List.copyOf(open);
            try {
                List<float[]> computed = encoder.get().embedBeginnings(missing).vectors();
                for (int i = 0; i < missing.size(); i++) {
                    kept.put(missing.get(i), computed.get(i));
                }
                return true;
            } catch (IllegalStateException e) {
                // it was closed when its backend went: perhaps there is another
                if (again) {
                    return leave(e);
                }
                drop();
            } catch (MillraceException | IllegalArgumentException e) {
                return leave(e);
            }
        }
    }

    /** Gives the encoder up for a while. */
    private boolean leave(RuntimeException reason) {
        LOG.log(System.Logger.Level.WARNING,
                "Tools are chosen by their words for the next minute: " + reason.getMessage());
        drop();
        pausedUntil = System.nanoTime() + PAUSE.toNanos();
        return false;
    }

    private Optional<EmbeddingModel> opened() {
        if (model != null) {
            return Optional.of(model);
        }
        if (closed || configured.equals(OFF) || System.nanoTime() - pausedUntil < 0) {
            return Optional.empty();
        }
        Optional<String> reference = configured.isEmpty()
                ? runtime.embeddingModels().stream().findFirst()
                : Optional.of(configured);
        if (reference.isEmpty()) {
            return Optional.empty();
        }
        try {
            EmbeddingModel opened = runtime.openEmbeddings(reference.get(), ModelOptions.defaults());
            model = opened;
            return Optional.of(opened);
        } catch (MillraceException | IllegalStateException e) {
            leave(e);
            return Optional.empty();
        }
    }

    private void drop() {
        EmbeddingModel old = model;
        model = null;
        // the next one may be another
        kept.clear();
        if (old != null) {
            old.close();
        }
    }

    /** The texts that were asked for longest ago go first. */
    private void forget() {
        var oldest = kept.keySet().iterator();
        while (kept.size() > KEPT && oldest.hasNext()) {
            oldest.next();
            oldest.remove();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            drop();
            kept.clear();
        } finally {
            lock.unlock();
        }
    }
}
