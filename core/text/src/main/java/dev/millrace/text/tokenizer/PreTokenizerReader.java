/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.List;

/** Reads the part {@code pre_tokenizer} of {@code tokenizer.json}. For one thread. */
final class PreTokenizerReader {

    /**
     * What the part says.
     *
     * @param preTokenizers first steps
     * @param splitters last steps
     * @param byteLevel whether the model sees the bytes of the text
     */
    record Steps(List<PreTokenizer> preTokenizers, List<Splitter> splitters, boolean byteLevel) {
    }

    private final List<PreTokenizer> preTokenizers = new ArrayList<>();
    private final List<Splitter> splitters = new ArrayList<>();
    private boolean byteLevel;

    private PreTokenizerReader() {
    }

    static Steps read(JsonObject root) {
        PreTokenizerReader reader = new PreTokenizerReader();
        if (root.has("pre_tokenizer")) {
            reader.step(root.object("pre_tokenizer"));
        }
        return new Steps(reader.preTokenizers, reader.splitters, reader.byteLevel);
    }

    private void step(JsonObject step) {
        switch (step.string("type")) {
            case "Sequence" -> step.objects("pretokenizers").forEach(this::step);
            case "Split" -> split(step);
            case "ByteLevel" -> {
                if (step.flag("use_regex", true)) {
                    splitters.add(new ClassicSplitter());
                }
                byteLevel = true;
            }
            default -> throw new MillraceException(
                    step.key("type") + ": The pre-tokenizer \"" + step.string("type") + "\" is not supported.");
        }
    }

    private void split(JsonObject step) {
        String regex = step.object("pattern").string("Regex");
        splitters.add(KnownSplits.byRegex(regex).orElseThrow(() -> new MillraceException(
                step.key("pattern") + ": The split \"" + regex + "\" is not supported.")));
    }
}
