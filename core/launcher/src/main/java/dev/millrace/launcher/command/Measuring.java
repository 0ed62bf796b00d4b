/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.engine.LoadedModel;
import dev.millrace.formats.quantise.Calibration;
import dev.millrace.formats.quantise.Importance;
import dev.millrace.spi.model.Blueprint;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Lets a model read a text, and measures what its columns are multiplied with. */
final class Measuring {

    /** As llama-imatrix cuts texts. */
    static final int PASSAGE = 512;

    private Measuring() {
    }

    /**
     * Measures.
     *
     * @param model on a backend that shows its inputs
     * @param text of the file
     * @param file its name
     * @param out where what was measured is written, too, or null
     * @param progress told how far it is
     * @return the importance of the columns
     */
    static Importance of(LoadedModel model, String text, Path file, @Nullable Path out, Progress progress) {
        Calibration calibration = new Calibration();
        if (!(model.program() instanceof Blueprint blueprint) || !model.executor().observe(calibration::add)) {
            throw new MillraceException("What matters cannot be measured on " + model.device().id()
                    + ", which does not show what it multiplies.");
        }
        List<int[]> passages = Passages.of(text, file, model, PASSAGE, Integer.MAX_VALUE);
        for (int i = 0; i < passages.size(); i++) {
            progress.update(String.format(Locale.ROOT, "reading %s", file.getFileName()),
                    (double) i / passages.size());
            try (Decoding decoding = new Decoding(model)) {
                decoding.take(passages.get(i));
            }
        }
        progress.update("reading", 1);
        Importance importance = calibration.importance(blueprint);
        if (out != null) {
            importance.write(out, String.valueOf(file.getFileName()), passages.size(), PASSAGE);
        }
        return importance;
    }
}
