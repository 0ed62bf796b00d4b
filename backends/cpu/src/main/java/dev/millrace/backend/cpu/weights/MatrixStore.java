/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.api.Progress;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Makes matrices of tensors: maps the packed copy of the model, or packs into memory where none is kept.
 *
 * @param folder where packed copies are
 * @param form how the kernels want weights
 * @param workers do the packing
 * @param arena owner of all matrices
 * @param progress told how far it is
 * @param inMemory asked before anything is packed into memory; throws if there is not enough of it
 */
public record MatrixStore(PackedFolder folder, WeightForm form, Workers workers, Arena arena, Progress progress,
        Runnable inMemory) {

    /**
     * Makes matrices.
     *
     * @throws IOException if a tensor cannot be read
     * @throws BackendException if a tensor holds something else than it should, or memory does not suffice
     */
    public IdentityHashMap<Tensor, Matrix> load(List<Tensor> tensors) throws IOException {
        progress.update("loading weights", 0);
        PackedLayout layout = PackedLayout.of(tensors, form);
        MemorySegment file = folder.map(layout, arena, packed -> pack(layout, packed));
        if (file == null) {
            inMemory.run();
        }
        IdentityHashMap<Tensor, Matrix> matrices = new IdentityHashMap<>();
        for (PackedLayout.Entry entry : layout.entries()) {
            Matrix matrix;
            if (file == null) {
                matrix = entry.with(arena.allocate(entry.bytes(), 64));
                Packer.pack(entry.tensor(), matrix, workers);
                loaded(entry, layout);
            } else {
                matrix = entry.with(file.asSlice(entry.offset(), entry.bytes()));
            }
            matrices.put(entry.tensor(), matrix);
        }
        return matrices;
    }

    private void pack(PackedLayout layout, PackedFile file) {
        long end = layout.headerBytes();
        for (PackedLayout.Entry entry : layout.entries()) {
            file.pad(end, entry.offset());
            end = entry.offset() + entry.bytes();
            Packer.pack(entry.tensor(), entry.shape(), (offset, bytes) -> file.put(entry.offset() + offset, bytes),
                    workers);
            loaded(entry, layout);
        }
    }

    private void loaded(PackedLayout.Entry entry, PackedLayout layout) {
        progress.update("loading weights", 0.99 * (entry.offset() + entry.bytes()) / layout.bytes());
    }
}
