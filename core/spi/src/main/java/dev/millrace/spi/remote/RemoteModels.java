/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.remote;

import dev.millrace.api.EmbeddingModel;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** Finds models that run elsewhere. Asked before the sources of files, from any thread. */
@ConsumerType
public interface RemoteModels {

    /**
     * References that can be opened now, for people to choose from. May be asked often: what others are asked for it over a network is kept
     * for a while.
     *
     * @return for example {@code remote:gpu}
     */
    List<String> names();

    /**
     * Opens a model. May ask the other side what it is; that it does not answer now is no reason to fail if what is needed is known
     * without it.
     *
     * @param reference what the user wrote
     * @return the model, closed by the caller; empty if the reference means nothing here
     * @throws dev.millrace.api.MillraceException if the reference is known and the model cannot be had, with the reason
     */
    Optional<RemoteModel> open(String reference);

    /**
     * Opens a model that turns texts into vectors. The other side is asked, because nobody else knows how many values they have.
     *
     * @param reference what the user wrote
     * @return the model, closed by the caller; empty if the reference means nothing here, or, as here, nobody gives vectors
     * @throws dev.millrace.api.MillraceException if the reference is known and the model cannot be had, with the reason
     */
    default Optional<EmbeddingModel> openEmbeddings(String reference) {
        return Optional.empty();
    }
}
