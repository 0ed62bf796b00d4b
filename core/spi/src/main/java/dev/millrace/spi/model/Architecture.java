/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A model family: reads the keys and weights of a file into a blueprint. A service; stateless and safe for use from any thread.
 * Readers of GGUF files and of Hugging Face folders ask all that are present; where two know a name, the service with the higher
 * ranking counts, and a plugin's before a built-in one.
 */
@ConsumerType
public interface Architecture {

    /**
     * The names that it reads.
     *
     * @return values of {@code general.architecture} (GGUF) and of {@code model_type} (Hugging Face), for example
     *         {@code lfm2moe} and {@code lfm2_moe}
     */
    Set<String> names();

    /**
     * Reads a model. Everything that the keys say and the family does not compute is refused by its name, never guessed. Every tensor
     * that is taken takes part in what the blueprint computes. Weights are not read, save small tables such as divisors of a rope.
     *
     * @param keys what the file says
     * @param weights its tensors
     * @return the blueprint
     * @throws dev.millrace.api.ModelFormatException if a key or tensor is missing, out of range or not supported
     */
    Blueprint read(Keys keys, Weights weights);
}
