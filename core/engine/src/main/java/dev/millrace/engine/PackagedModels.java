/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Progress;
import dev.millrace.spi.model.ModelSource;
import dev.millrace.spi.model.PackagedModel;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Models that came inside bundles, by name. Each is unpacked once into the user's cache folder. */
final class PackagedModels implements ModelSource {

    private final Supplier<? extends Collection<PackagedModel>> present;
    private final UnpackedModels unpacked;

    /**
     * Packaged models.
     *
     * @param present those that are here now
     * @param cache the user's cache folder
     */
    PackagedModels(Supplier<? extends Collection<PackagedModel>> present, Path cache) {
        this.present = present;
        this.unpacked = new UnpackedModels(cache.resolve("models"));
    }

    @Override
    public String id() {
        return "packaged";
    }

    @Override
    public int order() {
        return 50;
    }

    @Override
    public Optional<Resolved> resolve(String reference, Progress progress) {
        return present.get().stream().filter(model -> model.name().equals(reference)).findFirst()
                .map(model -> new Resolved(unpacked.file(model), List.of(), model.suggestedTools()));
    }

    @Override
    public List<String> names() {
        return present.get().stream().filter(model -> !model.givesEmbeddings()).map(PackagedModel::name).toList();
    }
}
